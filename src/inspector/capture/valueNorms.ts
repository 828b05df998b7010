import type { HeadChoice } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import { keyHeadOf } from '../attention/scores';
import type { Weights } from '../attention/weightMap';
import type { Projection } from '../model/projection';
import type { SiteCapture } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import type { SiteDetails } from './details';

/**
 * ‖α · v · W_O‖ of every pair as a share of its row's sum (Kobayashi et al. 2020, eq. 5, with the bias of
 * the value projection inside v and that of W_O left out). A sink has no value and no share.
 * @throws InspectorError where values or W_O are not known, or for several heads together
 */
export async function normShares(
  capture: SiteCapture,
  details: () => Promise<SiteDetails>,
  head: HeadChoice,
  weightsOf: (head: number) => Promise<Weights>,
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
  const norms = valueNorms(value, keyHeadOf(site, head), projection, head);
  const weights = new Float32Array(row.weights.length);
  for (let start = 0; start < weights.length; start += row.keys) {
    let sum = 0;
    for (let key = 0; key < row.keys; key++) {
      sum += (row.weights[start + key] ?? 0) * (norms[key] ?? 0);
    }
    for (let key = 0; key < row.keys; key++) {
      const share = (row.weights[start + key] ?? 0) * (norms[key] ?? 0);
      weights[start + key] = sum === 0 ? 0 : share / sum;
    }
  }
  const { queries, keys, maskedScores } = row;
  return { queries, keys, weights, maskedScores };
}

/**
 * ‖v · W_O‖ of every key, √(v · W_O W_Oᵀ · vᵀ) in double precision `[keys]`.
 * @param value `[1, keyHeads, keys, headDim]`
 */
export function valueNorms(
  value: Tensor,
  keyHead: number,
  { weights, modelDim }: Projection,
  head: number,
): Float64Array {
  const [, , keys = 0, headDim = 0] = value.dims;
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
  return Float64Array.from({ length: keys }, (_, key) => {
    const start = (keyHead * keys + key) * headDim;
    let square = 0;
    for (let a = 0; a < headDim; a++) {
      let along = 0;
      for (let b = 0; b < headDim; b++) {
        along += (gram[a * headDim + b] ?? NaN) * (value.data[start + b] ?? NaN);
      }
      square += along * (value.data[start + a] ?? NaN);
    }
    return Math.sqrt(Math.max(0, square));
  });
}
