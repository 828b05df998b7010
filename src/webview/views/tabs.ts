import { el, icon } from '../dom';
import type { FigureSource } from '../export/figure';
import type { Questions } from '../answers';
import type { Panel } from '../panel';
import type { State } from '../state';
import { menuButton } from './menu';

/** A view over the capture: a tab and what it shows. Views draw only while they are open. */
export interface View {
  readonly id: string;
  readonly title: string;
  /** Title in narrow panels. */
  readonly short?: string;
  /** What it wants to know of the host for a state, while it is open. */
  questions?(state: State): Questions;
  /** What of it can be saved as a file. */
  readonly figures?: readonly FigureSource[];
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
  const tabs = views.map(view => createTab(view, () => actions.setOption({ view: view.id })));
  list.append(...tabs);
  const openView = (): number =>
    Math.max(
      0,
      views.findIndex(view => view.id === store.state.options.view),
    );
  list.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || event.altKey) return;
    event.preventDefault();
    const next = (openView() + step + views.length) % views.length;
    actions.setOption({ view: views[next]?.id ?? '' });
    fitTabs();
    tabs[next]?.focus();
  });
  const more = menuButton('More views', [icon('ellipsis')], () => [
    {
      name: 'More views',
      items: views
        .filter((_, i) => tabs[i]?.hidden)
        .map(({ id, title }) => ({ label: title, act: () => actions.setOption({ view: id }) })),
    },
  ]);
  const tabRow = el('div', { class: 'tab-row' }, list, more.element);
  const made = new Map<string, HTMLElement>();
  store.select(
    state => [state.options.view],
    () => {
      const open = views[openView()];
      if (!open) return;
      tabs.forEach((tab, i) => {
        const chosen = views[i] === open;
        tab.setAttribute('aria-selected', String(chosen));
        tab.tabIndex = chosen ? 0 : -1;
      });
      body.setAttribute('aria-labelledby', `tab-${open.id}`);
      const whileOpen = store.while(({ options }) => options.view === open.id);
      const element = made.get(open.id) ?? open.create({ ...panel, store: whileOpen });
      made.set(open.id, element);
      body.replaceChildren(element);
      fitTabs();
    },
  );

  /** Hides the last tabs where they do not fit; the open one stays. */
  function fitTabs(): void {
    for (const tab of tabs) tab.hidden = false;
    more.element.hidden = true;
    if (list.scrollWidth <= list.clientWidth) return;
    more.element.hidden = false;
    const open = tabs[openView()];
    for (const tab of [...tabs].reverse()) {
      if (list.scrollWidth <= list.clientWidth) return;
      if (tab !== open) tab.hidden = true;
    }
  }
  new ResizeObserver(fitTabs).observe(tabRow);
  const bar = el('div', { class: 'tabs' }, tabRow, el('span', { class: 'spacer' }), beside);
  return { bar, body };
}

function createTab({ id, title, short }: View, onClick: () => void): HTMLElement {
  return el(
    'button',
    {
      class: 'tab',
      id: `tab-${id}`,
      attributes: { type: 'button', role: 'tab', 'aria-controls': 'view' },
      on: { click: onClick },
    },
    short === undefined ? title : el('span', { class: 'wide', text: title }),
    short === undefined ? null : el('span', { class: 'narrow', text: short }),
  );
}
