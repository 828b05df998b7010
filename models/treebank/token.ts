/** A stretch of words that belong together: a chunk or an entity. */
export interface Span {
  readonly type: string;
}

/** One word with its annotation; the head is another word of the same sentence. */
export interface Token {
  form: string;
  readonly lemma: string;
  readonly upos: string;
  readonly feats: string;
  head?: Token;
  deprel: string;
  chunk?: Span;
  entity?: Span;
  /** No space on this side. */
  glueBefore?: boolean;
  glueAfter?: boolean;
  /** Written together with the next word: a multiword token such as “don’t”. */
  joined?: boolean;
  /** Begins quoted speech, so with a capital. */
  capital?: boolean;
}

/** Words in order and the one the others hang on. */
export interface Phrase {
  readonly tokens: readonly Token[];
  readonly head: Token;
}

/** A word that nothing is attached to yet. */
export function word(form: string, lemma: string, upos: string, feats = '_'): Token {
  return { form, lemma, upos, feats, deprel: 'root' };
}

/** Hangs a phrase or a word on `head`; returns its words for building the sentence. */
export function attach(head: Token, deprel: string, dependent: Phrase | Token): readonly Token[] {
  const token = 'tokens' in dependent ? dependent.head : dependent;
  token.head = head;
  token.deprel = deprel;
  return 'tokens' in dependent ? dependent.tokens : [dependent];
}

/** Makes the words one chunk. */
export function chunk(type: string, tokens: readonly Token[]): readonly Token[] {
  const span = { type };
  for (const token of tokens) token.chunk = span;
  return tokens;
}

/** Makes the words one entity. */
export function entity(type: string, tokens: readonly Token[]): readonly Token[] {
  const span = { type };
  for (const token of tokens) token.entity = span;
  return tokens;
}

/** A word on `head` that is a chunk by itself; no chunk without a type. */
export function leaf(head: Token, deprel: string, token: Token, type?: string): readonly Token[] {
  attach(head, deprel, token);
  return type === undefined ? [token] : chunk(type, [token]);
}

/** A punctuation mark on `head`. */
export function punctuation(
  head: Token,
  mark: string,
  glue: 'before' | 'after' | 'none' = 'before',
): readonly Token[] {
  const token = word(mark, mark, 'PUNCT');
  if (glue === 'before') token.glueBefore = true;
  if (glue === 'after') token.glueAfter = true;
  return attach(head, 'punct', token);
}
