import { InspectorError } from '../../../protocol/errors';
import type { LinearProbe, ProbeItems } from './types';

/** How the features of a state are centred and scaled: by their mean and deviation in training. */
export interface Scale {
  /** `[dims]` */
  readonly mean: Float64Array;
  /** 1 / deviation `[dims]`; 0 for features that do not vary, which a probe then leaves out. */
  readonly factor: Float64Array;
}

/** Deviations below this part of the mean are rounding. */
const CONSTANT = 1e-6;

/**
 * Mean and deviation of each feature over the items.
 * @throws InspectorError `inputs-wrong` for features that are not finite numbers
 */
export function scaleOf({ count, features }: ProbeItems, state: number, dims: number): Scale {
  const values = features[state] ?? new Float32Array(0);
  const mean = new Float64Array(dims);
  for (let start = 0; start < count * dims; start += dims) {
    for (let dim = 0; dim < dims; dim++) mean[dim] = (mean[dim] ?? 0) + (values[start + dim] ?? 0);
  }
  for (let dim = 0; dim < dims; dim++) mean[dim] = (mean[dim] ?? 0) / count;
  if (!mean.every(Number.isFinite)) {
    throw new InspectorError(
      'inputs-wrong',
      `State ${state} of the model holds values that are not finite numbers for this corpus, so no probe can be fitted: look for them in the Findings of a short text.`,
    );
  }
  const factor = new Float64Array(dims);
  for (let start = 0; start < count * dims; start += dims) {
    for (let dim = 0; dim < dims; dim++) {
      const difference = (values[start + dim] ?? 0) - (mean[dim] ?? 0);
      factor[dim] = (factor[dim] ?? 0) + difference * difference;
    }
  }
  for (let dim = 0; dim < dims; dim++) {
    const deviation = Math.sqrt((factor[dim] ?? 0) / count);
    const isConstant = deviation <= CONSTANT * Math.abs(mean[dim] ?? 0);
    factor[dim] = isConstant ? 0 : 1 / deviation;
  }
  return { mean, factor };
}

/**
 * Writes the standardised features of items in an order, each followed by a 1 for the bias.
 * @param order which item comes first, second, …
 * @param target `[items, dims + 1]`
 */
export function standardize(
  values: Float32Array,
  order: Int32Array,
  { mean, factor }: Scale,
  target: Float32Array,
): void {
  const dims = mean.length;
  let to = 0;
  for (const item of order) {
    const from = item * dims;
    for (let dim = 0; dim < dims; dim++) {
      target[to++] = ((values[from + dim] ?? 0) - (mean[dim] ?? 0)) * (factor[dim] ?? 0);
    }
    target[to++] = 1;
  }
}

/**
 * The probe of raw features that does what one of standardised features does.
 * @param weights `[dims + 1, classes]`, the last row for the bias
 * @param share of the state in a mix
 */
export function foldScale(weights: Float32Array, { mean, factor }: Scale, share = 1): LinearProbe {
  const dims = mean.length;
  const classes = weights.length / (dims + 1);
  const folded = new Float32Array(classes * dims);
  const bias = Float32Array.from({ length: classes }, (_, label) => {
    let offset = weights[dims * classes + label] ?? 0;
    for (let dim = 0; dim < dims; dim++) {
      const weight = (weights[dim * classes + label] ?? 0) * (factor[dim] ?? 0);
      folded[label * dims + dim] = share * weight;
      offset -= weight * (mean[dim] ?? 0);
    }
    return share * offset;
  });
  return { weights: folded, bias };
}
