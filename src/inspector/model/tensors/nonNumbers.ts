import type { ModelCard } from '../../../protocol/model';
import type { Tensor } from '../../runtime/tensor';
import type { SiteCapture } from '../run';

/** Largest number that float16 holds. */
const LARGEST_HALF = 65_504;
/** Masked scores below this are blocked, whatever they are exactly. */
const BLOCKED_BELOW = -1e30;

/** One tensor of a run, by the place that people know it by. */
export interface PlacedTensor {
  /** “layer 3, scores”, “the logits”. */
  readonly place: string;
  readonly tensor: Tensor;
  /** -∞ says that the mask blocks, and is no fault. */
  readonly isMasked?: boolean;
  /** All numbers of the attention that it belongs to, if it belongs to one. */
  readonly attention?: AttentionNumbers;
}

/** Where a run first holds something that is no finite number. */
export interface NonNumbers {
  readonly place: string;
  /** Values that are NaN or infinite, of how many. */
  readonly count: number;
  readonly of: number;
  readonly attention?: AttentionNumbers;
}

/**
 * The first tensor with NaN or infinity.
 * @param tensors in the order of computation
 */
export function firstNonNumbers(tensors: Iterable<PlacedTensor>): NonNumbers | undefined {
  for (const { place, tensor, isMasked = false, attention } of tensors) {
    const count = countOf(tensor.data, isMasked);
    if (count === 0) continue;
    return { place, count, of: tensor.data.length, ...(attention ? { attention } : {}) };
  }
  return undefined;
}

/** How many values are NaN or infinite. */
export function countOf(data: Float32Array, isMasked = false): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0;
    // x − x is 0 for finite numbers only.
    if (value - value === 0 || (isMasked && value === -Infinity)) continue;
    count++;
  }
  return count;
}

/** The numbers of one attention, as far as they are at hand. */
export type AttentionNumbers = Pick<
  SiteCapture,
  'query' | 'key' | 'value' | 'scores' | 'maskedScores' | 'weights' | 'headOutput'
>;

/** The tensors of one attention in the order of computation. */
export function attentionTensors(layer: string, site: AttentionNumbers): PlacedTensor[] {
  const of = (part: string, tensor: Tensor | undefined, isMasked = false): PlacedTensor[] =>
    tensor
      ? [{ place: `${layer}, ${part}`, tensor, attention: site, ...(isMasked ? { isMasked } : {}) }]
      : [];
  return [
    ...of('query', site.query),
    ...of('key', site.key),
    ...of('value', site.value),
    ...of('scores', site.scores),
    ...of('masked scores', site.maskedScores, true),
    ...of('weights', site.weights),
    ...of('head outputs', site.headOutput),
  ];
}

/** The numbers of one stack, to be looked through layer by layer. */
export interface StackNumbers {
  /** “layer”, “decoder layer”. */
  readonly named: string;
  /** Layers that there are numbers of. */
  readonly layers: number;
  /** Residual stream before a layer. */
  readonly stateOf: (layer: number) => Tensor | undefined;
  readonly attentionOf: (
    layer: number,
  ) => readonly { readonly isCross: boolean; readonly numbers: AttentionNumbers }[];
  readonly last: { readonly place: string; readonly tensor: Tensor | undefined };
}

/**
 * The tensors of a stack in the order of computation.
 * @param tensorsOf the tensors of one attention that are worth looking into
 */
export function* stackTensors(
  { named, layers, stateOf, attentionOf, last }: StackNumbers,
  tensorsOf = attentionTensors,
): Generator<PlacedTensor> {
  for (let layer = 0; layer < layers; layer++) {
    const state = stateOf(layer);
    if (state) yield { place: `${named} ${layer}, hidden state`, tensor: state };
    for (const { isCross, numbers } of attentionOf(layer))
      yield* tensorsOf(`${named} ${layer}${isCross ? ' cross-attention' : ''}`, numbers);
  }
  if (last.tensor) yield { place: last.place, tensor: last.tensor };
}

/** Why the numbers of an attention are none, where its own tensors tell. */
function causeOf(
  { query, key, maskedScores, weights }: AttentionNumbers,
  precision: ModelCard['precision'],
): string | undefined {
  if (maskedScores && weights) {
    const keys = maskedScores.dims.at(-1) ?? 1;
    const empty = emptyRows(maskedScores);
    const broken = brokenRows(weights);
    const rows = broken.filter(row => empty.has(row));
    if (rows.length > 0 && rows.length === broken.length) {
      const queries = new Set(rows.map(row => row % (weights.dims[2] ?? 1)));
      const of = [...queries].slice(0, 3).join(', ');
      return `the mask blocks every one of the ${keys} keys of ${queries.size === 1 ? 'query' : 'queries'} ${of}${queries.size > 3 ? ', …' : ''}`;
    }
  }
  if (precision !== 'float16' || !query || !key || countOf(query.data) || countOf(key.data)) {
    return undefined;
  }
  return largestProduct(query, key) > LARGEST_HALF ? 'the float16 product overflowed' : undefined;
}

/** Rows `[batch · heads · queries]` whose keys are all blocked. */
function emptyRows({ dims, data }: Tensor): ReadonlySet<number> {
  const keys = dims.at(-1) ?? 1;
  const rows = new Set<number>();
  for (let row = 0; row * keys < data.length; row++) {
    const scores = data.subarray(row * keys, (row + 1) * keys);
    if (scores.every(score => score < BLOCKED_BELOW)) rows.add(row);
  }
  return rows;
}

function brokenRows({ dims, data }: Tensor): number[] {
  const keys = dims.at(-1) ?? 1;
  const rows = Array.from({ length: data.length / keys }, (_, row) => row);
  return rows.filter(row => countOf(data.subarray(row * keys, (row + 1) * keys)) > 0);
}

/** A bound on |q·k| over all pairs of a head that is reached: the largest product itself. */
function largestProduct(query: Tensor, key: Tensor): number {
  const [batch = 1, heads = 1, queries = 1, width = 1] = query.dims;
  const [, keyHeads = 1, keys = 1] = key.dims;
  let most = 0;
  for (let head = 0; head < batch * heads; head++) {
    const keyHead = Math.floor((head * keyHeads) / heads);
    for (let q = 0; q < queries; q++) {
      for (let k = 0; k < keys; k++) {
        let sum = 0;
        for (let d = 0; d < width; d++) {
          const a = query.data[(head * queries + q) * width + d] ?? 0;
          sum += a * (key.data[(keyHead * keys + k) * width + d] ?? 0);
        }
        if (Math.abs(sum) > most) most = Math.abs(sum);
      }
    }
    if (most > LARGEST_HALF) return most;
  }
  return most;
}

/** What was found, as a sentence, with its cause where the numbers tell. */
export function nonNumbersNote(
  { place, count, of, attention }: NonNumbers,
  precision: ModelCard['precision'],
  text: string,
): string {
  const [some, all] = [count, of].map(n => n.toLocaleString('en'));
  const cause = attention && causeOf(attention, precision);
  return `Not all numbers are numbers (NaN or infinite) in ${text}: first in ${place}, ${some} of ${all} values${cause ? `; ${cause}` : ''}.`;
}
