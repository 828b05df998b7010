import type { DivergenceMode } from '../../app/choices/divergence';
import { keepDrawn } from '../../app/keepDrawn';
import { el, fill } from '../../kit/dom';
import { scientific } from '../../reading/numbers';
import { reportOf } from './report';
import type { DivergencePanel } from './wishes';

const MEANINGS: Readonly<Record<DivergenceMode, string>> = {
  relative:
    '‖B − A‖ ÷ ‖A‖ over all tokens; of weights, the share of a row’s weight that lies elsewhere.',
  absolute: 'The largest |B − A| of all numbers.',
  cosine: 'The cosine of A and B as vectors.',
};

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['←', '→', '↑', '↓'], 'cells'],
  [['Enter'], 'the view that shows it'],
  [['Home'], 'first place'],
  [['T'], 'by token'],
];

/** How the grid is read, what is not in it, and the keys that lead through it. */
export function createReading({ store }: DivergencePanel): HTMLElement {
  const words = el('p');
  const missing = el('ul.divergence-missing');
  const keys = el('p.divergence-keys.muted');
  keys.append(
    ...KEYS.flatMap(([names, does], i) => [
      ...(i > 0 ? [' · '] : []),
      ...names.map(name => el('kbd', name)),
      ` ${does}`,
    ]),
  );
  keepDrawn(
    store,
    state => [state.divergence.run, state.options.divergence],
    state => {
      const report = reportOf(state);
      if (!report) return;
      const { mode, isByToken } = state.options.divergence;
      const meaning = isByToken ? '‖B − A‖ ÷ ‖A‖ of each state.' : MEANINGS[mode];
      const frame = isByToken
        ? ''
        : ' From the top in the order of computation. Framed: the first cell beyond rounding whose inputs are within it.';
      fill(
        words,
        `${meaning}${frame} `,
        el(
          'span.muted',
          `Rounding of ${report.precision} explains ${scientific(report.floor)}.${isByToken ? '' : ' –: at least one of the two files does not show it.'}`,
        ),
      );
      missing.hidden = report.missing.length === 0;
      fill(missing, ...report.missing.map(reason => el('li', reason)));
    },
  );
  return el('div.divergence-reading', words, missing, keys);
}
