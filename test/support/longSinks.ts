import { Capture } from '../../src/inspector/capture/capture';
import type { SiteCapture } from '../../src/inspector/model/run';
import { longCapture, longTokens, type LongRecipe } from './longCapture';

/** What the sink of a long capture takes of a query. */
export const sinkShare = (query: number): number => (1 + Math.sin(query / 40)) / 2.5;

/**
 * A long text whose head spreads what its sink leaves evenly over the last keys of each query. Its map
 * does not follow from queries and keys and is kept.
 */
export function longSinks(id: string, tokens: number): Capture {
  const recipe: LongRecipe = {
    id,
    tokens: longTokens(tokens),
    headDim: 4,
    heads: 1,
    keyHeads: 1,
    mask: { kind: 'causal' },
    seed: 3,
  };
  const made = longCapture(recipe);
  const [first] = made.run.sites;
  if (!first) throw new Error('A long capture has a site.');
  const near = 64;
  const weights = new Float32Array(tokens * tokens);
  const maskedScores = new Float32Array(tokens * tokens).fill(-Infinity);
  for (let query = 0; query < tokens; query++) {
    const seen = Math.min(near, query + 1);
    const from = query * tokens + query + 1 - seen;
    weights.fill((1 - sinkShare(query)) / seen, from, from + seen);
    maskedScores.fill(0, query * tokens, query * tokens + query + 1);
  }
  const dims = [1, 1, tokens, tokens];
  const site = { ...first.site, sink: 'learned' as const };
  const capture: SiteCapture = {
    ...first,
    site,
    weights: { dims, data: weights },
    maskedScores: { dims, data: maskedScores },
    sink: {
      dims: [1, 1, tokens, 1],
      data: Float32Array.from({ length: tokens }, (_, query) => sinkShare(query)),
    },
  };
  const { summary } = made;
  return new Capture(
    { ...summary, model: { ...summary.model, sites: [site] }, sites: [site] },
    { ...made.run, sites: [capture] },
    () => Promise.reject(new Error('Every map is kept.')),
  );
}
