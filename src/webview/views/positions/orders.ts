import { textSpec } from '../../../protocol/run';
import type { Order, PositionsState } from '../../app/choices/positions';
import type { CaptureSummary } from '../../../protocol/capture';
import { textStack } from '../../reading/capture';

/** The order of the text. */
export const plainOrder = (tokens: number): Order => Array.from({ length: tokens }, (_, i) => i);

export const isPlain = (order: Order): boolean => order.every((token, place) => token === place);

/** Places whose tokens may move: special tokens keep theirs. */
export const movable = (tokens: readonly { readonly special: boolean }[]): number[] =>
  tokens.flatMap(({ special }, place) => (special ? [] : [place]));

/** The order in which the movable tokens are `wanted`, one for each place. */
function withMovable(order: Order, places: readonly number[], wanted: Order): Order {
  const next = [...order];
  places.forEach((place, i) => (next[place] = wanted[i] ?? place));
  return next;
}

const at = (order: Order, places: readonly number[]): number[] =>
  places.map(place => order[place] ?? place);

/** Takes the token at `from` out and puts it where the one at `to` stands; both places are movable. */
export function moved(order: Order, places: readonly number[], from: number, to: number): Order {
  const [start, end] = [places.indexOf(from), places.indexOf(to)];
  if (start < 0 || end < 0 || start === end) return order;
  const wanted = at(order, places);
  const taken = wanted.splice(start, 1);
  wanted.splice(end, 0, ...taken);
  return withMovable(order, places, wanted);
}

/** The movable tokens from the last one to the first. */
export const reversed = (order: Order, places: readonly number[]): Order =>
  withMovable(order, places, at(order, places).reverse());

/** Two tokens, named by the plain run, each at the other's place. */
export const swapped = (order: Order, a: number, b: number): Order =>
  order.map(token => (token === a ? b : token === b ? a : token));

/** The movable tokens as a seed shuffles them (Fisher–Yates over mulberry32); the same for the same seed. */
export function shuffled(order: Order, places: readonly number[], seed: number): Order {
  const random = mulberry32(seed);
  const wanted = at(order, places);
  for (let i = wanted.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [wanted[i], wanted[j]] = [wanted[j] ?? 0, wanted[i] ?? 0];
  }
  return withMovable(order, places, wanted);
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What tells the runs of one text through one model from others. */
export const textOf = (capture: CaptureSummary): string =>
  JSON.stringify([
    capture.model.path,
    textSpec(capture),
    capture.target,
    orderedTokens(capture).length,
  ]);

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
