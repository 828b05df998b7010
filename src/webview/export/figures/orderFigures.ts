import { found } from '../../positions/found';
import { scoreLines } from '../../positions/lines';
import { movedPicture, sharePixels } from '../../positions/pictures';
import type { OrderSide } from '../../positions/wanted';
import type { State } from '../../state';
import type { FigureSource } from '../figure';
import type { Ramp } from './legend';
import { linePicture } from './linePicture';
import { matrixPicture } from './matrixPicture';
import { stateFigure } from './stateFigure';

/** The colours of shares, with what their ends mean. */
export const shareRamp = (state: State, low: string, high: string): Ramp => ({
  pixels: sharePixels(state),
  low,
  high,
});

/** The mean scores of a head by distance. */
export const scoresFigure = stateFigure(
  'scores',
  () => 'Score by distance',
  state => {
    const content = scoreLines(state);
    return content && linePicture(content);
  },
  state => {
    const {
      firstDistance = 0,
      withPosition,
      withoutPosition,
      pairs,
    } = found(state, 'scores') ?? {};
    return {
      columns: ['distance', 'pairs', 'with positions', 'without positions'],
      rows: Array.from(pairs ?? [], (count, i) => [
        firstDistance + i,
        count,
        withPosition?.[i] ?? NaN,
        withoutPosition?.[i] ?? NaN,
      ]),
    };
  },
  state => scoreLines(state) !== null,
);

/** How much weight another order moved, head by head. */
export const movedFigure = (side: OrderSide): FigureSource =>
  stateFigure(
    `moved-${side}`,
    () => `${side === 'own' ? 'With positions' : 'Positions equal'}: weight moved by another order`,
    state => {
      const content = movedPicture(state, side);
      return content && matrixPicture(content, {}, shareRamp(state, '0', '1'));
    },
    state => {
      const { moved, heads = 1 } = found(state, `${side}Effect`) ?? {};
      return {
        columns: ['layer', 'head', 'weight moved'],
        rows: Array.from(moved ?? [], (share, i) => [Math.floor(i / heads), i % heads, share]),
      };
    },
    state => movedPicture(state, side) !== null,
  );
