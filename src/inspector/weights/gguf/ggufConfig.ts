import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import type { GgufArchitecture } from './ggufArchitectures';
import type { GgufMetadata } from './ggufMetadata';
import type { GgufParts } from './ggufParts';
import { ggufRope } from './ggufRope';

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
  rms_norm_eps: 'attention.layer_norm_rms_epsilon',
  layer_norm_eps: 'attention.layer_norm_epsilon',
  sliding_window: 'attention.sliding_window',
  attention_multiplier: 'attention.scale',
  attn_logit_softcapping: 'attn_logit_softcapping',
  final_logit_softcapping: 'final_logit_softcapping',
  clip_qkv: 'attention.clamp_kqv',
};
/** Without these there is no model. */
const NEEDED = ['block_count', 'embedding_length', 'feed_forward_length', 'attention.head_count'];
const EPSILONS = ['attention.layer_norm_rms_epsilon', 'attention.layer_norm_epsilon'];
/** Types whose heads are as wide as all of them have room, each with keys of its own. */
const PLAIN_HEADS = new Set(['gpt2', 'gpt_neox', 'bloom', 'bert']);
/** Types that know positions by other means. */
const UNROTATED = new Set(['gpt2', 'bloom', 'bert']);

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
  const { fields, spelling = {} } = architecture;
  const value = (key: string) => metadata.ofModel(key);
  checkNeeded(metadata, tensors.size);
  refuseUnknownComputing(metadata, architecture);
  const type = architecture.typeOf?.(value) ?? architecture.type;
  const width = (value('embedding_length') ?? 0) / (value('attention.head_count') ?? 1);
  const headDim = value('attention.key_length') ?? width;
  const config: Record<string, unknown> = { model_type: type };
  for (const [field, key] of Object.entries(FIELDS)) {
    if (field === 'num_key_value_heads' && PLAIN_HEADS.has(type)) continue;
    config[spelling[field] ?? field] = value(key);
  }
  return withoutGaps({
    ...config,
    ...(PLAIN_HEADS.has(type) ? {} : { head_dim: headDim }),
    vocab_size: tensors.get('token_embd.weight')?.dims[0],
    tie_word_embeddings: !tensors.has('output.weight'),
    use_parallel_residual: metadata.flag(`${metadata.architecture}.use_parallel_residual`),
    ...(UNROTATED.has(type)
      ? {}
      : { rope_parameters: withoutGaps(ggufRope(metadata, type, headDim, tensors)) }),
    ...fields?.(value, headDim),
  });
}

function checkNeeded(metadata: GgufMetadata, tensors: number): void {
  const isMissing = (key: string) => metadata.ofModel(key) === undefined;
  const missing = NEEDED.find(isMissing) ?? (EPSILONS.every(isMissing) ? EPSILONS[0] : undefined);
  if (missing !== undefined) {
    throw new InspectorError(
      'model-broken',
      `${metadata.name} lacks “${shortened(metadata.architecture)}.${missing}”: convert the model again with a current llama.cpp.`,
    );
  }
  const layers = metadata.ofModel('block_count') ?? 0;
  if (layers <= tensors) return;
  throw new InspectorError(
    'model-broken',
    `${metadata.name} claims ${layers} layers and holds ${tensors} tensors: download it again.`,
  );
}

/** Refuses what asks for a computation that is not built. */
function refuseUnknownComputing(metadata: GgufMetadata, { type }: GgufArchitecture): void {
  const experts = metadata.ofModel('expert_count') ?? 0;
  const isCausal = metadata.flag(`${metadata.architecture}.attention.causal`) ?? true;
  const [keys, values] = ['key', 'value'].map(each => metadata.ofModel(`attention.${each}_length`));
  const what =
    experts > 0
      ? `has ${experts} experts in a layer, and GGUF files of such models are not read`
      : !isCausal && type !== 'bert'
        ? 'attends in both directions, which models of its architecture do not'
        : keys !== undefined && values !== undefined && keys !== values
          ? `has keys of ${keys} and values of ${values} dimensions, which are not read`
          : undefined;
  if (what === undefined) return;
  throw new InspectorError(
    'model-unsupported',
    `${metadata.name} ${what}: export the model to ONNX instead, as docs/exporting.md shows.`,
  );
}

function withoutGaps(fields: GgufConfig): GgufConfig {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, isSection(value) ? withoutGaps(value) : value]),
  );
}

function isSection(value: unknown): value is GgufConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
