import { isObject, type Json } from './tokenizerFiles';

/** `model` of a tokenizer.json; empty where it has none. */
export function modelOf({ model }: Json): Json {
  return isObject(model) ? model : {};
}

/** Byte-pair encoding with the file's vocabulary and merges and other flags than the file's. */
export function bpeOf(json: Json, flags: Json): Json {
  const { vocab, merges } = modelOf(json);
  return { type: 'BPE', vocab, merges, ...flags };
}

/** A Metaspace of `▁`. */
export function metaspace(scheme: 'always' | 'first' | 'never', splits: boolean): Json {
  return { type: 'Metaspace', replacement: '▁', prepend_scheme: scheme, split: splits };
}
