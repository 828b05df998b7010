import { el, icon } from '../kit/dom';
import type { Panel } from '../app/panel';
import { openView, type View } from '../app/view';
import { menuButton } from '../kit/menu';
import { createSentence } from './sentenceBand';

/** The tab bar and the panel of the open view, for the views in `views`. */
export function createTabs(
  panel: Panel,
  views: readonly View[],
  beside: HTMLElement,
): { bar: HTMLElement; body: HTMLElement } {
  const { store, actions } = panel;
  const list = el('div.tab-list', { role: 'tablist', 'aria-label': 'Views' });
  const body = el('div.view', { id: 'view', role: 'tabpanel' });
  const tabs = views.map(view => createTab(view, () => actions.setOption({ view: view.id })));
  list.append(...tabs);
  const openIndex = (): number => views.findIndex(view => view === openView(views, store.state));
  list.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || event.altKey) return;
    event.preventDefault();
    const next = (openIndex() + step + views.length) % views.length;
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
  const tabRow = el('div.tab-row', list, more.element);
  const made = new Map<string, HTMLElement>();
  store.select(
    state => [state.options.view],
    () => {
      const open = openView(views, store.state);
      if (!open) return;
      tabs.forEach((tab, i) => {
        const chosen = views[i] === open;
        tab.setAttribute('aria-selected', String(chosen));
        tab.tabIndex = chosen ? 0 : -1;
      });
      body.setAttribute('aria-labelledby', `tab-${open.id}`);
      const element = made.get(open.id) ?? mount(open);
      made.set(open.id, element);
      body.replaceChildren(element);
      fitTabs();
    },
  );

  /** Its listeners rest while another view is open. */
  function mount(view: View): HTMLElement {
    const whileOpen = store.while(state => openView(views, state) === view);
    const sentence = createSentence(whileOpen, state => view.sentence(state));
    return view.mount({ ...panel, store: whileOpen }, sentence);
  }

  /** Hides the last tabs where they do not fit; the open one stays. */
  function fitTabs(): void {
    for (const tab of tabs) tab.hidden = false;
    more.element.hidden = true;
    if (list.scrollWidth <= list.clientWidth) return;
    more.element.hidden = false;
    const open = tabs[openIndex()];
    for (const tab of [...tabs].reverse()) {
      if (list.scrollWidth <= list.clientWidth) return;
      if (tab !== open) tab.hidden = true;
    }
  }
  new ResizeObserver(fitTabs).observe(tabRow);
  const bar = el('div.tabs', tabRow, el('span.spacer'), beside);
  return { bar, body };
}

function createTab({ id, title, short }: View, onClick: () => void): HTMLElement {
  return el(
    'button.tab',
    {
      id: `tab-${id}`,
      role: 'tab',
      'aria-controls': 'view',
      on: { click: onClick },
    },
    short === undefined ? title : el('span.wide', title),
    short === undefined ? null : el('span.narrow', short),
  );
}
