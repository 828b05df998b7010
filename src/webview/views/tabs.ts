import { el } from '../dom';
import type { Panel } from '../panel';

/** A view over the capture: a tab and what it shows. Views draw only while they are open. */
export interface View {
  readonly id: string;
  readonly title: string;
  create(panel: Panel): HTMLElement;
}

/** The tab bar and the panel of the open view, for the views in `views`. */
export function createTabs(
  panel: Panel,
  views: readonly View[],
  beside: HTMLElement,
): { bar: HTMLElement; body: HTMLElement } {
  const { store, actions } = panel;
  const list = el('div', {
    class: 'tab-list',
    attributes: { role: 'tablist', 'aria-label': 'Views' },
  });
  const body = el('div', { class: 'view', id: 'view', attributes: { role: 'tabpanel' } });
  const tabs = views.map(view =>
    el('button', {
      class: 'tab',
      id: `tab-${view.id}`,
      text: view.title,
      attributes: { type: 'button', role: 'tab', 'aria-controls': 'view' },
      on: { click: () => actions.setOption({ view: view.id }) },
    }),
  );
  list.append(...tabs);
  list.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || event.altKey) return;
    event.preventDefault();
    const now = views.findIndex(view => view.id === store.state.options.view);
    const next = (now + step + views.length) % views.length;
    actions.setOption({ view: views[next]?.id ?? '' });
    tabs[next]?.focus();
  });
  const made = new Map<string, HTMLElement>();
  store.select(
    state => [state.options.view],
    wanted => {
      const open = views.find(view => view.id === wanted) ?? views[0];
      if (!open) return;
      tabs.forEach((tab, i) => {
        const chosen = views[i] === open;
        tab.setAttribute('aria-selected', String(chosen));
        tab.tabIndex = chosen ? 0 : -1;
      });
      body.setAttribute('aria-labelledby', `tab-${open.id}`);
      const element = made.get(open.id) ?? open.create(panel);
      made.set(open.id, element);
      body.replaceChildren(element);
    },
  );
  return { bar: el('div', { class: 'tabs' }, list, el('span', { class: 'spacer' }), beside), body };
}
