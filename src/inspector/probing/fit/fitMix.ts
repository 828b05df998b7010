import type { Kernels } from './kernels';
import { minimize } from './minimize';
import { scoreGradient, sharesOf } from './mixScores';
import { preconditioner } from './precondition';
import { decayOf, MOST_EVALUATIONS, oneHot, TOLERANCE, trainProbes } from './trainProbes';

/** Standardised states on top of each other, and the labels of their items. */
export interface StackedFeatures {
  /** `[states, items, dims]`, the last of each item a 1 for the bias */
  readonly stacked: Float32Array;
  /** The first of the items of each state `[states, sampled, dims]`. */
  readonly sample: Float32Array;
  readonly states: number;
  readonly dims: number;
  readonly classes: number;
  /** Class of each item `[items]`. */
  readonly labels: Int32Array;
}

export interface FittedMix {
  /** Softmax of the learned scores `[states]`. */
  readonly shares: Float32Array;
  /** Of the mixed features `[dims, classes]`, the last row for the bias. */
  readonly weights: Float32Array;
}

/** A mix that is not finished, in the coordinates of some preconditioner. */
interface MixPoint {
  /** `[dims, classes]` */
  readonly point: Float64Array;
  /** Before softmax `[states]`. */
  readonly scores: Float64Array;
}

/** Steps of the mix's scores are so many times those of the weights, which about halves their number. */
const SCORE_STEP = 3;

/**
 * Fits a probe of Σ softmax(a)_i · h_i together with a (Tenney et al. 2019, eq. 1), beginning with
 * equal shares. The paper's factor γ is part of the weights. The states are standardised, so that a
 * state's share does not depend on its norm. The shares are found on a sample, then the weights with
 * these shares on all items, then both together on all items: a third of the time of the last alone,
 * and a lower loss, since the coordinates suit the mix.
 */
export async function fitMix(
  kernels: Kernels,
  features: StackedFeatures,
  breathe: () => Promise<void>,
): Promise<FittedMix> {
  const { stacked, sample, states, dims, classes, labels } = features;
  const equal = await mixedFeatures(kernels, features, new Float32Array(states).fill(1 / states));
  const sampled = sample.length / (states * dims);
  const rough = await learnBoth(
    kernels,
    { ...features, stacked: sample, labels: labels.subarray(0, sampled) },
    await coordinatesOf(kernels, equal, dims, breathe),
    { point: new Float64Array(dims * classes), scores: new Float64Array(states) },
  );
  const values = await mixedFeatures(kernels, features, sharesOf(rough.scores));
  const coordinates = await coordinatesOf(kernels, values, dims, breathe);
  const [fixed] = await trainProbes(
    kernels,
    { values, dims, preconditioner: coordinates },
    labels.length,
    [{ labels, start: new Float64Array(dims * classes) }],
    classes,
  );
  const { point, scores } = await learnBoth(kernels, { ...features, stacked }, coordinates, {
    point: fixed?.point ?? rough.point,
    scores: rough.scores,
  });
  return {
    shares: sharesOf(scores),
    weights: await kernels.product(coordinates, Float32Array.from(point), dims),
  };
}

/** `[items, dims]`: the states, each times its share. */
function mixedFeatures(
  kernels: Kernels,
  { stacked, states }: StackedFeatures,
  shares: Float32Array,
): Promise<Float32Array> {
  return kernels.product(shares, stacked, states);
}

async function coordinatesOf(
  kernels: Kernels,
  values: Float32Array,
  dims: number,
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  const items = values.length / dims;
  const gram = await kernels.gram(values, dims);
  return preconditioner(gram, { dims, items, decay: decayOf(items) }, breathe);
}

/** Minimises the loss of the mix by weights and scores together. */
async function learnBoth(
  kernels: Kernels,
  { stacked, dims, classes, labels }: StackedFeatures,
  coordinates: Float32Array,
  from: MixPoint,
): Promise<MixPoint> {
  const size = dims * classes;
  const targets = oneHot([labels], classes);
  const split = (all: Float64Array): MixPoint => ({
    point: all.subarray(0, size),
    scores: all.subarray(size).map(score => SCORE_STEP * score),
  });
  const start = new Float64Array(size + from.scores.length);
  start.set(from.point);
  start.set(
    from.scores.map(score => score / SCORE_STEP),
    size,
  );
  const run = minimize(start, { tolerance: TOLERANCE, evaluations: MOST_EVALUATIONS });
  let step = run.next();
  while (!step.done) {
    const { point, scores } = split(step.value);
    const shares = sharesOf(scores);
    const { losses, gradients, shareGradient } = await kernels.mixedLoss(stacked, shares, {
      items: labels.length,
      dims,
      classes,
      points: [point],
      preconditioner: coordinates,
      targets,
      decay: decayOf(labels.length),
    });
    const gradient = new Float64Array(start.length);
    gradient.set(gradients[0] ?? []);
    const byScore = scoreGradient(shares, shareGradient);
    gradient.set(
      byScore.map(value => SCORE_STEP * value),
      size,
    );
    step = run.next({ loss: losses[0] ?? NaN, gradient });
  }
  return split(step.value.point);
}
