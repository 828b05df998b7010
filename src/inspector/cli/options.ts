import { MOST_PADDING, type MaskChange, type OrderChange } from '../../protocol/change';
import { readFeed } from '../../protocol/feeds';
import type { LensKind } from '../../protocol/layers';
import type { GivenFeeds } from '../../protocol/model';

/** What `--continue` takes. */
export const CONTINUE_USAGE = 'id,id,…';
/** What `--attribution` takes. */
export const ATTRIBUTION_USAGE = 'token[:id]';
/** What `--order` takes. */
export const ORDER_USAGE = 'token,token,…';
/** What `--mask` takes. */
export const MASK_USAGE = 'causal|bidirectional|window:B,A|padding:left|right,N[,unmasked]';
/** What `--feed` takes. */
export const FEED_USAGE = 'name=number[,number…]';
/** What `--lens` takes. */
export const LENS_KINDS: readonly LensKind[] = ['logitLens', 'maskedLm'];

/** Digits that the numbers of a mask have, at most. */
const MASK_DIGITS = 6;

/** Whose logit is taken apart; of the most probable entry without `id`. */
export interface AttributionChoice {
  readonly token: number;
  readonly id?: number;
}

/** The vocabulary entries that an option lists; undefined where it lists none. */
export function parseContinuation(option: string): readonly number[] | undefined {
  const ids = option.split(',').map(id => wholeNumber(id));
  return ids.every(id => id !== undefined) ? ids : undefined;
}

/** The order and positions that options ask for; undefined where they ask for none. */
export function parseOrder(
  option: string | undefined,
  equalPositions: boolean,
): OrderChange | undefined | 'wrong' {
  if (option === undefined && !equalPositions) return undefined;
  const order = option?.split(',').map(token => wholeNumber(token));
  if (order && !order.every(token => token !== undefined)) return 'wrong';
  return { ...(order ? { order } : {}), positions: equalPositions ? 'equal' : 'own' };
}

/** The token and vocabulary entry that an option names; undefined where it names none. */
export function parseAttribution(option: string): AttributionChoice | undefined {
  const [first = '', second, ...others] = option.split(':');
  const token = wholeNumber(first);
  const id = second === undefined ? undefined : wholeNumber(second);
  if (token === undefined || others.length > 0) return undefined;
  if (second === undefined) return { token };
  return id === undefined ? undefined : { token, id };
}

/** The mask change that an option names; undefined where it names none. */
export function parseMask(option: string): MaskChange | undefined {
  const [kind, rest, ...others] = option.split(':');
  if (others.length > 0) return undefined;
  if (kind === 'causal' || kind === 'bidirectional')
    return rest === undefined ? { kind } : undefined;
  const parts = rest?.split(',') ?? [];
  if (kind === 'window') {
    const [before, after] = parts.map(part => wholeNumber(part, MASK_DIGITS));
    if (parts.length !== 2 || before === undefined || after === undefined) return undefined;
    return { kind, before, after };
  }
  if (kind !== 'padding') return undefined;
  const [side, number = '', unmasked] = parts;
  const count = wholeNumber(number, MASK_DIGITS);
  if ((side !== 'left' && side !== 'right') || parts.length > 3) return undefined;
  if (count === undefined || count < 1 || count > MOST_PADDING) return undefined;
  if (unmasked === undefined) return { kind, side, count };
  return unmasked === 'unmasked' ? { kind, side, count, unmasked: true } : undefined;
}

/** Reads `--feed name=value` options; undefined where one is not of that form. The last one of a name counts. */
export function parseFeeds(options: readonly string[]): GivenFeeds | undefined {
  const feeds = new Map<string, number | readonly number[]>();
  for (const option of options) {
    const at = option.lastIndexOf('=');
    const value = readFeed(option.slice(at + 1));
    if (at < 1 || value === undefined) return undefined;
    feeds.set(option.slice(0, at), value);
  }
  return Object.fromEntries(feeds);
}

function wholeNumber(text: string, digits = 8): number | undefined {
  return /^\d+$/.test(text) && text.length <= digits ? Number(text) : undefined;
}
