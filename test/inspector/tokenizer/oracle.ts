import { Tokenizer } from 'tokenizers';

/** What the native library (Rust) says, with offsets in UTF-16 units. */
export interface Expected {
  readonly ids: readonly number[];
  readonly offsets: readonly number[];
  readonly tokens: readonly string[];
  readonly typeIds: readonly number[];
}

/** Hugging Face's native library as the reference; it counts code points and refuses lone surrogates. */
export class Oracle {
  private readonly tokenizer: Tokenizer;

  constructor(json: unknown) {
    this.tokenizer = Tokenizer.fromString(JSON.stringify(json));
    this.tokenizer.disableTruncation();
    this.tokenizer.disablePadding();
  }

  async encode(text: string, pair?: string): Promise<Expected> {
    const source = wellFormed(text);
    const encoding = await this.tokenizer.encode(
      source,
      pair === undefined ? null : wellFormed(pair),
    );
    const units = [source, pair ?? ''].map(unitsOfCodePoints);
    const sequences = encoding.getSequenceIds();
    return {
      ids: encoding.getIds(),
      tokens: encoding.getTokens(),
      typeIds: encoding.getTypeIds(),
      offsets: encoding
        .getOffsets()
        .flatMap((range, i) => range.map(point => units[sequences[i] ?? 0]?.[point] ?? -1)),
    };
  }

  normalize(text: string): string {
    return this.tokenizer.getNormalizer()?.normalizeString(wellFormed(text)) ?? wellFormed(text);
  }

  preTokenize(text: string): readonly string[] | undefined {
    return this.tokenizer
      .getPreTokenizer()
      ?.preTokenizeString(text)
      .map(([word]) => word);
  }
}

export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** UTF-16 index of every code point, and of the end. */
function unitsOfCodePoints(text: string): number[] {
  const units = [0];
  let at = 0;
  for (const char of text) units.push((at += char.length));
  return units;
}
