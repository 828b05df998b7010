import type { Configuration } from '../source/configuration';
import type { Config } from './config';
import type { Norm } from './graph/spec';

/** What a type of the Llama line does differently from Llama. */
export interface LlamaVariant {
  /** What its configuration means where it says nothing. */
  readonly defaults?: Configuration;
  readonly norm?: Partial<Norm> | 'weightless';
  /** Where norms are: before attention and MLP, on what they give, both, or one for both at once. */
  readonly norms?: 'post' | 'both' | 'parallel';
  readonly normNames?: Partial<NormNames>;
  readonly qkNorm?: {
    readonly over: 'head' | 'all';
    readonly names?: readonly [query: string, key: string];
    readonly afterRope?: boolean;
  };
  /** Embeddings are multiplied with √width, and GELU is its approximation. */
  readonly isGemma?: boolean;
  /** Queries, keys and values in `qkv_proj`. */
  readonly fusedQkv?: boolean;
  /** Gate and up in `gate_up_proj`. */
  readonly fusedGateUp?: boolean;
  /** An MLP without a gate. */
  readonly plainMlp?: readonly [up: string, down: string];
  readonly outputName?: string;
  /** Rotated pairs are neighbours. */
  readonly interleaved?: boolean;
  /** The part of each head that is rotated, where the configuration says nothing of it. */
  readonly rotatedPart?: number;
  /** Rotary positions are scaled on layers without a window only. */
  readonly scalesGlobalOnly?: boolean;
  /** Layers without rotary positions. */
  readonly isUnrotated?: (c: Config, layer: number, window: number | undefined) => boolean;
  /** Layers with a window, where `layer_types` does not say; left out for types that have none. */
  readonly hasWindow?: (c: Config, layer: number) => boolean;
  /** Fields that ask for something else than is built, unless they have this value. */
  readonly mustBe?: Readonly<Record<string, unknown>>;
}

/** Below a layer, and the last norm. */
export interface NormNames {
  readonly beforeAttention: string;
  readonly afterAttention: string;
  readonly beforeMlp: string;
  readonly afterMlp: string;
  readonly last: string;
}

const layerNorm = { kind: 'layer' } as const;
const always = () => true;
/** All but every so many-th layer. */
const butEvery =
  (standard: number, ...fields: string[]) =>
  (c: Config, layer: number) =>
    (layer + 1) % (c.optionalSize(...fields) ?? standard) !== 0;
const fromLayer = (c: Config, layer: number) => layer >= (c.optional('max_window_layers') ?? 28);
const noRope = (c: Config, layer: number) => {
  const isRotated = c.list('no_rope_layers')?.[layer];
  if (isRotated === undefined) return !butEvery(4, 'no_rope_layer_interval')(c, layer);
  return isRotated === 0;
};

const gemma = { isGemma: true, norm: { plusOne: true } } as const;
const noBidirection = { use_bidirectional_attention: false };
const glmSizes = { head_dim: 128, rms_norm_eps: 1.5625e-7 };
const windowOnRequest = { use_sliding_window: false };
const windowed = { head_dim: 256, query_pre_attn_scalar: 256, sliding_window: 4096 };

/** The types of the Llama line by `model_type`. */
export const llamaVariants: Readonly<Record<string, LlamaVariant>> = {
  llama: {},
  mistral: { hasWindow: always },
  ministral: { hasWindow: always },
  seed_oss: { defaults: { head_dim: 128 } },
  arcee: { defaults: { hidden_act: 'relu2' }, plainMlp: ['up_proj', 'down_proj'] },
  granite: { defaults: { attention_multiplier: 1 } },
  helium: {
    defaults: { rope_theta: 100000, rms_norm_eps: 1e-8, head_dim: 128 },
    interleaved: true,
  },
  ernie4_5: { defaults: { rope_theta: 500000, head_dim: 128 }, interleaved: true },
  qwen2: { defaults: windowOnRequest, hasWindow: fromLayer },
  qwen3: {
    defaults: { ...windowOnRequest, head_dim: 128 },
    hasWindow: fromLayer,
    qkNorm: { over: 'head' },
  },
  smollm3: {
    defaults: { ...windowOnRequest, rope_theta: 2e6 },
    isUnrotated: noRope,
    hasWindow: noRope,
  },
  gemma: { ...gemma, defaults: { head_dim: 256 }, mustBe: noBidirection },
  gemma2: {
    ...gemma,
    defaults: { ...windowed, attn_logit_softcapping: 50, final_logit_softcapping: 30 },
    norms: 'both',
    hasWindow: (_, layer) => layer % 2 === 0,
    mustBe: noBidirection,
  },
  gemma3_text: {
    ...gemma,
    defaults: { ...windowed, rope_theta: 1e6, rope_local_base_freq: 10000 },
    norms: 'both',
    qkNorm: { over: 'head' },
    scalesGlobalOnly: true,
    hasWindow: butEvery(6, 'sliding_window_pattern', '_sliding_window_pattern'),
    mustBe: noBidirection,
  },
  phi: {
    defaults: { hidden_act: 'gelu_new', layer_norm_eps: 1e-5 },
    norm: layerNorm,
    norms: 'parallel',
    normNames: { last: 'final_layernorm' },
    plainMlp: ['fc1', 'fc2'],
    outputName: 'dense',
    rotatedPart: 0.5,
  },
  phi3: { fusedQkv: true, fusedGateUp: true, hasWindow: always, defaults: { rms_norm_eps: 1e-5 } },
  olmo: { norm: 'weightless' },
  olmo2: { defaults: { rms_norm_eps: 1e-5 }, norms: 'post', qkNorm: { over: 'all' } },
  olmo3: {
    defaults: { rms_norm_eps: 1e-5, rope_theta: 500000, sliding_window: 4096 },
    norms: 'post',
    qkNorm: { over: 'all' },
    scalesGlobalOnly: true,
    hasWindow: butEvery(4),
  },
  olmoe: { defaults: { rms_norm_eps: 1e-5, norm_topk_prob: false }, qkNorm: { over: 'all' } },
  cohere: {
    defaults: { logit_scale: 0.0625, layer_norm_eps: 1e-5, rope_theta: 500000 },
    norm: layerNorm,
    norms: 'parallel',
    qkNorm: { over: 'head' },
    interleaved: true,
  },
  cohere2: {
    defaults: { logit_scale: 0.0625, layer_norm_eps: 1e-5, sliding_window: 4096 },
    norm: layerNorm,
    norms: 'parallel',
    interleaved: true,
    hasWindow: butEvery(4, 'sliding_window_pattern'),
    isUnrotated: (_c, _layer, window) => window === undefined,
  },
  stablelm: {
    defaults: { layer_norm_eps: 1e-5 },
    norm: layerNorm,
    rotatedPart: 0.25,
    mustBe: { qk_layernorm: false, use_parallel_residual: false },
  },
  starcoder2: {
    defaults: { hidden_act: 'gelu_pytorch_tanh', norm_epsilon: 1e-5 },
    norm: layerNorm,
    plainMlp: ['c_fc', 'c_proj'],
    hasWindow: always,
  },
  nemotron: {
    defaults: { hidden_act: 'relu2', norm_eps: 1e-5 },
    norm: { ...layerNorm, plusOne: true },
    plainMlp: ['up_proj', 'down_proj'],
    rotatedPart: 0.5,
  },
  glm: { defaults: glmSizes, interleaved: true, fusedGateUp: true, rotatedPart: 0.5 },
  glm4: {
    defaults: glmSizes,
    norms: 'both',
    normNames: {
      afterAttention: 'post_self_attn_layernorm',
      beforeMlp: 'post_attention_layernorm',
      afterMlp: 'post_mlp_layernorm',
    },
    interleaved: true,
    fusedGateUp: true,
    rotatedPart: 0.5,
  },
  exaone4: {
    defaults: { rms_norm_eps: 1e-5, sliding_window: 4096 },
    norms: 'post',
    qkNorm: { over: 'head' },
    hasWindow: butEvery(4, 'sliding_window_pattern'),
    isUnrotated: (c, _, window) =>
      c.optional('sliding_window') !== undefined && window === undefined,
  },
  hunyuan_v1_dense: {
    defaults: { rms_norm_eps: 1e-5 },
    qkNorm: { over: 'head', names: ['query_layernorm', 'key_layernorm'], afterRope: true },
  },
  mixtral: { defaults: { rms_norm_eps: 1e-5, rope_theta: 1e6 }, hasWindow: always },
  qwen3_moe: {
    defaults: { ...windowOnRequest, norm_topk_prob: false },
    qkNorm: { over: 'head' },
    hasWindow: always,
  },
  qwen2_moe: {
    defaults: { ...windowOnRequest, norm_topk_prob: false },
    hasWindow: fromLayer,
  },
  granitemoe: { defaults: { attention_multiplier: 1 } },
  phimoe: {
    defaults: { rms_norm_eps: 1e-5, rope_theta: 1e6 },
    norm: layerNorm,
    hasWindow: always,
    mustBe: { num_experts_per_tok: 2 },
  },
  gpt_oss: {
    defaults: { rms_norm_eps: 1e-5, rope_theta: 150000, head_dim: 64, sliding_window: 128 },
    hasWindow: (_, layer) => layer % 2 === 0,
    mustBe: { swiglu_alpha: 1.702 },
  },
};
