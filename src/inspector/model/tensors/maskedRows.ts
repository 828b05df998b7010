import type { Tensor } from '../../runtime/tensor';
import type { SiteCapture } from '../run';

/** Masks lower a score by 10⁴ at least; no score of a model is as low. */
const LOWEST_SCORE = -5e3;

/** What of one attention tells whether a query may read anything. */
interface MaskedSite {
  readonly maskedScores?: Tensor;
  readonly weights?: Tensor;
}

/** Queries of an attention that may read nothing. */
export interface MaskedRows {
  /** The first such query of the first row of the batch that has one. */
  readonly query: number;
  /** Queries that have no key in any head, and all queries, of the whole batch. */
  readonly masked: number;
  readonly of: number;
}

/**
 * Finds the queries whose keys are all masked, in every head: their best score is one that only a mask
 * gives, or their weights are all 0. Undefined where every query may read something.
 */
export function maskedRows({ maskedScores, weights }: MaskedSite): MaskedRows | undefined {
  const { dims = [] } = maskedScores ?? weights ?? {};
  const [batch = 0, heads = 0, queries = 0, keys = 0] = dims;
  let first: number | undefined;
  let masked = 0;
  for (let row = 0; row < batch; row++) {
    for (let query = 0; query < queries; query++) {
      const isMasked = Array.from({ length: heads }, (_, head) => {
        const start = ((row * heads + head) * queries + query) * keys;
        return isMaskedAt(maskedScores, weights, start, start + keys);
      }).every(Boolean);
      if (!isMasked) continue;
      first ??= query;
      masked++;
    }
  }
  return first === undefined ? undefined : { query: first, masked, of: batch * queries };
}

function isMaskedAt(
  maskedScores: Tensor | undefined,
  weights: Tensor | undefined,
  start: number,
  end: number,
): boolean {
  const scores = maskedScores?.data.subarray(start, end);
  if (scores?.every(score => score < LOWEST_SCORE)) return true;
  return weights?.data.subarray(start, end).every(weight => weight === 0) ?? false;
}

/**
 * A note on the queries of a run that may read nothing; undefined where there are none.
 * @param captures each with what people call it
 */
export function maskedQueries(
  captures: readonly (MaskedSite & { readonly where: string })[],
  what: string,
): string | undefined {
  const found = captures.flatMap(capture => {
    const rows = maskedRows(capture);
    return rows ? [{ ...rows, where: capture.where }] : [];
  });
  const [first] = found;
  if (!first) return undefined;
  const others = found.length > 1 ? `, and in ${found.length - 1} more` : '';
  const who =
    first.masked === 1
      ? `query ${first.query}`
      : `${first.masked} of ${first.of} queries, the first of them ${first.query},`;
  return `In ${what}, the mask hides every key from ${who} in ${first.where}${others}: such a row shows no attention.`;
}

/** The same of the captures of a run. */
export function maskedInRun(captures: readonly SiteCapture[]): string | undefined {
  const named = captures.map(({ site: { stack, kind, layer }, ...tensors }) => ({
    ...tensors,
    where: `${stack} ${kind}-attention layer ${layer}`,
  }));
  return maskedQueries(named, 'this run');
}
