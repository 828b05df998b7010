import type { AttentionSite } from '../../../protocol/model';
import type { ModelCard } from '../../../protocol/model';
import type { GraphPoint } from '../../onnx/stream/points/point';
import type { Tensor } from '../../runtime/tensor';
import type { SiteTensors } from '../graph/graphSession';
import { gateError } from '../tensors/gate';
import { judge, outputError, roundingOf } from './selfCheck';
import { softmaxError } from './softmaxError';
import { softmaxFault } from './softmaxFault';

/** Queries of each head whose rows are looked at in every run: all would take as long as the run itself. */
const SAMPLED_ROWS = 4;

/**
 * Why the numbers of a site in one run are not what they are shown as: what was checked with made-up texts
 * when the model was opened may be otherwise for this text.
 * @param tokens that the site's queries and its keys are of; undefined where nothing tells
 * @param changed where its numbers were made others: those are not compared with what they would follow
 * from, but what follows from them is
 */
export function runFault(
  site: AttentionSite,
  tensors: SiteTensors,
  tokens: { readonly queries: number | undefined; readonly keys: number | undefined },
  precision: ModelCard['precision'],
  changed: ReadonlySet<GraphPoint>,
): string | undefined {
  const { weights, maskedScores, sink, value, headOutput } = tensors;
  if (!weights) return undefined;
  const [, heads = 0, queries = 0, keys = 0] = weights.dims;
  if (heads !== site.heads)
    return `it has ${heads} heads for this text and ${site.heads} otherwise`;
  const { queries: rows = queries, keys: columns = keys } = tokens;
  if (queries !== rows || keys !== columns) {
    return `its map is ${queries} × ${keys} for ${rows} tokens and ${columns} keys of this text`;
  }
  const picked = sampled(queries);
  if (maskedScores && !changed.has('weights') && !isKnownFault(site)) {
    const [scores, shown] = [rowsOf(maskedScores, picked), rowsOf(weights, picked)];
    const taken = sink && rowsOf(sink, picked);
    const check = judge(softmaxError(scores, shown, taken), precision, 'weights and scores');
    // Scores that are none explain nothing: the numbers are shown, and a note tells of them.
    if (check.result === 'refused' && !isOfNonNumbers(scores, shown, taken, precision)) {
      return `for this text, what multiplies its values is not the softmax of its scores: ${check.reason}`;
    }
  }
  if (!value || !headOutput || changed.has('headOutput')) return undefined;
  const error = outputError(rowsOf(weights, picked), value, rowsOf(headOutput, picked));
  const check = judge(error, precision, 'head outputs and weights · values');
  return check.result === 'refused' ? `for this text, ${check.reason}` : undefined;
}

/** What is between scores and weights was known to be no softmax over the keys, and was named. */
function isKnownFault({ check }: AttentionSite): boolean {
  return check.result === 'approximate' && /otherAxis|rowSums/.test(check.fault ?? '');
}

function isOfNonNumbers(
  maskedScores: Tensor,
  weights: Tensor,
  sink: Tensor | undefined,
  precision: ModelCard['precision'],
): boolean {
  const fault = softmaxFault({ maskedScores, weights, sink }, roundingOf(precision));
  return fault?.result === 'approximate' && fault.fault === 'notFinite';
}

/** Why what multiplies the head outputs of a site in one run is not what was checked with made-up texts. */
export function gateFault(
  site: AttentionSite,
  tensors: SiteTensors,
  precision: ModelCard['precision'],
): string | undefined {
  if (!site.gate || !tensors.headOutput) return undefined;
  const what = 'head outputs times their gate and what the graph has there';
  const check = judge(gateError(tensors), precision, what);
  return check.result === 'refused' ? `for this text, ${check.reason}` : undefined;
}

/** Queries spread over the text, the first and the last among them. */
function sampled(queries: number): readonly number[] {
  const count = Math.min(SAMPLED_ROWS, queries);
  const step = count > 1 ? (queries - 1) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => Math.round(i * step));
}

/** Some rows of `[batch, heads, rows, width]`. */
function rowsOf({ dims, data }: Tensor, picked: readonly number[]): Tensor {
  const [batch = 1, heads = 1, rows = 1, width = 1] = dims;
  const some = new Float32Array(batch * heads * picked.length * width);
  let at = 0;
  for (let head = 0; head < batch * heads; head++) {
    for (const row of picked) {
      const start = (head * rows + row) * width;
      some.set(data.subarray(start, start + width), at);
      at += width;
    }
  }
  return { dims: [batch, heads, picked.length, width], data: some };
}
