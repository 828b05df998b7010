import type { AttentionRow } from '../../../protocol/capture';
import { InspectorError } from '../../../protocol/errors';
import { count } from '../../reading/format';

/** Most numbers of a table: beyond, the capture file is the right thing. */
const MOST_CELLS = 1 << 18;

/** Rows that are asked for at a time. */
const AT_A_TIME = 8;

/**
 * The exact rows of some queries, in their order.
 * @param advice what to do where there are too many numbers
 * @throws InspectorError where they have more than `MOST_CELLS` numbers
 */
export async function exactRows<Q>(
  queries: readonly Q[],
  keys: number,
  ask: (query: Q) => Promise<AttentionRow>,
  advice: string,
): Promise<AttentionRow[]> {
  if (queries.length * keys > MOST_CELLS) {
    throw new InspectorError(
      'text-too-long',
      `This table would have ${count(queries.length * keys)} numbers; tables hold up to ${count(MOST_CELLS)}. ${advice}`,
    );
  }
  const rows: AttentionRow[] = [];
  for (let at = 0; at < queries.length; at += AT_A_TIME) {
    rows.push(...(await Promise.all(queries.slice(at, at + AT_A_TIME).map(ask))));
  }
  return rows;
}
