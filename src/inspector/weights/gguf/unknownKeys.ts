import type { GgufMetadata } from './ggufMetadata';

/** Keys behind the architecture's name that are read, or change nothing that is computed here. */
const KNOWN = new Set(
  `vocab_size context_length embedding_length block_count feed_forward_length use_parallel_residual
  expert_count expert_used_count logit_scale embedding_scale residual_scale pooling_type
  tensor_data_layout attn_logit_softcapping final_logit_softcapping
  attention.head_count attention.head_count_kv attention.key_length attention.value_length
  attention.layer_norm_epsilon attention.layer_norm_rms_epsilon attention.causal attention.scale
  attention.sliding_window attention.sliding_window_pattern attention.clamp_kqv
  attention.max_alibi_bias rope.dimension_count rope.freq_base rope.freq_base_swa
  rope.global.freq_base rope.local.freq_base rope.scaling.type rope.scaling.factor
  rope.scaling.original_context_length rope.scaling.attn_factor rope.scaling.finetuned
  rope.scaling.yarn_beta_fast rope.scaling.yarn_beta_slow`.split(/\s+/),
);
/** About images and sounds. */
const OTHER_SENSES = /^(vision|mm|audio)\./;

/** Keys about the model that are not known, without the architecture's name: they may ask for something. */
export function unknownKeys(metadata: GgufMetadata): readonly string[] {
  const start = `${metadata.architecture}.`;
  return metadata.keys
    .filter(key => key.startsWith(start))
    .map(key => key.slice(start.length))
    .filter(key => !KNOWN.has(key) && !OTHER_SENSES.test(key));
}
