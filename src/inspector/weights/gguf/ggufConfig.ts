import { basename } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import type { GgufArchitecture } from './ggufArchitectures';
import type { GgufMetadata } from './ggufMetadata';
import type { GgufParts } from './ggufParts';
import { readNumbers } from './readNumbers';

/** What a GGUF file says of its model, as `config.json` says it. */
export type GgufConfig = Readonly<Record<string, unknown>>;

/** Fields of config.json and the keys behind the architecture's name that hold them. */
const FIELDS: Readonly<Record<string, string>> = {
  num_hidden_layers: 'block_count',
  hidden_size: 'embedding_length',
  intermediate_size: 'feed_forward_length',
  num_attention_heads: 'attention.head_count',
  num_key_value_heads: 'attention.head_count_kv',
  max_position_embeddings: 'context_length',
  head_dim: 'attention.key_length',
  rms_norm_eps: 'attention.layer_norm_rms_epsilon',
  layer_norm_eps: 'attention.layer_norm_epsilon',
  sliding_window: 'attention.sliding_window',
  attn_logit_softcapping: 'attn_logit_softcapping',
  final_logit_softcapping: 'final_logit_softcapping',
  clip_qkv: 'attention.clamp_kqv',
};
/** Without these there is no model. */
const NEEDED = ['block_count', 'embedding_length', 'feed_forward_length', 'attention.head_count'];
/** Types whose configuration has no such fields. */
const WITHOUT_KEY_HEADS = new Set(['gpt2', 'gpt_neox', 'bloom', 'bert']);

/**
 * The configuration of the model in a GGUF file, with Hugging Face's names.
 * @throws InspectorError `model-broken` where a value is missing or of another kind; `model-unsupported`
 * for what cannot be computed
 */
export function ggufConfig(
  metadata: GgufMetadata,
  architecture: GgufArchitecture,
  tensors: GgufParts['tensors'],
): GgufConfig {
  const { type, fields, spelling = {} } = architecture;
  const value = (key: string) => numberOf(metadata, key);
  for (const key of NEEDED) {
    if (value(key) === undefined) throw missing(metadata, key);
  }
  const layers = value('block_count') ?? 0;
  if (layers > tensors.size) {
    throw new InspectorError(
      'model-broken',
      `${nameOf(metadata)} claims ${layers} layers and holds ${tensors.size} tensors: download it again.`,
    );
  }
  refuseExperts(metadata, value('expert_count'));
  const config: Record<string, unknown> = { model_type: type };
  for (const [field, key] of Object.entries(FIELDS)) {
    const isOther = WITHOUT_KEY_HEADS.has(type) && /^(num_key_value_heads|head_dim)$/.test(field);
    if (!isOther) config[spelling[field] ?? field] = value(key);
  }
  const flag = metadata.flag(`${metadata.architecture}.use_parallel_residual`);
  return withoutGaps({
    ...config,
    vocab_size: tensors.get('token_embd.weight')?.dims[0],
    tie_word_embeddings: !tensors.has('output.weight'),
    use_parallel_residual: flag,
    ...(tensors.has('position_embd.weight') || type === 'bloom'
      ? {}
      : { rope_parameters: ropeOf(metadata, type, tensors) }),
    ...fields?.(value),
  });
}

/** Rotary positions in the spelling of transformers 5. */
function ropeOf(metadata: GgufMetadata, type: string, tensors: GgufParts['tensors']): GgufConfig {
  const value = (key: string) => numberOf(metadata, key);
  const scaling = metadata.text(`${metadata.architecture}.rope.scaling.type`) ?? 'none';
  const [short, long] = ['short', 'long'].map(each => tensors.get(`rope_factors_${each}.weight`));
  const headDim =
    value('attention.key_length') ??
    (value('embedding_length') ?? 0) / (value('attention.head_count') ?? 1);
  const turned = value('rope.dimension_count') ?? headDim;
  const base = withoutGaps({
    rope_theta: value('rope.freq_base') ?? 10_000,
    partial_rotary_factor: turned === headDim ? undefined : turned / headDim,
  });
  const scaled = {
    ...base,
    factor: value('rope.scaling.factor'),
    original_max_position_embeddings: value('rope.scaling.original_context_length'),
  };
  const rope = () => {
    if (short && long) {
      return {
        ...scaled,
        rope_type: 'longrope',
        attention_factor: value('rope.scaling.attn_factor'),
        short_factor: [...readNumbers(short)],
        long_factor: [...readNumbers(long)],
      };
    }
    switch (scaling) {
      case 'none':
        return { ...base, rope_type: 'default' };
      case 'linear':
        return { ...base, rope_type: 'linear', factor: value('rope.scaling.factor') };
      case 'yarn':
        return {
          ...scaled,
          rope_type: 'yarn',
          beta_fast: value('rope.scaling.yarn_beta_fast'),
          beta_slow: value('rope.scaling.yarn_beta_slow'),
        };
      default:
        throw new InspectorError(
          'model-unsupported',
          `Rotary positions of the type “${shortened(scaling)}” in ${nameOf(metadata)} are not known: export the model to ONNX instead, as docs/exporting.md shows.`,
        );
    }
  };
  if (type !== 'gemma3_text') return withoutGaps(rope());
  // Layers with a window turn at a base of their own, and are never scaled.
  const local = value('rope.freq_base_swa') ?? 10_000;
  return {
    full_attention: withoutGaps(rope()),
    sliding_attention: { rope_theta: local, rope_type: 'default' },
  };
}

/** A number, or a list of numbers that are all the same, as those of each layer may be. */
function numberOf(metadata: GgufMetadata, name: string): number | undefined {
  const key = `${metadata.architecture}.${name}`;
  if (!metadata.isList(key)) return metadata.number(key);
  const [first, ...others] = metadata.numbers(key) ?? [];
  if (others.every(each => each === first)) return first;
  throw new InspectorError(
    'model-unsupported',
    `The layers of ${nameOf(metadata)} differ in “${name}”, and models whose layers are alike are built from their weights: export the model to ONNX instead, as docs/exporting.md shows.`,
  );
}

function refuseExperts(metadata: GgufMetadata, experts: number | undefined): void {
  if (experts === undefined || experts === 0) return;
  throw new InspectorError(
    'model-unsupported',
    `${nameOf(metadata)} has ${experts} experts in a layer, and GGUF files of such models are not read: export the model to ONNX instead, as docs/exporting.md shows.`,
  );
}

function missing(metadata: GgufMetadata, key: string): InspectorError {
  return new InspectorError(
    'model-broken',
    `${nameOf(metadata)} lacks “${shortened(metadata.architecture)}.${key}”: convert the model again with a current llama.cpp.`,
  );
}

function nameOf({ path }: GgufMetadata): string {
  return shortened(basename(path));
}

function withoutGaps(fields: GgufConfig): GgufConfig {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
