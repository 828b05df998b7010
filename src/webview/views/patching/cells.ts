import type { PatchCell } from '../../app/choices/patching';
import { perState } from '../../app/answers';
import type { State } from '../../app/state';
import { argmaxPath, type ArgmaxPath } from './argmaxPath';
import { rowOf, shareOf } from './maps';
import { differences } from './pair';
import { columnsOf, mapSize, placeOf } from './wanted';

/** The way of the difference through the layers; null until the maps are whole. */
export const pathOf = perState((state: State): ArgmaxPath | null => {
  const place = placeOf(state);
  const size = mapSize(state);
  const { run } = state.patching;
  if (!place || !size || !run?.done.has('residual')) return null;
  const layers = Array.from({ length: size.layers }, (_, layer) => layer);
  const residual = layers.flatMap(layer => rowOf(state, 'residual', layer) ?? []);
  const output = layers.flatMap(layer => run.rows.get(`headOutput ${layer}`) ?? []);
  return argmaxPath(residual, output.length === size.layers ? output : [], differences(place.pair));
});

/** The cell that was chosen, where these maps have it, else the best single state; null while neither is known. */
export function chosenCell(state: State): PatchCell | null {
  const { cell } = state.patching;
  const size = mapSize(state);
  if (!size) return null;
  if (cell && cell.layer < size.layers && cell.column < columnsOf(size, cell.map)) return cell;
  const best = pathOf(state)?.best;
  return best ? { map: 'residual', layer: best.layer, column: best.token } : null;
}

/** The cell that is pointed at, else the chosen one. */
export const shownCell = (state: State): PatchCell | null =>
  state.patching.pointed ?? chosenCell(state);

/** What patching a cell does to the measure. */
export interface CellEffect {
  readonly share: number;
  /** The measure of the run that is patched, with the patch, and of the run that the patch comes from. */
  readonly before: number;
  readonly patched: number;
  readonly source: number;
}

/** The numbers of a cell; null while they are not known, NaN where it cannot be patched. */
export function effectOf(state: State, cell: PatchCell): CellEffect | null {
  const share = shareOf(state, cell);
  const [maps] = state.patching.run?.done.values() ?? [];
  if (share === null || !maps) return null;
  const isIntoB = state.options.patching.direction === 'intoB';
  const [before, source] = isIntoB ? [maps.ofB, maps.ofA] : [maps.ofA, maps.ofB];
  return { share, before, patched: before + share * (source - before), source };
}
