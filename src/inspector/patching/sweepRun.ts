import type { ModelCard, Stack } from '../../protocol/model';
import type { SweepMap } from '../../protocol/patching';
import type { Pieces } from '../model/pieces/pieces';
import type { Heed, PieceEdit, PlainRun } from '../model/pieces/piecesOf';
import type { Numbers } from '../model/run';
import type { Measured } from './measures';

/** A text and what is taken from it. */
export interface SweepRun {
  readonly card: ModelCard;
  readonly pieces: Pieces;
  readonly plain: PlainRun;
  readonly stack: Stack;
  readonly kind: 'self' | 'cross';
  /** Tokens of the stack. */
  readonly tokens: number;
  /** The measure of an output, minus the plain one. */
  readonly effect: Measured;
  readonly progress: (done: number) => void;
  readonly heed: Heed;
}

/** What a sweep found, without what it was asked. */
export type Swept = Pick<SweepMap, 'effects' | 'rows' | 'columns' | 'random' | 'missing'>;

/**
 * The effect of each of some rows, as many at once as there is room for.
 * @param edits what is replaced in rows `from` to `end`
 */
export async function effectsOf(
  { pieces, plain, effect, heed }: SweepRun,
  count: number,
  edits: (from: number, end: number) => readonly PieceEdit[],
): Promise<Float32Array> {
  const effects = new Float32Array(count);
  const most = pieces.rows(plain);
  for (let from = 0; from < count; from += most) {
    const end = Math.min(count, from + most);
    const { data } = await pieces.outputs(plain, end - from, edits(from, end), heed);
    const vocabulary = data.length / (end - from);
    for (let row = from; row < end; row++) {
      const at = (row - from) * vocabulary;
      effects[row] = effect(data.subarray(at, at + vocabulary));
    }
  }
  return effects;
}

/** Some rows of what is given for several. */
export function rowsFrom<E extends Float32Array | Uint8Array>(
  { dims, data }: Numbers<E>,
  from: number,
  end: number,
): Numbers<E> {
  const [rows = 1, ...rest] = dims;
  const size = data.length / rows;
  return { dims: [end - from, ...rest], data: data.subarray(from * size, end * size) as E };
}
