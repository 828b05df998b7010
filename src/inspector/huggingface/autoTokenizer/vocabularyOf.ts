import { tokenOf, type AddedTokenEntry, type Arguments, type SpecialToken } from './specialTokens';
import { isObject, type Json } from './tokenizerFiles';

/** The vocabulary that a model was trained with. */
export interface BaseVocabulary {
  readonly size: number;
  idOf(token: string): number | undefined;
}

/** @param model `model` of tokenizer.json */
export function baseVocabulary(model: unknown): BaseVocabulary {
  const vocab = isObject(model) ? model.vocab : undefined;
  if (Array.isArray(vocab)) {
    let ids: Map<unknown, number> | undefined;
    const indexed = () =>
      new Map(
        (vocab as unknown[]).map((entry, id): [unknown, number] => [
          Array.isArray(entry) ? entry[0] : entry,
          id,
        ]),
      );
    return { size: vocab.length, idOf: token => (ids ??= indexed()).get(token) };
  }
  const entries: Json = isObject(vocab) ? vocab : {};
  return {
    size: Object.keys(entries).length,
    idOf(token) {
      const id = Object.hasOwn(entries, token) ? entries[token] : undefined;
      return typeof id === 'number' ? id : undefined;
    },
  };
}

/** A vocabulary and what is added to it, as `AddedVocabulary::add_tokens` of the library does. */
export class Vocabulary {
  private readonly added = new Map<string, { readonly id: number; readonly place: number }>();
  private largest = -1;
  /** What is added, in the order of the first adding. */
  readonly tokens: (AddedTokenEntry & { readonly id: number })[] = [];

  constructor(private readonly base: BaseVocabulary) {}

  idOf(token: string): number | undefined {
    return this.added.get(token)?.id ?? this.base.idOf(token);
  }

  /** Adds a token; one that the model knows keeps its id, one that is added already its place. */
  add(token: AddedTokenEntry): void {
    const { content } = token;
    const known = this.added.get(content);
    const id = known?.id ?? this.base.idOf(content) ?? Math.max(this.base.size, this.largest + 1);
    const place = known?.place ?? this.tokens.length;
    this.added.set(content, { id, place });
    this.tokens[place] = { id, ...token };
    this.largest = Math.max(this.largest, id);
  }

  has(content: string): boolean {
    return this.added.has(content);
  }
}

/** A vocabulary with the tokens that a tokenizer.json adds to it. */
export function vocabularyWith(base: BaseVocabulary, added: readonly unknown[]): Vocabulary {
  const vocabulary = new Vocabulary(base);
  for (const value of added) {
    const token = tokenOf(value, { normalized: false });
    if (token) vocabulary.add(token);
  }
  return vocabulary;
}

/**
 * The vocabulary after transformers 4 has loaded a folder.
 * @param added `added_tokens` of tokenizer.json
 */
export function loadedVocabulary(
  base: BaseVocabulary,
  added: readonly unknown[],
  given: Arguments,
): Vocabulary {
  const vocabulary = vocabularyWith(base, added);
  const isSpecial = new Set(given.special.map(({ token }) => token.content));
  for (const [, token] of given.added) {
    vocabulary.add({ ...token, special: token.special || isSpecial.has(token.content) });
  }
  addMissing(vocabulary, given.special);
  return vocabulary;
}

/** Adds special tokens that are not there yet, or whose properties count. */
export function addMissing(vocabulary: Vocabulary, special: readonly SpecialToken[]): void {
  for (const { token, overrides } of special) {
    if (overrides || !vocabulary.has(token.content)) vocabulary.add(token);
  }
}
