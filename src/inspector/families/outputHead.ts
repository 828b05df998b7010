import type { Weights } from '../weights/weights';
import type { Config } from './config';
import type { Head } from './graph/spec';

/**
 * Logits of a language model: an output matrix of its own where one is stored, whatever
 * `tie_word_embeddings` says, or the embeddings again.
 * @param tied full name of the embeddings
 * @param own full name, without `.weight`, under which a matrix of its own is stored
 */
export function outputHead(c: Config, weights: Weights, tied: string, own = 'lm_head'): Head {
  // Granite divides by what Cohere multiplies with.
  const divisor = c.optional('logits_scaling');
  const factor = c.optional('logit_scale') ?? (divisor === undefined ? undefined : 1 / divisor);
  const softCap = c.optional('final_logit_softcapping');
  return {
    weight: weights.get(`${own}.weight`) ? `${own}.weight` : tied,
    ...(weights.get(`${own}.bias`) ? { bias: `${own}.bias` } : {}),
    ...(factor === undefined ? {} : { outputScale: factor }),
    ...(softCap === undefined ? {} : { softCap }),
  };
}
