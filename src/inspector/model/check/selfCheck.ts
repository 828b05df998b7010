import type { ModelCard, SelfCheck } from '../../../protocol/model';
import { dotProducts } from '../../runtime/dotProducts';
import type { Tensor } from '../../runtime/tensor';
import type { SiteTensors } from '../graph/graphSession';
import { countOf } from '../tensors/nonNumbers';
import { difference, larger, softmaxError } from './softmaxError';
import { softmaxFault } from './softmaxFault';

/** Differences up to here are rounding of float32. */
const exactLimit = 5e-5;
/** Differences that a lower precision explains. */
const approximateLimits: Readonly<Record<ModelCard['precision'], number>> = {
  float32: 2e-3,
  float16: 3e-2,
  bfloat16: 1e-1,
  int8: 1e-1,
  int4: 1e-1,
  mixed: 1e-1,
};

/** The largest difference that a precision explains. */
export function roundingOf(precision: ModelCard['precision']): number {
  return approximateLimits[precision];
}

/** Judges the worst difference that was found. */
export function judge(worst: number, precision: ModelCard['precision'], what: string): SelfCheck {
  if (worst <= exactLimit) return { result: 'exact', worst };
  if (worst <= roundingOf(precision)) {
    const reason =
      precision === 'float32'
        ? `${what} agree up to ${worst.toExponential(1)}`
        : `${what} agree up to ${worst.toExponential(1)}, as ${precision} allows`;
    return { result: 'approximate', worst, reason };
  }
  return { result: 'refused', reason: `${what} differ by ${worst.toExponential(1)}` };
}

/** The check that promises less: a fault less than rounding. */
export function worse(a: SelfCheck, b: SelfCheck): SelfCheck {
  const [one, other] = [rankOf(a), rankOf(b)];
  if (one !== other) return one > other ? a : b;
  return 'worst' in a && 'worst' in b && b.worst > a.worst ? b : a;
}

function rankOf(check: SelfCheck): number {
  if (check.result === 'approximate') return check.fault === undefined ? 1 : 2;
  return check.result === 'exact' ? 0 : 3;
}

/**
 * Whether the captured numbers of a site explain each other: softmax(maskedScores) = weights (less what a
 * sink takes),
 * weights · value = headOutput, q·k × scale = scores.
 * Where the model gives NaN or infinity and the same comes out of what it was computed from, they agree.
 * @param hasBias something unknown is added to the scores of an operator that does not return them
 * @param softCap on those scores
 */
export function checkSite(
  site: SiteTensors,
  scale: number,
  precision: ModelCard['precision'],
  hasBias: boolean,
  softCap: number | undefined,
): SelfCheck {
  const { query, key, value, scores, maskedScores, weights, sink, headOutput } = site;
  if (!query || !key || !value || !maskedScores || !weights || !headOutput) {
    return { result: 'refused', reason: 'not all of its tensors can be read' };
  }
  if (!shapesFit(query, key, value, weights, maskedScores, headOutput)) {
    return { result: 'refused', reason: 'its tensors have shapes that do not fit together' };
  }
  if (!Number.isFinite(scale)) {
    return { result: 'refused', reason: 'the factor on its scores is no single number' };
  }
  const errors = [
    outputError(weights, value, headOutput),
    scores
      ? scoreError(query, key, scale, scores, false, undefined)
      : hasBias
        ? 0
        : scoreError(query, key, scale, maskedScores, true, softCap),
  ];
  const worst = errors.reduce((a, b) => (b <= a ? a : b), 0);
  const others = judge(worst, precision, 'scores and head outputs');
  const shown = judge(softmaxError(maskedScores, weights, sink), precision, 'weights and scores');
  if (shown.result !== 'refused') return worse(shown, others);
  const reason = `what multiplies its values is not the softmax of its scores: ${shown.reason}`;
  if (others.result === 'refused') return { ...shown, reason };
  // What multiplies the values is known, and so are the scores: what lies between them may have a name.
  return (
    softmaxFault({ maskedScores, weights, sink }, roundingOf(precision)) ?? { ...shown, reason }
  );
}

function shapesFit(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  weights: Tensor,
  maskedScores: Tensor,
  headOutput: Tensor,
): boolean {
  const [batch = 0, heads = 0, queries = 0, headDim = 0] = query.dims;
  const [, keyHeads = 0, keys = 0] = key.dims;
  const fits = (tensor: Tensor, ...dims: (number | undefined)[]) =>
    dims.every((dim, i) => dim === undefined || tensor.dims[i] === dim);
  return (
    Number.isInteger(heads) &&
    heads > 0 &&
    heads % keyHeads === 0 &&
    fits(key, batch, keyHeads, keys, headDim) &&
    fits(value, batch, undefined, keys) &&
    heads % (value.dims[1] ?? 0) === 0 &&
    fits(weights, batch, heads, queries, keys) &&
    fits(maskedScores, batch, heads, queries, keys) &&
    fits(headOutput, batch, heads, queries, value.dims[3])
  );
}

/** Largest difference between weights · value and the head output, relative to the largest value. */
export function outputError(weights: Tensor, value: Tensor, headOutput: Tensor): number {
  const [, heads = 1, queries = 1, keys = 1] = weights.dims;
  const [, keyHeads = 1, , width = 1] = value.dims;
  const largest = Math.max(1e-6, maximumOf(value));
  const row = new Float64Array(width);
  // Times 0 nothing is added, unless it is no number.
  const skipsNone = countOf(value.data) > 0;
  let worst = 0;
  for (let i = 0; i < weights.data.length / keys; i++) {
    const head = Math.floor(i / queries);
    const keyHead =
      Math.floor(head / heads) * keyHeads + Math.floor(((head % heads) * keyHeads) / heads);
    row.fill(0);
    for (let key = 0; key < keys; key++) {
      const weight = weights.data[i * keys + key] ?? NaN;
      if (weight === 0 && !skipsNone) continue;
      const at = (keyHead * keys + key) * width;
      for (let d = 0; d < width; d++) row[d] = (row[d] ?? 0) + weight * (value.data[at + d] ?? NaN);
    }
    for (let d = 0; d < width; d++) {
      worst = larger(worst, difference(row[d] ?? 0, headOutput.data[i * width + d]) / largest);
    }
  }
  return worst;
}

/** Largest difference between q·k × scale and the scores, relative to the largest score. */
function scoreError(
  query: Tensor,
  key: Tensor,
  scale: number,
  scores: Tensor,
  isMasked: boolean,
  softCap: number | undefined,
): number {
  const products = dotProducts(query, key, scale);
  const expected = softCap ? products.map(score => softCap * Math.tanh(score / softCap)) : products;
  const largest = Math.max(1, largestOf(expected));
  let worst = 0;
  for (let i = 0; i < scores.data.length; i++) {
    const score = scores.data[i] ?? NaN;
    if (isMasked && score < -1e3) continue;
    worst = larger(worst, difference(expected[i] ?? NaN, score) / largest);
  }
  return worst;
}

function maximumOf({ data }: Tensor): number {
  return largestOf(data);
}

/** The largest magnitude of the numbers that are finite. */
function largestOf(values: Float32Array | Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] ?? NaN);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}
