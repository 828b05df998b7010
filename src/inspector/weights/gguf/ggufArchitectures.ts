import type { GgufMetadata } from './ggufMetadata';
import * as names from './ggufNames';
import type { GgufNames } from './ggufNames';

/** How the converters of llama.cpp change what a checkpoint holds. */
export interface GgufConventions {
  /** Rows of queries and keys are ordered so that neighbours turn together: halves apart there. */
  readonly permuted?: boolean;
  /** Norms of a factor 1 + w hold it with the 1. */
  readonly normsHoldOne?: boolean;
  /** Matrices that checkpoints have as `[in, out]` are `[out, in]`. */
  readonly transposed?: boolean;
  /** Fused matrices hold all queries, all keys, all values instead of those of each head. */
  readonly columns?: boolean;
}

/** An architecture of GGUF files as a type of Hugging Face's models. */
export interface GgufArchitecture {
  /** `model_type`. */
  readonly type: string;
  /** Another one by the file's numbers, where an architecture stands for several. */
  readonly typeOf?: (value: Value) => string | undefined;
  readonly names: GgufNames;
  readonly conventions: GgufConventions;
  /** Names that its config.json has for the usual fields, where they are others. */
  readonly spelling?: Readonly<Record<string, string>>;
  /** Fields of config.json that files do not have, or have in a way of their own. */
  readonly fields?: (value: Value, headDim: number) => Readonly<Record<string, unknown>>;
}

/** A number of the file by its key behind the architecture's name. */
type Value = (key: string) => number | undefined;

const NONE: GgufConventions = {};
const PERMUTED: GgufConventions = { permuted: true };
const GEMMA: GgufConventions = { normsHoldOne: true };

const N_NAMES = {
  num_hidden_layers: 'n_layer',
  num_attention_heads: 'n_head',
  hidden_size: 'n_embd',
  max_position_embeddings: 'n_positions',
  intermediate_size: 'n_inner',
  layer_norm_eps: 'layer_norm_epsilon',
};

/** Scores of the largest models are not scaled by the width of a head but by that of the states. */
const scalar =
  (largest: number) =>
  (value: Value): number | undefined =>
    value('block_count') === largest
      ? (value('embedding_length') ?? 0) / (value('attention.head_count') ?? 1)
      : value('attention.key_length');

/** By `general.architecture`. */
const ARCHITECTURES: Readonly<Record<string, GgufArchitecture>> = {
  llama: { type: 'llama', names: names.LLAMA, conventions: PERMUTED },
  mistral3: { type: 'mistral', names: names.LLAMA, conventions: PERMUTED },
  granite: {
    type: 'granite',
    names: names.LLAMA,
    conventions: PERMUTED,
    fields: (value, headDim) => ({
      embedding_multiplier: value('embedding_scale'),
      residual_multiplier: value('residual_scale'),
      attention_multiplier: value('attention.scale') ?? headDim ** -0.5,
      logits_scaling: value('logit_scale'),
    }),
  },
  smollm3: {
    type: 'smollm3',
    names: names.LLAMA,
    conventions: PERMUTED,
    fields: () => ({ no_rope_layer_interval: 4 }),
  },
  qwen2: { type: 'qwen2', names: names.LLAMA, conventions: NONE },
  qwen3: { type: 'qwen3', names: names.LLAMA, conventions: NONE },
  gemma: {
    type: 'gemma',
    names: names.LLAMA,
    conventions: GEMMA,
    fields: () => ({ hidden_activation: 'gelu_pytorch_tanh' }),
  },
  gemma2: {
    type: 'gemma2',
    names: names.GEMMA2,
    conventions: GEMMA,
    fields: value => ({
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: scalar(46)(value),
    }),
  },
  gemma3: {
    type: 'gemma3_text',
    names: names.GEMMA2,
    conventions: GEMMA,
    fields: value => ({
      hidden_activation: 'gelu_pytorch_tanh',
      query_pre_attn_scalar: scalar(62)(value),
      sliding_window_pattern: 6,
    }),
  },
  phi3: { type: 'phi3', names: names.PHI3, conventions: NONE },
  phi2: {
    type: 'phi',
    names: names.PHI2,
    conventions: NONE,
    fields: () => ({ hidden_act: 'gelu_new' }),
  },
  starcoder2: {
    type: 'starcoder2',
    names: names.STARCODER2,
    conventions: NONE,
    fields: () => ({ hidden_act: 'gelu_pytorch_tanh' }),
  },
  olmo2: {
    type: 'olmo2',
    // OLMo 3 has windows, and the same architecture.
    typeOf: value => (value('attention.sliding_window') === undefined ? undefined : 'olmo3'),
    names: names.OLMO2,
    conventions: NONE,
  },
  glm4: { type: 'glm4', names: names.GLM4, conventions: NONE },
  gpt2: {
    type: 'gpt2',
    names: names.GPT2,
    conventions: { transposed: true },
    spelling: N_NAMES,
    fields: () => ({ activation_function: 'gelu_new' }),
  },
  gptneox: {
    type: 'gpt_neox',
    names: names.GPT_NEOX,
    conventions: { columns: true },
    fields: () => ({ hidden_act: 'gelu' }),
  },
  bloom: {
    type: 'bloom',
    names: names.BLOOM,
    conventions: { columns: true },
    spelling: {
      num_hidden_layers: 'n_layer',
      num_attention_heads: 'n_head',
      layer_norm_eps: 'layer_norm_epsilon',
    },
  },
  bert: {
    type: 'bert',
    names: names.BERT,
    conventions: NONE,
    fields: () => ({ hidden_act: 'gelu' }),
  },
};

/** What is known of an architecture, if it is. */
export function ggufArchitecture({ architecture }: GgufMetadata): GgufArchitecture | undefined {
  return Object.hasOwn(ARCHITECTURES, architecture) ? ARCHITECTURES[architecture] : undefined;
}
