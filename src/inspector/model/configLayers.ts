import type { Stack } from '../../protocol/model';
import type { LayerPlan } from '../onnx/stream/layerNumbers';
import type { LayerPlans } from '../onnx/stream/residualStream';

type Config = Readonly<Record<string, unknown>>;

const usual = ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers'];
const names: Readonly<Record<Stack, readonly string[]>> = {
  encoder: ['encoder_layers', 'num_encoder_layers', ...usual],
  decoder: ['decoder_layers', 'num_decoder_layers', ...usual],
};
/** Configurations with more layers than this are none. */
const MOST_LAYERS = 4096;

/**
 * What a configuration says of the layers of a graph.
 * @param only the stack, where the graph holds one half of a model
 */
export function layerPlans(config: Config, only?: Stack): LayerPlans {
  const inner = config.text_config;
  const own = typeof inner === 'object' && inner !== null ? { ...config, ...inner } : config;
  const isPair = only !== undefined || own.is_encoder_decoder === true;
  const halves = only ? names[only] : [...names.decoder, ...names.encoder];
  return {
    encoder: isPair ? planOf(own, names.encoder) : {},
    main: planOf(own, isPair ? halves : [...usual, 'encoder_layers', 'decoder_layers']),
  };
}

/** Whether a model predicts each next token from those before it, by the class in its configuration. */
export function predictsNext(config: Config): boolean {
  const { architectures, is_causal: isCausal, use_bidirectional_attention: isBoth } = config;
  const [name] = Array.isArray(architectures) ? (architectures as unknown[]) : [];
  const isLanguageModel = typeof name === 'string' && /CausalLM$|LMHeadModel$/.test(name);
  return isLanguageModel && isCausal !== false && isBoth !== true;
}

/** What a configuration says of the layers that read pixels, which may have a part of their own in it. */
export function picturePlan(config: Config): LayerPlan {
  const inner = config.vision_config;
  return planOf(typeof inner === 'object' && inner !== null ? { ...inner } : config, usual);
}

function planOf(config: Config, keys: readonly string[]): LayerPlan {
  const counts = [...new Set(keys.map(key => config[key]).filter(isCount))];
  const types = typesOf(config, counts[0]);
  const mixers = mixersOf(config, types, counts[0] ?? 0);
  return {
    ...(counts.length ? { counts } : {}),
    ...(types ? { types } : {}),
    ...(mixers ? { mixers } : {}),
  };
}

/** What the layers of a hybrid that do not attend are, by the type of the model. */
const byModel: Readonly<Record<string, string>> = {
  bamba: 'Mamba-2',
  falcon_h1: 'Mamba-2',
  granitemoehybrid: 'Mamba-2',
  jamba: 'Mamba',
  kimi_linear: 'Kimi delta attention',
  lfm2: 'short convolution',
  lfm2_moe: 'short convolution',
  minimax: 'lightning attention',
  nemotron_h: 'Mamba-2',
  olmo_hybrid: 'gated delta net',
  qwen3_5_moe_text: 'gated delta net',
  qwen3_5_text: 'gated delta net',
  qwen3_next: 'gated delta net',
  recurrent_gemma: 'recurrence (RG-LRU)',
  zamba: 'Mamba',
  zamba2: 'Mamba-2',
};
/** The same by what the list of layers calls them. */
const byType: Readonly<Record<string, string>> = {
  conv: 'convolution',
  linear_attention: 'linear attention',
  mamba: 'Mamba',
  mamba2: 'Mamba-2',
  recurrent: 'recurrence',
};

function mixersOf(
  { model_type: model }: Config,
  types: readonly string[] | undefined,
  count: number,
): LayerPlan['mixers'] {
  const own =
    typeof model === 'string' && Object.hasOwn(byModel, model) ? byModel[model] : undefined;
  if (!types) return own === undefined ? undefined : Array.from({ length: count }, () => own);
  return types.map(type => own ?? (Object.hasOwn(byType, type) ? byType[type] : undefined));
}

/** What each layer is, in the ways in which hybrids say it. */
function typesOf(config: Config, count: number | undefined): readonly string[] | undefined {
  for (const key of ['layer_types', 'layers_block_type']) {
    const list: unknown = config[key];
    const isList = Array.isArray(list) && list.length <= MOST_LAYERS;
    if (isList && list.every(type => typeof type === 'string')) return list;
  }
  const pattern = config.hybrid_override_pattern;
  if (typeof pattern === 'string' && pattern.length <= MOST_LAYERS) {
    return Array.from(pattern, letter => (letter === '*' ? 'attention' : 'other'));
  }
  const attends = attending(config);
  if (!attends || count === undefined) return undefined;
  return Array.from({ length: count }, (_, layer) => (attends(layer) ? 'attention' : 'other'));
}

function attending(config: Config): ((layer: number) => boolean) | undefined {
  for (const key of ['attn_layer_indices', 'attn_layer_idx', 'full_attn_idxs']) {
    const list: unknown = config[key];
    if (Array.isArray(list)) return layer => list.includes(layer);
  }
  const { full_attention_interval: interval, attn_layer_period: period } = config;
  if (isCount(interval)) return layer => (layer + 1) % interval === 0;
  const offset = config.attn_layer_offset;
  if (isCount(period) && typeof offset === 'number') return layer => layer % period === offset;
  return undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MOST_LAYERS;
}
