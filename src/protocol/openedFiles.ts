/** Suffixes that Optimum and transformers.js give to graphs of another precision, the first one first. */
export const GRAPH_PRECISIONS: readonly string[] = [
  '',
  '_fp16',
  '_int8',
  '_uint8',
  '_quantized',
  '_bnb4',
  '_q4',
  '_q4f16',
  '_q8',
  '_merged_quantized',
];

/** Names of a decoder's graph without their precision, the one to take first. */
export const DECODER_GRAPHS: readonly string[] = [
  'decoder_model',
  'decoder_model_merged',
  'decoder_with_past_model',
];

/** `model_type`s that can be opened from their weights, without a graph. */
export const BUILT_MODEL_TYPES: readonly string[] = [];

/** Whether GGUF files can be opened. */
export const OPENS_GGUF: boolean = false;
