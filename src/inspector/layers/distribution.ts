import { InspectorError } from '../../protocol/errors';
import type { Distribution, DistributionParams } from '../../protocol/layers';
import { largestIndices, logSoftmax } from '../attention/softmax';
import type { Capture } from '../capture/capture';
import { tokenizerOf } from '../capture/madeWith';
import { checkIndex } from '../capture/mapSource';
import { outputsOf } from '../capture/outputs';
import type { ModelStore } from '../store/modelStore';
import { entryText } from '../tokenizer/vocabularyText';
import { sample } from './sampling';

/**
 * The distribution that the next token is drawn from: the logits at one token, as they are and after
 * temperature, top-k and top-p. In a masked language model it is of the token itself.
 * @throws InspectorError `not-captured` where the run has no logits
 */
export async function distribution(
  capture: Capture,
  params: DistributionParams,
  store: ModelStore,
): Promise<Distribution> {
  const { token, count } = params;
  const outputs = outputsOf(capture);
  checkIndex('token', token, outputs.tokens);
  const logits = outputs.at(token);
  checkLogits(logits, token);
  const plain = logSoftmax(logits);
  const { logs, kept, mass, entropy } = sample(logits, params);
  const tokenizer = await tokenizerOf(capture, store);
  const candidates = largestIndices(plain, count).map((id, rank) => ({
    id,
    text: entryText(tokenizer, id),
    logit: logits[id] ?? NaN,
    probability: Math.exp(plain[id] ?? NaN),
    sampled: rank < kept ? Math.exp(logs[id] ?? NaN) / mass : 0,
  }));
  return { token, candidates, kept, vocabulary: outputs.vocabulary, entropy };
}

function checkLogits(logits: Float32Array, token: number): void {
  const isBroken = logits.some(logit => Number.isNaN(logit) || logit === Infinity);
  if (!isBroken && logits.some(logit => logit > -Infinity)) return;
  throw new InspectorError(
    'not-captured',
    `The output at token ${token} is not a number, so nothing can be drawn from it. Choose another token or another model.`,
  );
}
