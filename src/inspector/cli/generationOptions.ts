import type { OrderChange } from '../../protocol/change';

/** What `--continue` takes. */
export const CONTINUE_USAGE = 'id,id,…';
/** What `--attribution` takes. */
export const ATTRIBUTION_USAGE = 'token[:id]';

/** What `--order` takes. */
export const ORDER_USAGE = 'token,token,…';

/** Whose logit is taken apart; of the most probable entry without `id`. */
export interface AttributionChoice {
  readonly token: number;
  readonly id?: number;
}

/** The vocabulary entries that an option lists; undefined where it lists none. */
export function parseContinuation(option: string): readonly number[] | undefined {
  const ids = option.split(',').map(wholeNumber);
  return ids.every(id => id !== undefined) ? ids : undefined;
}

/** The order and positions that options ask for; undefined where they ask for none. */
export function parseOrder(
  option: string | undefined,
  equalPositions: boolean,
): OrderChange | undefined | 'wrong' {
  if (option === undefined && !equalPositions) return undefined;
  const order = option?.split(',').map(wholeNumber);
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

function wholeNumber(text: string): number | undefined {
  return /^\d{1,8}$/.test(text) ? Number(text) : undefined;
}
