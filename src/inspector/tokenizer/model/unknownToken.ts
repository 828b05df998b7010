import { brokenTokenizer } from '../fields';

/** The token that stands for what the vocabulary lacks. */
export interface UnknownToken {
  readonly id: number;
  readonly token: string;
}

/**
 * Finds the unknown token when it is first needed, as the reference does: a file that names one
 * outside its vocabulary is usable as long as every word is known.
 */
export function unknownTokenOf(
  ids: ReadonlyMap<string, number>,
  token: string | undefined,
): () => UnknownToken {
  return () => {
    const id = token === undefined ? undefined : ids.get(token);
    if (token !== undefined && id !== undefined) return { id, token };
    throw brokenTokenizer(
      token === undefined
        ? 'a part of the text is not in its vocabulary and it has no unknown token'
        : `a part of the text is not in its vocabulary, and neither is its unknown token “${token}”`,
    );
  };
}
