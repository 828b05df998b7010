import { InspectorError } from '../../protocol/errors';
import type { Attribution, AttributionParams } from '../../protocol/layers';
import { largestAt } from '../attention/softmax';
import type { Capture } from '../capture/capture';
import { tokenizerOf } from '../capture/madeWith';
import { checkIndex } from '../capture/mapSource';
import { outputsOf, outputStack } from '../capture/outputs';
import type { OutputHead } from '../model/head/headSession';
import type { ModelStore } from '../store/modelStore';
import { entryText } from '../tokenizer/vocabularyText';
import { frozenNorm } from './finalNorm';
import { statesOf } from './states';
import { streamParts } from './streamParts';

/** Largest difference from the model's own numbers, as a fraction of the largest of them. */
const TOLERANCE = { float32: 1e-4, other: 3e-2 };

/**
 * What the embeddings and each layer contribute to one logit: the residual stream is their sum, and
 * with the scale of the final normalisation held fixed so is the logit (direct logit attribution,
 * Elhage et al. 2021).
 * @throws InspectorError `not-captured` with the reason where the model's logit is no such sum
 */
export async function attribution(
  capture: Capture,
  params: AttributionParams,
  store: ModelStore,
): Promise<Attribution> {
  const { summary, run } = capture;
  const { path, name, precision } = summary.model;
  const { token } = params;
  const outputs = outputsOf(capture);
  checkIndex('token', token, outputs.tokens);
  const logits = outputs.at(token);
  const id = params.id ?? largestAt(logits);
  checkIndex('vocabulary entry', id, outputs.vocabulary);
  const logit = logits[id] ?? NaN;
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
    throw refused(name, reason);
  }
  const tolerance = precision === 'float32' ? TOLERANCE.float32 : TOLERANCE.other;
  const stack = outputStack(capture);
  const states = statesOf(run, stack, name);
  const { modelDim } = head;
  const last = states.at(-1)?.data.subarray(token * modelDim, (token + 1) * modelDim);
  const norm = await frozenNorm(head, last ?? new Float32Array());
  if (!(norm.error <= tolerance)) {
    throw refused(name, 'its final normalisation is neither a LayerNorm nor an RMSNorm');
  }
  const { embedding, layers } = await streamParts(capture, stack, states, token, tolerance);
  const parts = [
    embedding,
    ...layers.flatMap(({ attention, cross, mlp }) =>
      cross ? [attention, cross, mlp] : [attention, mlp],
    ),
  ];
  const nothing = new Float32Array(modelDim);
  const [none = NaN, constant = NaN, ...given] = await logitsOf(head, id, [
    nothing,
    norm.bias,
    ...parts.map(norm.apply),
  ]);
  const contributions = given.map(value => value - none);
  const sum = contributions.reduce((total, value) => total + value, constant);
  const error = Math.abs(sum - logit);
  const largest = Math.max(1, Math.abs(logit), ...contributions.map(Math.abs));
  if (!(error <= tolerance * largest)) {
    throw refused(
      name,
      `its output head is not linear: its parts sum to ${number(sum)}, the logit is ${number(logit)}`,
    );
  }
  const [fromEmbedding = NaN, ...rest] = contributions;
  return {
    token,
    id,
    text: entryText(await tokenizerOf(capture, store), id),
    logit,
    embedding: fromEmbedding,
    layers: layers.map(({ cross }) => {
      const [attention = NaN, ...others] = rest.splice(0, cross ? 3 : 2);
      const [mlp = NaN] = others.slice(-1);
      return { attention, ...(cross ? { cross: others[0] ?? NaN } : {}), mlp };
    }),
    constant,
    error,
  };
}

/** The logit of one entry for each of some normalised states. */
async function logitsOf(
  head: OutputHead,
  id: number,
  normed: readonly Float32Array[],
): Promise<number[]> {
  const { modelDim, vocabulary } = head;
  const data = new Float32Array(normed.length * modelDim);
  for (const [i, state] of normed.entries()) data.set(state, i * modelDim);
  const logits = await head.unembed({ dims: [1, normed.length, modelDim], data });
  return normed.map((_, i) => logits.data[i * vocabulary + id] ?? NaN);
}

const number = (value: number): string => value.toFixed(2);

function refused(name: string, reason: string): InspectorError {
  return new InspectorError(
    'not-captured',
    `The logits of ${name} are no sum of what its layers add: ${reason}. Choose another model.`,
  );
}
