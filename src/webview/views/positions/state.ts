import type { CaptureSummary } from '../../../protocol/capture';
import { textStack } from '../../reading/capture';
import { plainOrder, type Order } from './orders';

/** Another order of the tokens of a text. */
export interface Arrangement {
  /** Which text and model it is of. */
  readonly of: string;
  readonly order: Order;
  /** Seed of the latest shuffle; 0 before the first. */
  readonly seed: number;
}

/** What people look at in the figures; forgotten with the window. */
export interface PositionsLook {
  /** First position of the tables; null follows the query. */
  readonly first: number | null;
  /** Dimension of the tables whose wave is drawn; null chooses one. */
  readonly dimension: number | null;
  /** Pair of the rotation that is read out. */
  readonly pair: number;
}

/** What people look at in the Positions view, and the order that they made. */
export interface PositionsState {
  readonly arrangement: Arrangement | null;
  readonly look: PositionsLook;
}

export const NO_POSITIONS: PositionsState = {
  arrangement: null,
  look: { first: null, dimension: null, pair: 0 },
};

/** What tells the runs of one text through one model from others. */
export const textOf = (capture: CaptureSummary): string =>
  JSON.stringify([capture.model.path, capture.text, capture.target, orderedTokens(capture).length]);

/** The tokens that can be put in another order: those of the text. */
export const orderedTokens = (capture: CaptureSummary) => capture.tokens[textStack(capture)] ?? [];

/** The order that is wished for: the text's own until people change it. */
export function wishedOrder({
  capture,
  positions,
}: {
  readonly capture: CaptureSummary | null;
  readonly positions: PositionsState;
}): Order {
  if (!capture) return [];
  const { arrangement } = positions;
  return arrangement?.of === textOf(capture)
    ? arrangement.order
    : plainOrder(orderedTokens(capture).length);
}
