import type { AttentionRow } from '../../../protocol/capture';
import { InspectorError } from '../../../protocol/errors';
import { rowParams } from '../../addresses';
import { count } from '../../format';
import type { FigureContext } from '../figure';

/** Most numbers of a table: beyond, the capture file is the right thing. */
export const MOST_CELLS = 1 << 18;

/** Rows that are asked for at a time. */
const AT_A_TIME = 8;

/**
 * The exact rows of these queries, which are tokens, in the head or aggregate on show.
 * @throws InspectorError where they have more than `MOST_CELLS` numbers
 */
export async function exactRows(
  { state, api }: FigureContext,
  queries: readonly number[],
  keys: number,
): Promise<AttentionRow[]> {
  const { capture, locus, options } = state;
  if (!capture || !locus) return [];
  if (queries.length * keys > MOST_CELLS) {
    throw new InspectorError(
      'text-too-long',
      `This table would have ${count(queries.length * keys)} numbers; tables hold up to ${count(MOST_CELLS)}. Save the capture file, which has them all, or the row of one query.`,
    );
  }
  const rows: AttentionRow[] = [];
  for (let at = 0; at < queries.length; at += AT_A_TIME) {
    const some = queries.slice(at, at + AT_A_TIME);
    const ask = (query: number) =>
      api.call('row', rowParams(capture, locus, options.grouping, query));
    rows.push(...(await Promise.all(some.map(ask))));
  }
  return rows;
}
