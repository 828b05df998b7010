import { bareLabel } from '../../reading/tokenText';
import { keepDrawn } from '../../app/keepDrawn';
import type { PatchCell } from '../../app/choices/patching';
import type { State } from '../../app/state';
import { button } from '../../kit/controls';
import { el, fill, putAt, tokenSpan } from '../../kit/dom';
import { percent, weight2 } from '../../reading/format';
import { effectOf, shownCell, type CellEffect } from './cells';
import { HEAD_PART_NAMES } from './headsPane';

import { placeOf } from './wanted';
import type { PatchingPanel } from './wishes';

/** The cell that is looked at in words and numbers, and what can be done with it. */
export function createReadOut(panel: PatchingPanel): HTMLElement {
  const { store, patching, commands, actions } = panel;
  const title = el('h3.patch-cell-title');
  const numbers = el('dl.number-list');
  const fillBar = el('i');
  const lane = el('div.share-lane', { role: 'img' }, fillBar);
  const ends = el('div.share-ends');
  const keep = (): Promise<void> => {
    const cell = shownCell(store.state);
    return cell ? patching.keep(cell) : Promise.resolve();
  };
  const buttons = el(
    'div.patch-buttons',
    button('Keep as intervention', () => void keep(), { icon: 'debug-breakpoint' }),
    button(
      'Show attention with it',
      () => void keep().then(() => actions.setOption({ view: 'attention' })),
      { secondary: true, icon: 'eye' },
    ),
  );
  commands.answer('keepPatch', () => void keep());
  const element = el('section.patch-read-out', { 'aria-label': 'Selected cell' });
  element.append(title, numbers, lane, ends, buttons);
  keepDrawn(
    store,
    state => [
      state.sides.other,
      state.patching.run,
      state.patching.cell,
      state.patching.pointed,
      state.patching.choice,
      state.options.patching,
    ],
    state => {
      const cell = shownCell(state);
      const effect = cell && effectOf(state, cell);
      fill(title, ...(cell ? titleOf(state, cell) : ['No cell is chosen yet']));
      const isKnown = effect !== null && !Number.isNaN(effect.share);
      fill(numbers, ...(effect && isKnown ? numberRows(state, effect) : []));
      lane.hidden = ends.hidden = !isKnown;
      buttons.hidden = cell === null || (effect !== null && !isKnown);
      if (!effect || !isKnown) return;
      const { share } = effect;
      const [from, to] = namesOf(state);
      fillBar.classList.toggle('is-negative', share < 0);
      putAt(fillBar, { width: Math.round(Math.min(1, Math.abs(share)) * 238) });
      const words = `${percent(share)} recovered`;
      lane.setAttribute('aria-label', words);
      fill(ends, el('span.muted', `${from} 0`), el('b', words), el('span.muted', `${to} 1`));
    },
  );
  return element;
}

/** The run that is patched, and the one that the patch comes from. */
const namesOf = ({ options }: State): readonly [string, string] =>
  options.patching.direction === 'intoB' ? ['B', 'A'] : ['A', 'B'];

function titleOf(state: State, { map, layer, column }: PatchCell): (string | HTMLElement)[] {
  if (map === 'heads') {
    return [`${HEAD_PART_NAMES[state.options.patching.heads]} of L${layer}H${column}, all tokens`];
  }
  const token = placeOf(state)?.pair.tokensOfA[column];
  const what = {
    residual: `Residual before L${layer}`,
    attentionOutput: `Attention output of L${layer}`,
    feedForwardOutput: `Feed-forward output of L${layer}`,
  }[map];
  return [`${what}, token ${column} `, tokenSpan(bareLabel(token, 16))];
}

function numberRows(state: State, { before, patched, source }: CellEffect): HTMLElement[] {
  const [into, from] = namesOf(state);
  const measure = {
    logitDifference: 'logit difference',
    probability: 'probability',
    divergence: `KL from ${from}`,
  }[state.options.patching.measure];
  const cell = shownCell(state);
  const one = cell?.map === 'heads' ? 'these numbers' : 'this one state';
  return [
    [`${measure} in ${into}`, before],
    [`in ${into} with ${one} of ${from}`, patched],
    [`in ${from}`, source],
  ].flatMap(([name, value]) => [
    el('dt', String(name)),
    el('dd.number', signed(Number(value), state.options.patching.measure)),
  ]);
}

/** A number with its sign, where the measure has both. */
const signed = (value: number, measure: string): string =>
  measure === 'logitDifference' && value > 0 ? `+${weight2(value)}` : weight2(value);
