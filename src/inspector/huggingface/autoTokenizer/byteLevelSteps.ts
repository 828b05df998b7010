import type { Json } from './tokenizerFiles';

/** The usual byte-level pre-tokenizer without `add_prefix_space`. */
export const BYTE_LEVEL = { type: 'ByteLevel', trim_offsets: true, use_regex: true };

const CLIP_MARKS = String.raw`<\|startoftext\|>|<\|endoftext\|>|`;
const CLIP_WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;
const QWEN_WORDS = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/** How CLIP normalises a text and finds its words; the class of transformers 5 keeps its marks whole. */
export function clipSteps(version: 4 | 5): { normalizer: Json; pre_tokenizer: Json } {
  return {
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: String.raw`\s+` }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        split(`${version === 5 ? CLIP_MARKS : ''}${CLIP_WORDS}`, 'Removed', true),
        { ...BYTE_LEVEL, add_prefix_space: false },
      ],
    },
  };
}

/** How Qwen 2 normalises a text and finds its words. */
export function qwenSteps(values: Json): { normalizer: Json; pre_tokenizer: Json } {
  return {
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        split(QWEN_WORDS, 'Isolated', false),
        { ...BYTE_LEVEL, add_prefix_space: values.add_prefix_space ?? false, use_regex: false },
      ],
    },
  };
}

/** A pre-tokenizer that splits by an expression. */
export function split(pattern: string, behavior: string, invert: boolean): Json {
  return { type: 'Split', pattern: { Regex: pattern }, behavior, invert };
}
