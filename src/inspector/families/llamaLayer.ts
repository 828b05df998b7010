import { InspectorError } from '../../protocol/errors';
import { shortened } from '../files/shortened';
import type { Weights } from '../weights/weights';
import { headSize, separate } from './common';
import type { Config } from './config';
import type { Attention, Layer, Mlp, Norm, Projections, Rope } from './graph/spec';
import { expertsOf } from './llamaExperts';
import type { LlamaVariant, NormNames } from './llamaVariants';
import { rope } from './rope';

/** What the layers of one model have in common. */
export interface LlamaModel {
  readonly config: Config;
  readonly weights: Weights;
  readonly variant: LlamaVariant;
  readonly width: number;
  readonly norm: (name: string) => Norm;
  readonly activation: string;
  /** Rotary positions by the type of a layer. */
  readonly ropes: Map<string, Rope>;
}

const FULL = 'full_attention';
const SLIDING = 'sliding_attention';

/** @param at the name of the layer */
export function llamaLayer(model: LlamaModel, layer: number, at: string): Layer {
  const { config, weights, variant, norm, activation } = model;
  const { norms } = variant;
  const names = namesOf(variant);
  const normed = (name: keyof NormNames) => norm(`${at}.${names[name]}`);
  const residualScale = config.optional('residual_multiplier');
  return {
    order: norms === 'parallel' ? 'parallel' : 'pre',
    ...(norms === 'post' ? {} : { attentionNorm: normed('beforeAttention') }),
    attention: attentionOf(model, layer, `${at}.self_attn`),
    ...(norms === 'post' || norms === 'both'
      ? {
          attentionOutputNorm: normed('afterAttention'),
          mlpOutputNorm: normed('afterMlp'),
        }
      : {}),
    ...(norms === 'post'
      ? {}
      : { mlpNorm: normed(norms === 'parallel' ? 'beforeAttention' : 'beforeMlp') }),
    mlp: expertsOf(config, weights, at, activation) ?? mlpOf(model, `${at}.mlp`),
    ...(residualScale === undefined ? {} : { residualScale }),
  };
}

/** The names of a type's norms: Gemma calls the one before the MLP by another name. */
export function namesOf({ norms, normNames }: LlamaVariant): NormNames {
  return {
    beforeAttention: 'input_layernorm',
    afterAttention: 'post_attention_layernorm',
    beforeMlp: norms === 'both' ? 'pre_feedforward_layernorm' : 'post_attention_layernorm',
    afterMlp: 'post_feedforward_layernorm',
    last: 'norm',
    ...normNames,
  };
}

function attentionOf(model: LlamaModel, layer: number, at: string): Attention {
  const { config, variant, width } = model;
  const heads = config.size('num_attention_heads');
  const keyHeads = config.optionalSize('num_key_value_heads') ?? heads;
  const headDim = config.optionalSize('head_dim') ?? headSize(width, heads);
  const layerType = layerTypeOf(config, variant, layer);
  const window = layerType === SLIDING ? windowOf(config) : undefined;
  const queryScale = config.optional('query_pre_attn_scalar') ?? headDim;
  const softCap = config.optional('attn_logit_softcapping');
  const clip = config.optional('clip_qkv');
  const sinks = `${at}.sinks`;
  return {
    heads,
    keyHeads,
    headDim,
    scale: config.optional('attention_multiplier') ?? queryScale ** -0.5,
    projections: projectionsOf(variant, at, heads * headDim, keyHeads * headDim),
    output: { name: `${at}.${variant.outputName ?? 'o_proj'}` },
    ...qkNormOf(model, at),
    ...(variant.isUnrotated?.(config, layer, window)
      ? {}
      : { rope: ropeOf(model, layerType, headDim) }),
    ...(softCap === undefined ? {} : { softCap }),
    ...(clip === undefined ? {} : { clip }),
    ...(model.weights.get(sinks) ? { sinks } : {}),
    mask: { causal: true, ...(window === undefined ? {} : { window }) },
  };
}

function projectionsOf(
  { fusedQkv }: LlamaVariant,
  at: string,
  querySize: number,
  keySize: number,
): Projections {
  if (!fusedQkv) return separate(at, 'q_proj', 'k_proj', 'v_proj');
  const rows = (from: number, to: number) => ({
    name: `${at}.qkv_proj`,
    rows: [from, to] as const,
  });
  return {
    kind: 'separate',
    query: rows(0, querySize),
    key: rows(querySize, querySize + keySize),
    value: rows(querySize + keySize, querySize + 2 * keySize),
  };
}

function qkNormOf(
  { variant: { qkNorm }, weights, norm }: LlamaModel,
  at: string,
): Pick<Attention, 'qkNorm'> {
  const [query, key] = qkNorm?.names ?? ['q_norm', 'k_norm'];
  // Some models of a type have them and some do not (Cohere).
  if (!qkNorm || weights.get(`${at}.${query}.weight`) === undefined) return {};
  const { over, afterRope } = qkNorm;
  return {
    qkNorm: {
      query: norm(`${at}.${query}`),
      key: norm(`${at}.${key}`),
      over,
      ...(afterRope ? { afterRope } : {}),
    },
  };
}

function ropeOf({ config, variant, ropes }: LlamaModel, layerType: string, headDim: number): Rope {
  const known = ropes.get(layerType);
  if (known) return known;
  const { interleaved, rotatedPart: part, scalesGlobalOnly } = variant;
  const made = rope(config, headDim, {
    layerType,
    ...(part === undefined ? {} : { part }),
    ...(interleaved ? { interleaved } : {}),
    ...(scalesGlobalOnly ? { scalesGlobalOnly } : {}),
  });
  ropes.set(layerType, made);
  return made;
}

function layerTypeOf(config: Config, variant: LlamaVariant, layer: number): string {
  if (!variant.hasWindow) return FULL;
  const said = config.list('layer_types')?.[layer];
  if (said === undefined) return variant.hasWindow(config, layer) ? SLIDING : FULL;
  if (said === FULL || said === SLIDING) return said;
  throw new InspectorError(
    'model-unsupported',
    `Layers of the type ${shortened(JSON.stringify(said))} in config.json are not built from their ` +
      'weights: export the model to ONNX and open that.',
  );
}

/** How far layers with a window see; Qwen may have a window that it does not use. */
function windowOf(config: Config): number | undefined {
  return config.flag('use_sliding_window', true)
    ? config.optionalSize('sliding_window')
    : undefined;
}

function mlpOf({ config, variant, activation }: LlamaModel, at: string): Mlp {
  const inner = config.size('intermediate_size');
  const part = (name: string) => ({ name: `${at}.${name}` });
  const half = (first: number) => ({
    name: `${at}.gate_up_proj`,
    rows: [first, first + inner] as const,
  });
  if (variant.plainMlp) {
    const [up, down] = variant.plainMlp;
    return { up: part(up), down: part(down), inner, activation };
  }
  return {
    gate: variant.fusedGateUp ? half(0) : part('gate_proj'),
    up: variant.fusedGateUp ? half(inner) : part('up_proj'),
    down: part('down_proj'),
    inner,
    activation,
  };
}
