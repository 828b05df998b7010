import type { OrderChange } from '../protocol/change';
import { InspectorError } from '../protocol/errors';
import type { Token } from '../protocol/tokens';

/**
 * The tokens in another order, numbered anew; each keeps its place in the text. A piece of a word goes
 * on continuing the piece before it only where that still stands before it.
 * @throws InspectorError `inputs-wrong` where `order` does not name every token once
 */
export function reordered(tokens: readonly Token[], order: OrderChange['order']): readonly Token[] {
  if (order === undefined) return tokens;
  checkOrder(order, tokens.length);
  return order.flatMap((from, index): Token[] => {
    const token = tokens[from];
    const follows = index > 0 && order[index - 1] === from - 1;
    return token ? [{ ...token, index, continues: token.continues && follows }] : [];
  });
}

/** What people should know about a run in another order, one sentence each. */
export function orderNotes({ order, positions }: OrderChange): string[] {
  const isMoved = order?.some((token, place) => token !== place) ?? false;
  return [
    ...(isMoved ? ['The tokens were run in another order than that of the text.'] : []),
    ...(positions === 'equal'
      ? ['Every token was told the same position, and position biases were left out.']
      : []),
  ];
}

/** Whether `order` names each of `count` tokens once. */
export function isPermutation(order: readonly number[], count: number): boolean {
  const seen = new Set(order);
  const isToken = (token: number) => Number.isInteger(token) && token >= 0 && token < count;
  return order.length === count && seen.size === count && order.every(isToken);
}

function checkOrder(order: readonly number[], count: number): void {
  if (isPermutation(order, count)) return;
  const place = order.findIndex(
    (token, i) =>
      !Number.isInteger(token) || token < 0 || token >= count || order.indexOf(token) < i,
  );
  const what =
    order.length !== count
      ? `${order.length} tokens, and this text has ${count}`
      : `token ${order[place] ?? ''} at place ${place}, which ${order.indexOf(order[place] ?? 0) < place ? 'it has already named' : `is none of the tokens 0 to ${count - 1}`}`;
  throw new InspectorError(
    'inputs-wrong',
    `The order names ${what}. Name each token of the text once.`,
  );
}
