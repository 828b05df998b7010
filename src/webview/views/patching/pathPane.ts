import type { PathEffect } from '../../../protocol/patching';
import type { State } from '../../app/state';
import { button } from '../../kit/controls';
import { el, fill } from '../../kit/dom';
import { weight2 } from '../../reading/format';
import { barLane, barParts, shareBar } from '../../shell/weightBar';
import { pathOf } from './cells';
import { headName, headNamed, pathQuestion, type HeadPlace, type PathEnds } from './paths';
import { pairOf } from './pair';
import { mapSize } from './wanted';
import type { PatchingPanel } from './wishes';

const INTO: Readonly<Record<PathEffect['into'], string>> = {
  query: 'into its query',
  key: 'into its key',
  value: 'into its value',
};

/** What one head tells a later one, through its query, its key and its value. */
export function createPathPane({ store, patching }: PatchingPanel): HTMLElement {
  const [from, to] = [headField('From head'), headField('To head')];
  const note = el('p.patch-words', { role: 'status' });
  const bars = el('div.path-bars');
  const measure = (): void => {
    const ends = endsOf(from.value, to.value);
    const reason = whyNot(store.state, ends);
    note.textContent = reason ?? '';
    if (ends && reason === null) void patching.follow(ends);
  };
  const element = el('section.section.patch-path', { 'aria-label': 'From head to head' });
  element.append(
    el('h3', 'From head to head'),
    el(
      'div.patch-row',
      from,
      el('span.muted', 'to'),
      to,
      button('Measure', measure, { secondary: true }),
    ),
    note,
    bars,
  );
  store.select(
    // A path leads from self-attention to self-attention.
    state => [pairOf(state)?.block.kind === 'cross'],
    isCross => (element.hidden = isCross),
  );
  store.select(
    state => [pathOf(state)],
    path => {
      const heads = path?.carriers.flat() ?? [];
      const sorted = [...heads].sort((a, b) => a.layer - b.layer);
      const [first, last] = [sorted[0], sorted.at(-1)];
      if (!first || !last || first.layer >= last.layer) return;
      if (from.value === '') from.value = headName(first);
      if (to.value === '') to.value = headName(last);
    },
  );
  store.select(
    state => [state.patching.path, state.patching.run?.at],
    path => {
      const ends = endsOf(from.value, to.value);
      const isOwn = ends !== null && pathQuestion(store.state, ends)?.at === path?.at;
      if (!path || !isOwn) {
        fill(bars);
        return;
      }
      note.textContent = path.error?.message ?? (path.effects ? '' : 'The path is run.');
      fill(bars, ...(path.effects ?? []).map(rowOf));
    },
  );
  return element;
}

function headField(name: string): HTMLInputElement {
  return el('input.field.head-field', {
    type: 'text',
    'aria-label': name,
    placeholder: 'L0H0',
    spellcheck: 'false',
  });
}

function endsOf(from: string, to: string): PathEnds | null {
  const ends = { from: headNamed(from), to: headNamed(to) };
  return ends.from && ends.to ? { from: ends.from, to: ends.to } : null;
}

/** Why no path can be measured between two heads; null where one can. */
function whyNot(state: State, ends: PathEnds | null): string | null {
  const size = mapSize(state);
  if (!ends || !size) return 'Name two heads, for example L1H2 and L4H0.';
  const isThere = ({ layer, head }: HeadPlace): boolean => layer < size.layers && head < size.heads;
  if (!isThere(ends.from) || !isThere(ends.to)) {
    return `This model has layers 0 to ${size.layers - 1} with heads 0 to ${size.heads - 1}.`;
  }
  return ends.from.layer < ends.to.layer
    ? null
    : 'A path leads to a later layer: choose a second head above the first.';
}

function rowOf({ into, share }: PathEffect): HTMLElement {
  return el(
    'div.path-bar',
    ...barParts(
      el('span', INTO[into]),
      barLane(shareBar(Math.max(0, Math.min(1, share)))),
      weight2(share),
    ),
  );
}
