import type { Residuals } from '../../../protocol/layers';
import { weight2 } from '../../reading/format';
import type { State } from '../../app/state';
import { INK, shape, words, type Mark, type Picture } from '../../draw/marks';
import { signedColors } from '../../draw/color/diverging';
import { inkOn } from '../../draw/color/inkOn';
import { isDark } from '../../kit/theme';
import { shareColors } from './colors';
import { stateName } from './facts';

const LEFT = 32;
const BOTTOM = 18;
const LARGEST_CELL = 30;
const SMALLEST_CELL = 3;
/** Cells at least this large have room for their number. */
const PRINTED_FROM = 21;
const NAME_ROOM = 20;

/** One kind of similarity between the states. */
export interface Similarity {
  /** `[states, states]` */
  readonly values: Float32Array;
  readonly states: number;
  /** Values are negative, too: their colours go from −1 to 1. */
  readonly isSigned: boolean;
}

/** The similarity on show. */
export function similarityOf(residuals: Residuals, kind: 'cka' | 'cosine'): Similarity {
  const values = kind === 'cka' ? residuals.cka : residuals.cosine;
  return { values, states: residuals.states, isSigned: values.some(value => value < -0.005) };
}

/** A map of states by states with the numbers below the diagonal, where they have room. */
export function similarityChart(
  { values, states, isSigned }: Similarity,
  state: Pick<State, 'options' | 'theme'>,
  width: number,
  here: number,
): Picture & { readonly cellAt: (x: number, y: number) => readonly [number, number] | null } {
  const room = Math.floor((width - LEFT) / Math.max(1, states));
  const cell = Math.max(SMALLEST_CELL, Math.min(LARGEST_CELL, room));
  const side = cell * states;
  const color = isSigned ? signedColors(isDark(state.theme)) : shareColors(state);
  const gap = cell > 8 ? 1 : 0;
  const at = (row: number, column: number): number => values[row * states + column] ?? NaN;
  const cells: Mark[] = [];
  for (let row = 0; row < states; row++) {
    for (let column = 0; column < states; column++) {
      const value = at(row, column);
      const [x, y] = [LEFT + column * cell, row * cell];
      const isNumber = !Number.isNaN(value);
      const fill = isNumber ? color(Math.min(1, value)) : '--soft';
      cells.push(shape('rect', { x, y, width: cell - gap, height: cell - gap }, fill));
      if (cell < PRINTED_FROM || column >= row) continue;
      const place = { x: x + (cell - gap) / 2, y: y + cell / 2 + 3, 'text-anchor': 'middle' };
      const ink = isNumber ? inkOn(fill) : INK.muted;
      cells.push(words(isNumber ? weight2(value) : '–', place, ink));
    }
  }
  const step = Math.max(1, Math.ceil(NAME_ROOM / cell));
  const names = Array.from({ length: states }, (_, i) => i).filter(
    i => i % step === 0 || i === here,
  );
  return {
    width: LEFT + side,
    height: side + BOTTOM,
    cellAt: (x, y) => {
      const [row, column] = [Math.floor(y / cell), Math.floor((x - LEFT) / cell)];
      const isInside = row >= 0 && row < states && column >= 0 && column < states;
      return isInside ? [row, column] : null;
    },
    marks: [
      ...cells,
      ...names.flatMap(i => {
        const look = i === here ? INK.text : INK.muted;
        const weight = i === here ? { 'font-weight': 600 } : {};
        const middle = (i + 0.5) * cell;
        const column = { x: LEFT + middle, y: side + 13, 'text-anchor': 'middle', ...weight };
        return [
          words(
            stateName(i),
            { x: LEFT - 6, y: middle + 3, 'text-anchor': 'end', ...weight },
            look,
          ),
          words(stateName(i), column, look),
        ];
      }),
    ],
  };
}
