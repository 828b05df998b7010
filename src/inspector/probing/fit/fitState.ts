import type { Kernels } from './kernels';
import { blockBits, codeBlocks, uniformBits } from './onlineCode';
import { CODE_TOLERANCE, trainProbes, type TrainingFeatures } from './trainProbes';

/** Labels of the training items in the order of the features. */
export interface TrainingLabels {
  readonly classes: number;
  readonly labels: Int32Array;
  readonly control: Int32Array;
}

/** Weights are of standardised features `[dims, classes]`, the last row for the bias. */
export interface FittedState {
  readonly weights: Float32Array;
  readonly controlWeights: Float32Array;
  /** Online code length of the labels, in bits. */
  readonly bits: number;
}

/**
 * Fits the probe of one state, that of the control task, and those of the online code: each block of
 * labels is sent with the probe of all before it, the first as if all classes were equally likely
 * (Voita & Titov 2020, eq. 4). Each probe starts from the one before; the last is the state's.
 */
export async function fitState(
  kernels: Kernels,
  features: TrainingFeatures,
  { classes, labels, control }: TrainingLabels,
): Promise<FittedState> {
  const { values, dims, preconditioner } = features;
  const weightsOf = (point: Float64Array) =>
    kernels.product(preconditioner, Float32Array.from(point), dims);
  const blocks = codeBlocks(labels.length);
  let point: Float64Array = new Float64Array(dims * classes);
  let bits = uniformBits(blocks[0] ?? 0, classes);
  for (const [i, sent] of blocks.slice(0, -1).entries()) {
    const probe = { labels, start: point };
    const [found] = await trainProbes(kernels, features, sent, [probe], classes, CODE_TOLERANCE);
    point = found?.point ?? point;
    const end = blocks[i + 1] ?? sent;
    const block = values.subarray(sent * dims, end * dims);
    const logits = await kernels.product(block, await weightsOf(point), dims);
    bits += blockBits(logits, labels.subarray(sent, end), classes);
  }
  const zero = new Float64Array(dims * classes);
  const [main, random] = await trainProbes(
    kernels,
    features,
    labels.length,
    [
      { labels, start: point },
      { labels: control, start: zero },
    ],
    classes,
  );
  return {
    weights: await weightsOf(main?.point ?? point),
    controlWeights: await weightsOf(random?.point ?? zero),
    bits,
  };
}
