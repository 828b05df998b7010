import * as ort from '../../runtime/ort';
import { toTensor } from '../../runtime/session';
import { sizeOf, type Tensor } from '../../runtime/tensor';
import { fromRaw, stateAxes, toRaw, type RawAxes } from '../changes/rawAxes';
import type { Numbers } from '../run';

/** How the states between the stages lie in a graph, as runs of one row have shown. */
export class States {
  readonly #axes = new Map<string, RawAxes>();

  /** Keeps how a state of one row is made. @param lengths tokens of the texts */
  see(tensor: string, { dims }: ort.Tensor, lengths: ReadonlySet<number>): void {
    this.#axes.set(tensor, stateAxes({ dims, batch: 1, lengths }));
  }

  /** A state of the graph `[rows, 1, tokens, modelDim]`. */
  read(tensor: string, state: ort.Tensor, rows: number): Tensor {
    const axes = this.#of(tensor);
    const raw = toTensor(state);
    if (!isInOrder(axes)) return fromRaw(raw, axes, rows);
    const [, , , tokens = 1, width = 1] = axes.sizes;
    return { dims: [rows, 1, tokens, width], data: raw.data };
  }

  /** The other way round. @param state with as many rows as the run, or with one for all of them */
  write(tensor: string, state: Tensor, rows: number): ort.Tensor {
    const axes = this.#of(tensor);
    const all = tiled(state, rows);
    if (!isInOrder(axes)) return fed(toRaw(all, axes, rows));
    const [, , , tokens = 1, width = 1] = axes.sizes;
    const isFlat = axes.axes.length === 2;
    return fed({ dims: isFlat ? [rows * tokens, width] : [rows, tokens, width], data: all.data });
  }

  #of(tensor: string): RawAxes {
    const known = this.#axes.get(tensor);
    if (!known) throw new Error(`The shape of “${tensor}” was not seen.`);
    return known;
  }
}

/** Whether rows, tokens and numbers follow each other as ours do. */
function isInOrder({ axes }: RawAxes): boolean {
  return axes.flat().every((axis, i, all) => i === 0 || axis > (all[i - 1] ?? -1));
}

/** A tensor as the runtime takes it. */
export function fed({ dims, data }: Tensor): ort.Tensor {
  return new ort.Tensor('float32', data, dims);
}

function tiled({ dims, data }: Tensor, rows: number): Tensor {
  const [own = 1, ...rest] = dims;
  if (own === rows) return { dims, data };
  const all = new Float32Array(rows * sizeOf(rest));
  for (let row = 0; row < rows; row++) all.set(data, row * data.length);
  return { dims: [rows, ...rest], data: all };
}

/**
 * A state with some tokens of it replaced.
 * @param state `[rows, 1, tokens, modelDim]`
 * @param mask `[rows or 1, 1, tokens, 1]`, 1 where it is
 * @param value `[rows or 1, 1, tokens, modelDim]`
 */
export function replacedState(state: Tensor, mask: Numbers<Uint8Array>, value: Tensor): Tensor {
  const [rows = 1, , tokens = 1, width = 1] = state.dims;
  const data = state.data.slice();
  for (let at = 0; at < rows * tokens; at++) {
    if (mask.data[at % mask.data.length] !== 1) continue;
    const from = (at * width) % value.data.length;
    data.set(value.data.subarray(from, from + width), at * width);
  }
  return { dims: state.dims, data };
}
