import type { CaptureSummary } from '../../protocol/capture';
import type { ErrorReport } from '../../protocol/errors';
import type { PanelApi } from '../../protocol/panel';
import { textStack } from '../capture';
import type { Slice, State } from '../state';
import { plainOrder, type Order } from './orders';
import type { METHODS, Named } from './wanted';

type Found<N extends Named> = Awaited<ReturnType<PanelApi[(typeof METHODS)[N]]>>;

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

/** What the Positions view knows, and why some of it is not there. */
export interface PositionsState {
  readonly found: { readonly [N in Named]?: Slice<Found<N>> };
  readonly errors: { readonly [N in Named]?: Slice<ErrorReport> };
  readonly arrangement: Arrangement | null;
  readonly look: PositionsLook;
}

export const NO_POSITIONS: PositionsState = {
  found: {},
  errors: {},
  arrangement: null,
  look: { first: null, dimension: null, pair: 0 },
};

/** What tells the runs of one text through one model from others. */
export const textOf = (capture: CaptureSummary): string =>
  JSON.stringify([capture.model.path, capture.text, capture.target, orderedTokens(capture).length]);

/** The tokens that can be put in another order: those of the text. */
export const orderedTokens = (capture: CaptureSummary) => capture.tokens[textStack(capture)] ?? [];

/** The order that is wished for: the text's own until people change it. */
export function wishedOrder({ capture, positions }: State): Order {
  if (!capture) return [];
  const { arrangement } = positions;
  return arrangement?.of === textOf(capture)
    ? arrangement.order
    : plainOrder(orderedTokens(capture).length);
}
