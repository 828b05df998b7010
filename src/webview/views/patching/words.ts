import { keepDrawn } from '../../app/keepDrawn';
import type { State } from '../../app/state';
import { el, fill } from '../../kit/dom';
import { count, duration } from '../../reading/format';
import { createPane } from '../../shell/pane';
import { madeMaps } from './maps';
import { differences } from './pair';
import { placeOf } from './wanted';
import type { PatchingPanel } from './wishes';

/** Differing tokens that are named. */
const NAMED = 8;

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['←', '→', '↑', '↓'], 'move, one cell'],
  [['Enter'], 'put the locus there'],
  [['K'], 'keep as intervention'],
  [['M'], 'largest cell'],
  [['[', ']'], 'residual, attention, MLP, heads'],
];

/** How the maps are read, and the keys that lead through them. */
export function createReadIt(panel: PatchingPanel): HTMLElement {
  const pane = createPane(panel, 'Read it');
  pane.element.classList.add('patch-reading');
  const first = el('p');
  const second = el(
    'p',
    'A column that stays blue and then moves to the right is information that travels: the layer where it moves is where attention reads it.',
  );
  const keys = el('dl.patch-keys');
  for (const [names, does] of KEYS) {
    const term = el('dt');
    term.append(...names.map(name => el('kbd', name)));
    keys.append(term, el('dd', does));
  }
  pane.body.append(first, second, keys);
  panel.store.select(
    state => [state.options.patching.direction],
    direction => {
      const [into, from] = direction === 'intoB' ? ['B', 'A'] : ['A', 'B'];
      fill(
        first,
        `Each cell is a run of text ${into} in which one vector is replaced by that of text ${from}. `,
        el('b', '1'),
        ` = the output of ${from} is back, `,
        el('b', '0'),
        ' = nothing changed, below 0 = it got worse.',
      );
    },
  );
  return pane.element;
}

/** How many patches there were, how long they took, where the texts differ, and what cannot be patched. */
export function createFacts({ store }: PatchingPanel): HTMLElement {
  const list = el('dl.number-list');
  const missing = el('ul.patch-missing');
  keepDrawn(
    store,
    state => [state.sides.other, state.patching.run],
    state => {
      fill(
        list,
        ...factsOf(state).flatMap(([name, value]) => [el('dt', name), el('dd.number', value)]),
      );
      const reasons = new Set(
        madeMaps(state).flatMap(({ missing }) => missing.map(({ reason }) => reason)),
      );
      missing.hidden = reasons.size === 0;
      fill(missing, ...[...reasons].map(reason => el('li', reason)));
    },
  );
  return el('section.section.patch-facts', { 'aria-label': 'How it was computed' }, list, missing);
}

const batches = (number: number): string => (number === 1 ? '1 batch' : `${count(number)} batches`);

function factsOf(state: State): [string, string][] {
  const place = placeOf(state);
  const maps = madeMaps(state);
  const sum = (of: 'patches' | 'batches' | 'milliseconds'): number =>
    maps.reduce((all, one) => all + one[of], 0);
  const differing = place ? differences(place.pair) : [];
  const named = differing.slice(0, NAMED).join(', ');
  const more = differing.length > NAMED ? ` and ${differing.length - NAMED} more` : '';
  return [
    ...(maps.length > 0
      ? ([
          ['Patches', `${count(sum('patches'))} in ${batches(sum('batches'))}`],
          ['Time', duration(sum('milliseconds'))],
        ] as [string, string][])
      : []),
    ...(place ? ([['Texts differ at', `${named}${more}`]] as [string, string][]) : []),
  ];
}
