import { InspectorError } from '../../protocol/errors';
import { type Token, isPermutation } from '../../protocol/tokens';

/**
 * The tokens in another order, numbered anew; each keeps its place in the text. A piece of a word goes
 * on continuing the piece before it only where that still stands before it.
 * @throws InspectorError `inputs-wrong` where `order` does not name every token once
 */
export function reordered(tokens: readonly Token[], order: readonly number[]): readonly Token[] {
  checkOrder(order, tokens.length);
  return order.flatMap((from, index): Token[] => {
    const token = tokens[from];
    const follows = index > 0 && order[index - 1] === from - 1;
    return token ? [{ ...token, index, continues: token.continues && follows }] : [];
  });
}

/** What people should know about a run in another order, one sentence each. */
export function orderNotes(order: readonly number[]): string[] {
  const isMoved = order.some((token, place) => token !== place);
  return isMoved ? ['The tokens were run in another order than that of the text.'] : [];
}

/** The same of a run whose positions tell nothing. */
export const equalPositionsNote =
  'Every token was told the same position, and position biases were left out.';

function checkOrder(order: readonly number[], count: number): void {
  if (isPermutation(order, count)) return;
  if (order.length !== count) {
    throw wrong(`it names ${order.length} tokens, and this text has ${count}`);
  }
  const seen = new Set<number>();
  for (const token of order) {
    if (!Number.isInteger(token) || token < 0 || token >= count) {
      throw wrong(`it names token ${token}, and the tokens of this text are 0 to ${count - 1}`);
    }
    if (seen.has(token)) throw wrong(`it names token ${token} twice`);
    seen.add(token);
  }
}

function wrong(reason: string): InspectorError {
  return new InspectorError(
    'inputs-wrong',
    `This is no order of the text's tokens: ${reason}. Name each token once.`,
  );
}
