import type { Kernels } from './kernels';
import { minimize, type Minimum, type Slope } from './minimize';

/** Strength of the L2 penalty as in scikit-learn: Σ loss + Σ weights² / (2·C). */
export const INVERSE_PENALTY = 0.1;
/** A step that gains less than this part of the loss is the last one. */
export const TOLERANCE = 1e-4;
/** The same for probes of the online code, whose code lengths it changes by less than a percent. */
export const CODE_TOLERANCE = 1e-3;
/** Most evaluations of a probe's loss. */
export const MOST_EVALUATIONS = 300;

/** Standardised features, in the order of the online code, and the coordinates to fit in. */
export interface TrainingFeatures {
  /** `[items, dims]`, the last of each item a 1 for the bias */
  readonly values: Float32Array;
  readonly dims: number;
  /** `[dims, dims]` */
  readonly preconditioner: Float32Array;
}

/** Factor of half the sum of squared weights, for a mean loss over `items`. */
export const decayOf = (items: number): number => 1 / (INVERSE_PENALTY * items);

/** A 1 at the class of each item `[items, labels.length, classes]`. */
export function oneHot(labels: readonly Int32Array[], classes: number): Float32Array {
  const count = labels[0]?.length ?? 0;
  const targets = new Float32Array(count * labels.length * classes);
  for (const [probe, values] of labels.entries()) {
    values.forEach((label, item) => {
      targets[(item * labels.length + probe) * classes + label] = 1;
    });
  }
  return targets;
}

/**
 * Fits several probes of the first `items` of the same features, all at once until the first has
 * ended.
 * @param labels class of each item, of each probe
 * @param starts where each begins `[dims, classes]`, in the preconditioner's coordinates
 * @returns where each ended
 */
export async function trainProbes(
  kernels: Kernels,
  { values, dims, preconditioner }: TrainingFeatures,
  items: number,
  probes: readonly { readonly labels: Int32Array; readonly start: Float64Array }[],
  classes: number,
  tolerance = TOLERANCE,
): Promise<readonly Minimum[]> {
  const features = values.subarray(0, items * dims);
  const decay = decayOf(items);
  const targets = new Map<string, Float32Array>();
  return minimizeTogether(
    probes.map(({ start }) => minimize(start, { tolerance, evaluations: MOST_EVALUATIONS })),
    async (points, active) => {
      const key = active.join();
      const wanted =
        targets.get(key) ??
        oneHot(
          active.flatMap(probe => probes[probe]?.labels.subarray(0, items) ?? []),
          classes,
        );
      targets.set(key, wanted);
      const question = { items, dims, classes, points, preconditioner, targets: wanted, decay };
      const { losses, gradients } = await kernels.loss(features, question);
      return gradients.map((gradient, i) => ({ loss: losses[i] ?? NaN, gradient }));
    },
  );
}

/**
 * Runs minimisations side by side with one evaluation of all that have not ended.
 * @param evaluate slopes at the points of the minimisations `active`
 */
async function minimizeTogether(
  runs: readonly Generator<Float64Array, Minimum, Slope>[],
  evaluate: (
    points: readonly Float64Array[],
    active: readonly number[],
  ) => Promise<readonly Slope[]>,
): Promise<readonly Minimum[]> {
  const minima: Minimum[] = [];
  let waiting = runs.flatMap((run, index) => {
    const first = run.next();
    return first.done ? [] : [{ run, index, point: first.value }];
  });
  while (waiting.length > 0) {
    const slopes = await evaluate(
      waiting.map(({ point }) => point),
      waiting.map(({ index }) => index),
    );
    waiting = waiting.flatMap(({ run, index }, i) => {
      const next = run.next(slopes[i] ?? { loss: NaN, gradient: new Float64Array(0) });
      if (!next.done) return [{ run, index, point: next.value }];
      minima[index] = next.value;
      return [];
    });
  }
  return minima;
}
