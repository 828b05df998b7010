import type { Kernels } from './kernels';
import { minimize } from './minimize';
import { scoreGradient, sharesOf } from './mixScores';
import { decayOf, MOST_EVALUATIONS, TOLERANCE } from './trainProbes';

/** Standardised states on top of each other, in the preconditioner's coordinates. */
export interface StackedFeatures {
  /** `[states, items, dims]` */
  readonly stacked: Float32Array;
  readonly dims: number;
  readonly items: number;
  /** `[dims, dims]` */
  readonly preconditioner: Float32Array;
}

export interface FittedMix {
  /** Softmax of the learned scores `[states]`. */
  readonly shares: Float32Array;
  /** `[dims, classes]`, the last row for the bias */
  readonly weights: Float32Array;
}

/**
 * Fits a probe of Σ softmax(a)_i · h_i together with a (Tenney et al. 2019, eq. 1). The paper's factor
 * γ is part of the weights. The states are standardised, so that a state's share does not depend on
 * its norm.
 * @param targets a 1 at the class of each item `[items, 1, classes]`
 * @param start weights to begin with `[dims, classes]`, in the preconditioner's coordinates
 */
export async function fitMix(
  kernels: Kernels,
  { stacked, dims, items, preconditioner }: StackedFeatures,
  targets: Float32Array,
  start: Float64Array,
): Promise<FittedMix> {
  const classes = start.length / dims;
  const states = stacked.length / (items * dims);
  const first = new Float64Array(start.length + states);
  first.set(start);
  const run = minimize(first, { tolerance: TOLERANCE, evaluations: MOST_EVALUATIONS });
  let step = run.next();
  while (!step.done) {
    const shares = sharesOf(step.value.subarray(start.length));
    const { losses, gradients, shareGradient } = await kernels.mixedLoss(stacked, shares, {
      items,
      dims,
      classes,
      points: [step.value.subarray(0, start.length)],
      preconditioner,
      targets,
      decay: decayOf(items),
    });
    const gradient = new Float64Array(first.length);
    gradient.set(gradients[0] ?? []);
    gradient.set(scoreGradient(shares, shareGradient), start.length);
    step = run.next({ loss: losses[0] ?? NaN, gradient });
  }
  const { point } = step.value;
  const weights = Float32Array.from(point.subarray(0, start.length));
  return {
    shares: sharesOf(point.subarray(start.length)),
    weights: await kernels.product(preconditioner, weights, dims),
  };
}
