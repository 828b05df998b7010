import type { GgufMetadata } from './ggufMetadata';

/** Kinds of tokens, as the format numbers them. */
export const TokenType = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  byte: 6,
} as const;

/** Tokens that have a part of their own: `tokenizer.ggml.<key>_token_id`. */
const PARTS = {
  bos: 'bos',
  eos: 'eos',
  unk: 'unknown',
  // As the format spells it.
  sep: 'seperator',
  pad: 'padding',
  cls: 'cls',
  mask: 'mask',
  /** Ends a turn of a conversation. */
  eot: 'eot',
  /** Ends a message that goes on. */
  eom: 'eom',
} as const;
export type TokenPart = keyof typeof PARTS;

/** The vocabulary inside a GGUF file. */
export interface GgufVocabulary {
  /** `gpt2` for byte-level BPE, `llama` for SentencePiece's BPE, `bert` for WordPiece, and others. */
  readonly model: string;
  /** By id. */
  readonly tokens: readonly string[];
  /** By id; `normal` where the file says nothing. */
  readonly typeOf: (id: number) => number;
  /** The id that the file gives a part, if there is such a token. */
  readonly idOf: (part: TokenPart) => number | undefined;
  /** Its spelling. */
  readonly spellingOf: (part: TokenPart) => string | undefined;
  /** Whether texts begin with the first token, and end with the last one; undefined where nothing is said. */
  readonly addsBos: boolean | undefined;
  readonly addsEos: boolean | undefined;
}

/** The key of a tokenizer's value. */
export const tokenizerKey = (name: string): string => `tokenizer.ggml.${name}`;

/**
 * The vocabulary of a GGUF file; undefined where it has none.
 * @throws InspectorError `model-broken` where its values are of other kinds
 */
export function ggufVocabulary(metadata: GgufMetadata): GgufVocabulary | undefined {
  const model = metadata.text(tokenizerKey('model'));
  const tokens = metadata.texts(tokenizerKey('tokens'));
  if (model === undefined || tokens === undefined || tokens.length === 0) return undefined;
  const types = metadata.numbers(tokenizerKey('token_type')) ?? [];
  const idOf = (part: TokenPart) => {
    const id = metadata.number(tokenizerKey(`${PARTS[part]}_token_id`));
    return id !== undefined && tokens[id] !== undefined ? id : undefined;
  };
  return {
    model,
    tokens,
    typeOf: id => types[id] ?? TokenType.normal,
    idOf,
    spellingOf(part) {
      const id = idOf(part);
      return id === undefined ? undefined : tokens[id];
    },
    addsBos: metadata.flag(tokenizerKey('add_bos_token')),
    addsEos: metadata.flag(tokenizerKey('add_eos_token')),
  };
}
