import { el, fill, icon } from '../kit/dom';
import type { Panel } from '../app/panel';
import type { State } from '../app/state';
import { openView, presenceOf } from '../app/presence';
import type { View } from '../app/view';
import { menuButton } from '../kit/menu';
import { outcomeSentence } from '../app/interventions/outcome';
import { createSentence } from './sentenceBand';

/** From this width on, in CSS pixels, there is room for something beside the view. */
const BESIDE = 900;

/**
 * The tab bar and the panel of the open view, for the views in `views`.
 * @param aside stands beside the view, or below its sentence where there is no room; it hides itself
 */
export function createTabs(
  panel: Panel,
  views: readonly View[],
  beside: HTMLElement,
  aside: HTMLElement | null = null,
): { bar: HTMLElement; body: HTMLElement } {
  const { store, actions } = panel;
  const list = el('div.tab-list', { role: 'tablist', 'aria-label': 'Views' });
  const body = el('div.view', { id: 'view', role: 'tabpanel' });
  const badges = views.map(() => el('span.tab-badge', { hidden: true }));
  const tabs = views.map((view, i) =>
    createTab(view, badges[i] ?? null, () => {
      if (presenceOf(view, store.state) === 'there') actions.setOption({ view: view.id });
    }),
  );
  list.append(...tabs);
  const openIndex = (): number => views.findIndex(view => view === openView(views, store.state));
  list.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || event.altKey) return;
    event.preventDefault();
    const open = views.filter(view => presenceOf(view, store.state) === 'there');
    const now = open.findIndex(view => view === openView(views, store.state));
    const next = open[(now + step + open.length) % open.length];
    if (!next) return;
    actions.setOption({ view: next.id });
    fitTabs();
    tabs[views.indexOf(next)]?.focus();
  });
  const more = menuButton('More views', [icon('ellipsis')], () => [
    {
      name: 'More views',
      items: views
        .filter((view, i) => tabs[i]?.hidden && presenceOf(view, store.state) === 'there')
        .map(({ id, title }) => ({ label: title, act: () => actions.setOption({ view: id }) })),
    },
  ]);
  const tabRow = el('div.tab-row', list, more.element);
  const row = el('div.view-row', body);
  const places = new Map<string, HTMLElement>();
  const made = new Map<string, HTMLElement>();
  store.select(
    state => [openView(views, state), ...views.map(view => reasonOf(view, state))],
    open => {
      if (!open) return;
      views.forEach((view, i) => {
        const tab = tabs[i];
        if (!tab) return;
        const chosen = view === open;
        const reason = reasonOf(view, store.state);
        tab.setAttribute('aria-disabled', String(typeof reason === 'string'));
        tab.title = reason ?? '';
        tab.setAttribute('aria-selected', String(chosen));
        tab.tabIndex = chosen ? 0 : -1;
      });
      body.setAttribute('aria-labelledby', `tab-${open.id}`);
      const element = made.get(open.id) ?? mount(open);
      made.set(open.id, element);
      if (body.firstElementChild !== element) body.replaceChildren(element);
      placeAside();
      fitTabs();
    },
  );

  store.select(
    state => views.map(view => view.badge?.(state) ?? 0),
    (...counts) => {
      badges.forEach((badge, i) => {
        const count = counts[i] ?? 0;
        badge.hidden = count === 0;
        fill(badge, String(count), el('span.visually-hidden', ' to look at'));
      });
      fitTabs();
    },
  );

  /** Its listeners rest while another view is open. */
  function mount(view: View): HTMLElement {
    const whileOpen = store.while(state => openView(views, state) === view);
    const sentence = createSentence(whileOpen, state => {
      const outcome = outcomeSentence(state);
      return outcome.length > 0 ? outcome : view.sentence(state);
    });
    const place = el('div.sentence-place', sentence);
    places.set(view.id, place);
    return view.mount({ ...panel, store: whileOpen }, place);
  }

  /** Beside the view, or below the sentence of the open one; moved only where it stands elsewhere. */
  function placeAside(): void {
    if (!aside) return;
    const isOpen = store.state.options.isIntervening;
    const isBeside = row.clientWidth >= BESIDE;
    row.classList.toggle('beside', isBeside && isOpen);
    const place = isBeside ? row : places.get(openView(views, store.state)?.id ?? '');
    if (place && aside.parentElement !== place) place.append(aside);
  }
  store.select(
    state => [state.options.isIntervening],
    () => placeAside(),
  );
  new ResizeObserver(placeAside).observe(row);

  /** Hides the last tabs where they do not fit; the open one stays, and what has something to look at. */
  function fitTabs(): void {
    const isThere = views.map(view => presenceOf(view, store.state) !== 'absent');
    tabs.forEach((tab, i) => (tab.hidden = !isThere[i]));
    more.element.hidden = true;
    if (list.scrollWidth <= list.clientWidth) return;
    more.element.hidden = false;
    const open = tabs[openIndex()];
    for (const tab of [...tabs].reverse()) {
      if (list.scrollWidth <= list.clientWidth) return;
      if (tab !== open && badges[tabs.indexOf(tab)]?.hidden) tab.hidden = true;
    }
  }
  new ResizeObserver(fitTabs).observe(tabRow);
  const bar = el('div.tabs', tabRow, el('span.spacer'), beside);
  return { bar, body: row };
}

/** Why a view cannot be opened: undefined where it can, null where it has no tab. */
function reasonOf(view: View, state: State): string | null | undefined {
  const presence = presenceOf(view, state);
  if (presence === 'absent') return null;
  return presence === 'there' ? undefined : presence.reason;
}

function createTab(
  { id, title, short, hint }: View,
  badge: HTMLElement | null,
  onClick: () => void,
): HTMLElement {
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
    hint === undefined ? null : el('span.tab-hint.wide', hint),
    badge,
  );
}
