import type { HeadFacts, HeadRole } from '../../../protocol/headFacts';
import { headFactsRefusal, shownHeadFacts } from '../../app/addresses';
import { queryTokens } from '../../reading/capture';
import { el, fill } from '../../kit/dom';
import { count } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { countRoles, ROLE_NAMES, ROLE_RULES, untestable } from '../../reading/roles';
import type { State } from '../../app/state';
import { roleGlyph } from './roleGlyph';

interface Entry {
  readonly role: HeadRole;
  readonly button: HTMLButtonElement;
  readonly count: HTMLElement;
}

const ORDER = Object.keys(ROLE_NAMES) as HeadRole[];

/** The roles with their numbers of heads; each entry is a filter of the overview. */
export function createRoleLegend(panel: Panel): HTMLElement {
  const { store, actions } = panel;
  const entries = ORDER.map(role => createEntry(role, () => toggle(role)));
  const toggle = (role: HeadRole): void => {
    const { roles } = store.state.options;
    const others = roles.filter(one => one !== role);
    actions.setOption({ roles: others.length < roles.length ? others : [...roles, role] });
  };
  const list = el(
    'div.roles',
    { role: 'group', 'aria-label': 'Show heads of one role (F)' },
    ...entries.map(({ button }) => button),
  );
  list.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape' && store.state.options.roles.length > 0) {
      event.preventDefault();
      actions.setOption({ roles: [] });
    } else if (step !== undefined && !event.altKey) {
      event.preventDefault();
      moveFocus(entries, step);
    }
  });
  const note = el('p.muted.note');
  panel.commands.answer('filter', () => {
    actions.setOption({ folded: store.state.options.folded.filter(name => name !== 'Heads') });
    queueMicrotask(() => entries.find(({ button }) => button.tabIndex === 0)?.button.focus());
  });
  store.select(
    state => [shownHeadFacts(state), headFactsRefusal(state), state.locus, state.options.roles],
    () => {
      const facts = shownHeadFacts(store.state);
      show(entries, facts, store.state.options.roles);
      const text = noteOf(store.state, facts);
      note.hidden = text === '';
      fill(note, text);
    },
  );
  return el('div.role-legend', list, note);
}

function createEntry(role: HeadRole, choose: () => void): Entry {
  const number = el('b.number');
  const button = el(
    'button.role',
    {
      title: ROLE_RULES[role],
      'aria-pressed': 'false',
      tabindex: -1,
      'data-role': role,
      on: { click: choose },
    },
    roleGlyph(role),
    el('span', ROLE_NAMES[role]),
    number,
  );
  return { role, button, count: number };
}

function show(
  entries: readonly Entry[],
  facts: HeadFacts | null,
  roles: readonly HeadRole[],
): void {
  const counts = facts ? countRoles(facts) : null;
  const closed = facts && untestable(facts);
  const focused = entries.find(({ button }) => button === document.activeElement);
  const first = focused ?? entries.find(({ role }) => roles.includes(role)) ?? entries[0];
  for (const entry of entries) {
    const { role, button } = entry;
    const isUntestable = closed?.roles.includes(role) ?? false;
    const number = counts?.get(role) ?? 0;
    entry.count.textContent = counts && !isUntestable ? count(number) : '–';
    button.setAttribute('aria-pressed', String(roles.includes(role)));
    button.classList.toggle('is-none', counts === null || number === 0);
    button.title = isUntestable ? `Not testable: ${closed?.why ?? ''}` : ROLE_RULES[role];
    button.tabIndex = entry === first ? 0 : -1;
  }
}

function noteOf(state: State, facts: HeadFacts | null): string {
  const { capture, locus } = state;
  if (!capture || !locus) return '';
  const refusal = headFactsRefusal(state);
  if (!facts) return refusal === null ? '' : `Roles are not known: ${refusal}`;
  const queries = queryTokens(capture, locus.block).length;
  const sampled =
    facts.sampledQueries < queries
      ? `Roles are measured on ${count(facts.sampledQueries)} of ${count(queries)} queries.`
      : '';
  const { roles, why } = untestable(facts);
  const names = roles.map(role => ROLE_NAMES[role]);
  const closed =
    names.length > 0
      ? `Not testable on this text: ${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}; ${why}.`
      : '';
  return [closed, sampled].filter(Boolean).join(' ');
}

function moveFocus(entries: readonly Entry[], step: number): void {
  const now = entries.findIndex(({ button }) => button === document.activeElement);
  const next = entries[(now + step + entries.length) % entries.length];
  for (const { button } of entries) button.tabIndex = button === next?.button ? 0 : -1;
  next?.button.focus();
}
