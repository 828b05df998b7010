import type { CaptureSummary } from '../../../protocol/capture';
import { textStack } from '../../reading/capture';
import { plainOrder } from './orders';
import type { PositionsState, Order } from '../../app/choices/positionsState';

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
