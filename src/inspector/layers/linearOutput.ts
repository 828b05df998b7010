import { InspectorError } from '../../protocol/errors';
import type { Stack } from '../../protocol/model';
import type { Capture } from '../capture/capture';
import { outputStack } from '../capture/outputs';
import type { OutputHead } from '../model/head/headSession';
import type { Tensor } from '../runtime/tensor';
import type { ModelStore } from '../store/modelStore';
import { frozenNorm, type FrozenNorm } from './finalNorm';
import { statesOf } from './states';

/** Largest difference from the model's own numbers, as a fraction of the largest of them. */
const TOLERANCE = { float32: 1e-4, other: 3e-2 };

/** An output that is linear in the residual stream at one token. */
export interface LinearOutput {
  readonly stack: Stack;
  readonly states: readonly [Tensor, ...Tensor[]];
  readonly norm: FrozenNorm;
  readonly tolerance: number;
  /** Logits of some states that are normalised already `[states, vocabulary]`. */
  logitsOf(normed: readonly Float32Array[]): Promise<Tensor>;
}

/**
 * The output head at one token with the scale of the final normalisation held fixed: then a logit is the
 * sum of what each layer adds to the stream (Elhage et al. 2021).
 * @throws InspectorError `not-captured` with the reason where the model's logit is no such sum
 */
export async function linearOutput(
  capture: Capture,
  token: number,
  store: ModelStore,
): Promise<LinearOutput> {
  const { summary, run } = capture;
  const { path, name, precision } = summary.model;
  if (summary.file !== undefined) {
    throw new InspectorError(
      'not-captured',
      'A capture file holds no weights of the model, so no logit can be taken apart. Inspect the text with the model itself.',
    );
  }
  const head = await (await store.model(path, summary.feeds)).head();
  if (!head.hasNorm && !head.isOfSum) {
    const reason =
      'its layers normalise the residual stream itself, or change it otherwise than by adding to it';
    throw notLinear(name, reason);
  }
  const tolerance = precision === 'float32' ? TOLERANCE.float32 : TOLERANCE.other;
  const stack = outputStack(capture);
  const states = statesOf(run, stack, name);
  const { modelDim } = head;
  const last = states.at(-1)?.data.subarray(token * modelDim, (token + 1) * modelDim);
  const norm = await frozenNorm(head, last ?? new Float32Array());
  if (!(norm.error <= tolerance)) {
    throw notLinear(name, 'its final normalisation is neither a LayerNorm nor an RMSNorm');
  }
  return { stack, states, norm, tolerance, logitsOf: normed => unembedded(head, normed) };
}

/** Why a logit is no sum of what layers add. */
export function notLinear(name: string, reason: string): InspectorError {
  return new InspectorError(
    'not-captured',
    `The logits of ${name} are no sum of what its layers add: ${reason}. Choose another model.`,
  );
}

async function unembedded(head: OutputHead, normed: readonly Float32Array[]): Promise<Tensor> {
  const { modelDim, vocabulary } = head;
  const data = new Float32Array(normed.length * modelDim);
  for (const [i, state] of normed.entries()) data.set(state, i * modelDim);
  const logits = await head.unembed({ dims: [1, normed.length, modelDim], data });
  return { dims: [normed.length, vocabulary], data: logits.data };
}
