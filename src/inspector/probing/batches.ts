import type { Token } from '../../protocol/tokens';

/** A sentence as the tokenizer split it. */
export interface TokenizedSentence {
  /** Index in the corpus. */
  readonly sentence: number;
  readonly tokens: readonly Token[];
}

/**
 * Sentences of equally many tokens together, shortest first, so that a batch needs no padding and each row
 * gets the numbers that it would get alone.
 * @param mostTokens of a batch; one sentence may have more
 */
export function batchesOf(
  sentences: readonly TokenizedSentence[],
  mostTokens: number,
): readonly (readonly TokenizedSentence[])[] {
  const sorted = sentences.toSorted(
    (a, b) => a.tokens.length - b.tokens.length || a.sentence - b.sentence,
  );
  const batches: TokenizedSentence[][] = [];
  for (const each of sorted) {
    const batch = batches.at(-1);
    const length = each.tokens.length;
    const fits = batch?.[0]?.tokens.length === length && (batch.length + 1) * length <= mostTokens;
    if (fits) batch.push(each);
    else batches.push([each]);
  }
  return batches;
}
