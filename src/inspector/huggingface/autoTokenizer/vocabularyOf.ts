import { isObject, type Json } from './tokenizerFiles';
import type { AddedTokenEntry } from './specialTokens';

/** Ids of a tokenizer.json and what is added to them, as `AddedVocabulary::add_tokens` of the library does. */
export class Vocabulary {
  private readonly size: number;
  private readonly added = new Map<string, { readonly id: number; readonly place: number }>();
  private largest = -1;
  private readonly lookUp: (token: string) => number | undefined;
  /** What is added, in the order of the first adding. */
  readonly tokens: (AddedTokenEntry & { readonly id: number })[] = [];

  /** @param model `model` of tokenizer.json */
  constructor(model: unknown) {
    const vocab = isObject(model) ? model.vocab : undefined;
    if (Array.isArray(vocab)) {
      const ids = new Map<unknown, number>();
      for (const [id, entry] of (vocab as unknown[]).entries()) {
        ids.set(Array.isArray(entry) ? entry[0] : entry, id);
      }
      this.size = vocab.length;
      this.lookUp = token => ids.get(token);
    } else {
      const entries: Json = isObject(vocab) ? vocab : {};
      this.size = Object.keys(entries).length;
      this.lookUp = token => {
        const id = Object.hasOwn(entries, token) ? entries[token] : undefined;
        return typeof id === 'number' ? id : undefined;
      };
    }
  }

  idOf(token: string): number | undefined {
    return this.added.get(token)?.id ?? this.lookUp(token);
  }

  /** Adds a token; one that the model knows keeps its id, one that is added already its place. */
  add(token: AddedTokenEntry): void {
    const { content } = token;
    const known = this.added.get(content);
    const id = known?.id ?? this.lookUp(content) ?? Math.max(this.size, this.largest + 1);
    const place = known?.place ?? this.tokens.length;
    this.added.set(content, { id, place });
    this.tokens[place] = { id, ...token };
    this.largest = Math.max(this.largest, id);
  }

  has(content: string): boolean {
    return this.added.has(content);
  }
}
