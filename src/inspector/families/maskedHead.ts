import type { Weights } from '../weights/weights';
import type { Config } from './config';
import type { Head, Norm } from './graph/spec';

/** What a head over all tokens is called, and how it differs from BERT's. */
interface HeadNames {
  readonly dense: string;
  /** Left out: none. */
  readonly norm?: string;
  /** Its matrix, where it is not the embeddings'. */
  readonly matrix: string;
  /** The first that is stored. */
  readonly bias: readonly string[];
  /** Left out: that of the layers. */
  readonly activation?: string;
  /** Logits of a token, where they are not those of the vocabulary. */
  readonly outputs?: number;
}

const headNames: readonly HeadNames[] = [
  {
    dense: 'cls.predictions.transform.dense',
    norm: 'cls.predictions.transform.LayerNorm',
    matrix: 'cls.predictions.decoder.weight',
    bias: ['cls.predictions.bias', 'cls.predictions.decoder.bias'],
  },
  {
    dense: 'lm_head.dense',
    norm: 'lm_head.layer_norm',
    matrix: 'lm_head.decoder.weight',
    bias: ['lm_head.bias', 'lm_head.decoder.bias'],
    activation: 'gelu',
  },
  {
    dense: 'lm_predictions.lm_head.dense',
    norm: 'lm_predictions.lm_head.LayerNorm',
    matrix: 'lm_predictions.lm_head.decoder.weight',
    bias: ['lm_predictions.lm_head.bias'],
  },
  {
    dense: 'generator_predictions.dense',
    norm: 'generator_predictions.LayerNorm',
    matrix: 'generator_lm_head.weight',
    bias: ['generator_lm_head.bias'],
    activation: 'gelu',
  },
  {
    dense: 'discriminator_predictions.dense',
    matrix: 'discriminator_predictions.dense_prediction.weight',
    bias: ['discriminator_predictions.dense_prediction.bias'],
    outputs: 1,
  },
  {
    dense: 'vocab_transform',
    norm: 'vocab_layer_norm',
    matrix: 'vocab_projector.weight',
    bias: ['vocab_projector.bias'],
  },
  {
    dense: 'predictions.dense',
    norm: 'predictions.LayerNorm',
    matrix: 'predictions.decoder.weight',
    bias: ['predictions.bias', 'predictions.decoder.bias'],
  },
];

/**
 * Heads for other tasks, which take hidden states and give no logits of tokens: without them the
 * model gives its last hidden states. Also a head's bias, stored a second time.
 */
export const taskHeads: readonly RegExp[] = [
  /(^|\.)pooler\./,
  /^cls\.seq_relationship\./,
  /^(pre_)?classifier\./,
  /^qa_outputs\./,
  /^sop_classifier\./,
  /^(cls\.predictions|predictions|lm_head)\.decoder\.bias$/,
];

/**
 * The head of a masked language model, or ELECTRA's over all tokens; undefined where none is stored.
 * @param tied the embeddings, whose matrix it uses where it has none of its own
 */
export function maskedHead(
  c: Config,
  weights: Weights,
  tied: string,
  norm: (name: string) => Norm,
): Head | undefined {
  const names = headNames.find(({ dense }) => weights.get(`${dense}.weight`));
  if (!names) return undefined;
  const bias = names.bias.find(name => weights.get(name));
  return {
    transform: {
      dense: { name: names.dense },
      activation: names.activation ?? c.text('gelu', 'hidden_act', 'activation'),
      ...(names.norm ? { norm: norm(names.norm) } : {}),
    },
    weight: weights.get(names.matrix) ? names.matrix : `${tied}.weight`,
    ...(bias === undefined ? {} : { bias }),
    ...(names.outputs === undefined ? {} : { outputs: names.outputs }),
  };
}
