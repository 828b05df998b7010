import type { SelfCheck } from '../../../protocol/model';
import type { Tensor } from '../../runtime/tensor';
import type { SiteTensors } from '../graph/graphSession';
import { countOf } from '../tensors/nonNumbers';
import { softmaxError } from './softmaxError';

/** Rows whose sum is off by more do not sum to 1, whatever the precision. */
const SUM_TOLERANCE = 2e-2;

/** Other axes than that of the keys, which is 3. */
const OTHER_AXES = [
  { axis: 2, name: 'queries' },
  { axis: 1, name: 'heads' },
] as const;

type Shown = Required<Pick<SiteTensors, 'maskedScores' | 'weights'>> &
  Partial<Record<'sink', Tensor | undefined>>;

/**
 * What is wrong with weights that are not the softmax of their scores, where that has a name: then they can
 * be shown as they are.
 * @param limit of rounding
 * @returns undefined where it has none
 */
export function softmaxFault(shown: Shown, limit: number): SelfCheck | undefined {
  return notFinite(shown, limit) ?? otherAxis(shown, limit) ?? rowSums(shown);
}

/** Scores that are no numbers explain no weights, which a runtime may have computed more precisely. */
function notFinite({ maskedScores, weights, sink }: Shown, limit: number): SelfCheck | undefined {
  const count = countOf(maskedScores.data, true);
  if (count === 0) return undefined;
  const keys = weights.dims[3] ?? 1;
  const rows = Array.from({ length: weights.data.length / keys }, (_, row) => row).filter(
    row => countOf(maskedScores.data.subarray(row * keys, (row + 1) * keys), true) === 0,
  );
  const [scores, own, taken] = [maskedScores, weights, sink].map(
    tensor => tensor && pickRows(tensor, rows),
  );
  const worst = scores && own ? softmaxError(scores, own, taken) : 0;
  if (!(worst <= limit)) return undefined;
  const [some, all] = [count, maskedScores.data.length].map(n => n.toLocaleString('en'));
  const reason = `${some} of ${all} scores of a made-up text are no numbers (NaN or infinite), and do not explain its weights`;
  return { result: 'approximate', worst, reason, fault: 'notFinite' };
}

function otherAxis({ maskedScores, weights, sink }: Shown, limit: number): SelfCheck | undefined {
  if (sink) return undefined;
  for (const { axis, name } of OTHER_AXES) {
    const along = softmaxError(withLast(maskedScores, axis), withLast(weights, axis));
    if (!(along <= limit)) continue;
    const worst = softmaxError(maskedScores, weights);
    const reason = `its softmax runs over the ${name} and not over the keys, so that rows of its weights sum to ${rangeOf(sumsOf({ maskedScores, weights }))}`;
    return { result: 'approximate', worst, reason, fault: 'otherAxis' };
  }
  return undefined;
}

/**
 * No sink gives a row more than it has, and none takes the same of all: then something changes the weights
 * after the softmax. Rows that lack different parts may be those of a sink that is not known.
 */
function rowSums(shown: Shown): SelfCheck | undefined {
  const sums = sumsOf(shown);
  const [low, high] = extremesOf(sums);
  const worst = Math.max(1 - low, high - 1);
  const isScaled = low > 0 && high - low < SUM_TOLERANCE;
  if (!(worst > SUM_TOLERANCE && worst < Infinity)) return undefined;
  if (!isScaled && !(high > 1 + SUM_TOLERANCE)) return undefined;
  const reason = `rows of what multiplies its values sum to ${rangeOf(sums)}: something changes the weights after the softmax`;
  return { result: 'approximate', worst, reason, fault: 'rowSums' };
}

/** The sum of every row, with what a sink takes. */
function sumsOf({ weights: { dims, data }, sink }: Shown): number[] {
  const keys = dims[3] ?? 1;
  return Array.from({ length: data.length / keys }, (_, row) =>
    data
      .subarray(row * keys, (row + 1) * keys)
      .reduce((sum, weight) => sum + weight, sink?.data[row] ?? 0),
  );
}

function extremesOf(sums: readonly number[]): readonly [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const sum of sums) [low, high] = [Math.min(low, sum), Math.max(high, sum)];
  return [low, high];
}

function rangeOf(sums: readonly number[]): string {
  const [low, high] = extremesOf(sums).map(sum => Number(sum.toPrecision(3)));
  return `${low ?? NaN} to ${high ?? NaN}`;
}

/** Some rows of `[batch, heads, rows, width]` as `[1, 1, some, width]`. */
function pickRows({ dims, data }: Tensor, rows: readonly number[]): Tensor {
  const width = dims[3] ?? 1;
  const picked = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    picked.set(data.subarray(row * width, (row + 1) * width), i * width);
  }
  return { dims: [1, 1, rows.length, width], data: picked };
}

/** A tensor whose last axis changes places with another one. */
function withLast({ dims, data }: Tensor, axis: 1 | 2): Tensor {
  const [batch = 1, heads = 1, queries = 1, keys = 1] = dims;
  const turned = new Float32Array(data.length);
  let from = 0;
  for (let row = 0; row < batch; row++) {
    for (let head = 0; head < heads; head++) {
      for (let query = 0; query < queries; query++) {
        for (let key = 0; key < keys; key++) {
          const to =
            axis === 2
              ? ((row * heads + head) * keys + key) * queries + query
              : ((row * keys + key) * queries + query) * heads + head;
          turned[to] = data[from++] ?? NaN;
        }
      }
    }
  }
  return {
    dims: axis === 2 ? [batch, heads, keys, queries] : [batch, keys, queries, heads],
    data: turned,
  };
}
