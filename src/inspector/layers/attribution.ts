import type { Attribution, AttributionParams } from '../../protocol/layers';
import { largestAt } from '../attention/softmax';
import type { Capture } from '../capture/capture';
import { tokenizerOf } from '../capture/madeWith';
import { checkIndex } from '../capture/mapSource';
import { outputsOf } from '../capture/outputs';
import type { ModelStore } from '../store/modelStore';
import { entryText } from '../tokenizer/vocabularyText';
import { linearOutput, notLinear } from './linearOutput';
import { streamParts } from './streamParts';

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
  const { name } = capture.summary.model;
  const { token } = params;
  const outputs = outputsOf(capture);
  checkIndex('token', token, outputs.tokens);
  const logits = outputs.at(token);
  const id = params.id ?? largestAt(logits);
  checkIndex('vocabulary entry', id, outputs.vocabulary);
  const logit = logits[id] ?? NaN;
  const output = await linearOutput(capture, token, store);
  const { stack, states, norm, tolerance } = output;
  const { embedding, layers } = await streamParts(capture, stack, states, token, tolerance);
  const parts = [
    embedding,
    ...layers.flatMap(({ attention, cross, mlp }) =>
      cross ? [attention, cross, mlp] : [attention, mlp],
    ),
  ];
  const nothing = new Float32Array(embedding.length);
  const { data } = await output.logitsOf([nothing, norm.bias, ...parts.map(norm.apply)]);
  const [none = NaN, constant = NaN, ...given] = Array.from(
    { length: parts.length + 2 },
    (_, i) => data[i * outputs.vocabulary + id] ?? NaN,
  );
  const contributions = given.map(value => value - none);
  const sum = contributions.reduce((total, value) => total + value, constant);
  const error = Math.abs(sum - logit);
  const largest = Math.max(1, Math.abs(logit), ...contributions.map(Math.abs));
  if (!(error <= tolerance * largest)) {
    throw notLinear(
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

const number = (value: number): string => value.toFixed(2);
