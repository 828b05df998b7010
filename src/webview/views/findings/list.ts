import { el, fill, icon } from '../../kit/dom';
import { groupsOf, selectedRow, type Group, type Row } from './rows';
import { markdownOf } from './markdown';
import { stopsOf } from './stops';
import { rowSign, signName } from './signs';
import type { FindingsPanel } from './wishes';

/** What has the focus in the tree: a row, or the heading of a group. */
type Item = { readonly group: Group; readonly row: Row | null };

const idOf = ({ group, row }: Item): string => row?.key ?? `group ${group.id}`;

/** The findings as a tree: groups and their rows; one tab stop, the row with the focus is looked at. */
export function createList(panel: FindingsPanel): HTMLElement {
  const { store, findings, commands } = panel;
  const tree = el('div.findings-tree', { role: 'tree', 'aria-label': 'Findings' });
  let focused: string | null = null;

  const items = (): Item[] =>
    groupsOf(store.state).flatMap(group => [
      { group, row: null },
      ...(group.isFolded ? [] : group.rows.map(row => ({ group, row }))),
    ]);
  const itemAt = (target: EventTarget | null): Item | undefined => {
    const element = target instanceof Element ? target.closest<HTMLElement>('[data-item]') : null;
    return items().find(item => idOf(item) === element?.dataset['item']);
  };
  const focus = (item: Item | undefined): void => {
    if (!item) return;
    focused = idOf(item);
    if (item.row) findings.select(item.row.key);
    // A row that is looked at already is not drawn again.
    show();
    tree.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  };

  tree.addEventListener('click', event => {
    const item = itemAt(event.target);
    if (!item) return;
    if (!item.row) findings.fold(item.group.id, !item.group.isFolded);
    else if (event.target instanceof Element && event.target.closest('.finding-place')) {
      focus(item);
      if (item.row.kind === 'undecided') commands.run('compare');
      else findings.enter(item.row);
      return;
    }
    focus(item);
  });
  tree.addEventListener('dblclick', event => {
    const row = itemAt(event.target)?.row;
    if (row) findings.enter(row);
  });
  tree.addEventListener('copy', event => {
    const row = itemAt(document.activeElement)?.row;
    if (!row || !(getSelection()?.isCollapsed ?? true)) return;
    event.clipboardData?.setData('text/plain', markdownOf(row));
    event.preventDefault();
  });
  tree.addEventListener('keydown', event => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const item = itemAt(event.target);
    const act = item && actOf(event.key, item);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });

  function actOf(key: string, item: Item): (() => void) | undefined {
    const all = items();
    const at = all.findIndex(one => idOf(one) === idOf(item));
    const { group, row } = item;
    const heading = all.find(one => one.group.id === group.id && !one.row);
    const acts: Record<string, () => void> = {
      ArrowDown: () => focus(all[at + 1]),
      ArrowUp: () => focus(all[at - 1]),
      Home: () => focus(all[0]),
      End: () => focus(all.at(-1)),
      Enter: () => (row ? findings.enter(row) : findings.fold(group.id, !group.isFolded)),
      ' ': () => (row ? findings.select(row.key) : findings.fold(group.id, !group.isFolded)),
      ArrowRight: () => {
        if (row) return;
        if (group.isFolded) findings.fold(group.id, false);
        else focus(all[at + 1]);
      },
      ArrowLeft: () => {
        if (row) focus(heading);
        else findings.fold(group.id, true);
      },
    };
    return acts[key];
  }

  function show(): void {
    const { state } = store;
    const groups = groupsOf(state);
    const selected = selectedRow(state, groups);
    const hadFocus = tree.contains(document.activeElement);
    const stop = items().some(item => idOf(item) === focused)
      ? focused
      : (selected?.key ?? (groups[0] ? `group ${groups[0].id}` : null));
    fill(
      tree,
      ...groups.flatMap(group => [
        drawHeading(group, stop),
        group.isFolded ? null : drawGroup(group, selected, stop),
      ]),
    );
    tree.hidden = groups.length === 0;
    if (hadFocus) tree.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }
  let looked = store.state.findingsLook.selected;
  store.select(
    state => [state.findings, state.findingsLook, state.options.findings, stopsOf(state)],
    () => {
      const { selected } = store.state.findingsLook;
      const hasMoved = selected !== looked;
      if (hasMoved) focused = looked = selected;
      show();
      const isFree = document.activeElement === document.body;
      if (!hasMoved || !(isFree || tree.contains(document.activeElement))) return;
      tree.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
    },
  );
  return tree;
}

function drawHeading({ id, title, count, isFolded }: Group, stop: string | null): HTMLElement {
  const item = `group ${id}`;
  return el(
    'div.findings-group',
    {
      role: 'treeitem',
      'aria-level': 1,
      'aria-expanded': String(!isFolded),
      'aria-label': [title, count].filter(Boolean).join(', '),
      tabindex: item === stop ? 0 : -1,
      'data-item': item,
    },
    icon(isFolded ? 'chevron-right' : 'chevron-down'),
    el('b', title),
    ' ',
    count !== '' && el('span.muted', count),
  );
}

function drawGroup({ rows, title }: Group, selected: Row | null, stop: string | null): HTMLElement {
  const element = el('div', { role: 'group', 'aria-label': title });
  element.append(...rows.map(row => drawRow(row, row.key === selected?.key, row.key === stop)));
  return element;
}

function drawRow(row: Row, isSelected: boolean, isStop: boolean): HTMLElement {
  const place =
    row.kind === 'undecided' && row.codes.includes('quantisation-damage') ? 'Compare…' : row.place;
  return el(
    'div',
    {
      class: ['finding-row', `of-${row.kind}`, isSelected ? 'selected' : ''],
      role: 'treeitem',
      'aria-level': 2,
      'aria-selected': String(isSelected),
      'aria-label': [`${signName(row)}: ${row.name}`, row.measure, place, row.sentence]
        .filter(Boolean)
        .join(', '),
      tabindex: isStop ? 0 : -1,
      'data-item': row.key,
    },
    rowSign(row),
    el(
      'span.finding-name',
      el('b', row.name),
      ' ',
      row.measure !== '' && el('span.muted', row.measure),
    ),
    ' ',
    place !== '' && el('span.finding-place', place),
    ' ',
    el('span.finding-sentence', row.sentence),
  );
}
