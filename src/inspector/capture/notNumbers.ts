import type { NotNumbers } from '../../protocol/capture';
import { isBlocked } from '../attention/masks';
import type { SiteCapture } from '../model/run';

/**
 * The first head with a row of weights that are not numbers, and how many heads have such rows;
 * undefined where all are numbers. Where the maps are not at hand, the query vectors are looked at.
 */
export function findNotNumbers(sites: readonly SiteCapture[]): NotNumbers | undefined {
  let first: Omit<NotNumbers, 'heads'> | undefined;
  let heads = 0;
  for (const capture of sites) {
    for (let head = 0; head < capture.site.heads; head++) {
      const rows = rowsOf(capture, head);
      if (rows.broken.length === 0) continue;
      heads++;
      const { stack, kind, layer } = capture.site;
      first ??= {
        stack,
        kind,
        layer,
        head,
        query: rows.broken[0] ?? 0,
        queries: rows.broken.length,
        of: rows.queries,
        isMasked: rows.broken.every(query => isMasked(capture, head, query)),
      };
    }
  }
  return first && { ...first, heads };
}

/** Queries of a head whose row holds something that is not a number. */
function rowsOf({ weights, query }: SiteCapture, head: number) {
  const { dims, data } = weights ?? query ?? { dims: [], data: new Float32Array() };
  const [, , queries = 0, width = 0] = dims;
  const broken: number[] = [];
  for (let row = 0; row < queries; row++) {
    const start = (head * queries + row) * width;
    for (let at = start; at < start + width; at++) {
      const value = data[at];
      if (value === value) continue;
      broken.push(row);
      break;
    }
  }
  return { broken, queries };
}

/** Whether the mask leaves the query no key at all. */
function isMasked({ maskedScores }: SiteCapture, head: number, query: number): boolean {
  if (!maskedScores) return false;
  const [, , queries = 0, keys = 0] = maskedScores.dims;
  const start = (head * queries + query) * keys;
  return maskedScores.data.subarray(start, start + keys).every(isBlocked);
}
