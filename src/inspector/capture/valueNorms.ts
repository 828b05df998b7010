import type { HeadChoice } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import { breaths } from '../runtime/breathe';
import { keyHeadOf } from '../attention/scores';
import type { Weights } from '../attention/weightMap';
import type { Projection } from '../model/projection';
import type { SiteCapture } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import type { SiteDetails } from './details';

/**
 * ‖α · v · W_O‖ of every pair as a share of its row's sum (Kobayashi et al. 2020, eq. 5, with the bias of
 * the value projection inside v and that of W_O left out; where a gate multiplies the head output, it
 * multiplies each α · v as well). A sink has no value and no share.
 * @param queries of the rows that `weightsOf` gives; all in their order when absent
 * @throws InspectorError where values or W_O are not known, or for several heads together
 */
export async function normShares(
  capture: SiteCapture,
  details: () => Promise<SiteDetails>,
  head: HeadChoice,
  weightsOf: (head: number) => Promise<Weights>,
  queries?: readonly number[],
): Promise<Weights> {
  const { site, value } = capture;
  if (typeof head === 'string') {
    throw new InspectorError(
      'inputs-wrong',
      'Weights times the length of their values are of one head each: choose a head.',
    );
  }
  if (!value) {
    throw new InspectorError(
      'not-captured',
      `The values of layer ${site.layer} are not in this capture, so their lengths cannot be shown. Choose weights instead.`,
    );
  }
  const { projection } = await details();
  if ('missing' in projection) {
    throw new InspectorError('not-captured', `${projection.missing} Choose weights instead.`);
  }
  const row = await weightsOf(head);
  const normsOf = rowNorms(capture, value, projection, head);
  const breathe = breaths();
  const weights = new Float32Array(row.weights.length);
  for (let start = 0; start < weights.length; start += row.keys) {
    const at = start / row.keys;
    const norms = normsOf(queries?.[at] ?? at);
    await breathe();
    let sum = 0;
    for (let key = 0; key < row.keys; key++) {
      sum += (row.weights[start + key] ?? 0) * (norms[key] ?? 0);
    }
    for (let key = 0; key < row.keys; key++) {
      const share = (row.weights[start + key] ?? 0) * (norms[key] ?? 0);
      weights[start + key] = sum === 0 ? 0 : share / sum;
    }
  }
  return { queries: row.queries, keys: row.keys, weights, maskedScores: row.maskedScores };
}

/** ‖v · W_O‖ of every key for the row of a query, whose gate may weigh the numbers of v `[keys]`. */
function rowNorms(
  { site, gate }: SiteCapture,
  value: Tensor,
  projection: Projection,
  head: number,
): (query: number) => Float64Array {
  const keyHead = keyHeadOf(site, head);
  const [, , queries = 0, width = 1] = gate?.dims ?? [];
  // One number for the whole head makes no difference to the shares of a row.
  if (!gate || width === 1) {
    const norms = valueNorms(value, keyHead, projection, head);
    return () => norms;
  }
  const gram = gramOf(projection, head, width);
  return query => {
    const start = (head * queries + query) * width;
    return normsIn(gram, value, keyHead, gate.data.subarray(start, start + width));
  };
}

/**
 * ‖v · W_O‖ of every key, √(v · W_O W_Oᵀ · vᵀ) in double precision `[keys]`.
 * @param value `[1, keyHeads, keys, headDim]`
 */
export function valueNorms(
  value: Tensor,
  keyHead: number,
  projection: Projection,
  head: number,
): Float64Array {
  return normsIn(gramOf(projection, head, value.dims[3] ?? 0), value, keyHead);
}

/** W_O W_Oᵀ of one head `[headDim, headDim]`. */
function gramOf({ weights, modelDim }: Projection, head: number, headDim: number): Float64Array {
  const first = head * headDim * modelDim;
  const gram = new Float64Array(headDim * headDim);
  for (let a = 0; a < headDim; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let d = 0; d < modelDim; d++) {
        sum +=
          (weights[first + a * modelDim + d] ?? NaN) * (weights[first + b * modelDim + d] ?? NaN);
      }
      gram[a * headDim + b] = sum;
      gram[b * headDim + a] = sum;
    }
  }
  return gram;
}

/** √(v G vᵀ) of every key `[keys]`; where a gate multiplies the numbers of v, of their products. */
function normsIn(
  gram: Float64Array,
  value: Tensor,
  keyHead: number,
  gate?: Float32Array,
): Float64Array {
  const [, , keys = 0, headDim = 0] = value.dims;
  const vector = new Float64Array(headDim);
  return Float64Array.from({ length: keys }, (_, key) => {
    const start = (keyHead * keys + key) * headDim;
    for (let a = 0; a < headDim; a++) {
      vector[a] = (value.data[start + a] ?? NaN) * (gate ? (gate[a] ?? NaN) : 1);
    }
    let square = 0;
    for (let a = 0; a < headDim; a++) {
      let along = 0;
      for (let b = 0; b < headDim; b++) {
        along += (gram[a * headDim + b] ?? NaN) * (vector[b] ?? NaN);
      }
      square += along * (vector[a] ?? NaN);
    }
    return Math.sqrt(Math.max(0, square));
  });
}
