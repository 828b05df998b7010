import type { Lineage } from '../graph/lineage';
import type { FoundSite } from '../graph/site';

/**
 * One self-attention a layer: several softmaxes that read the same stream side by side, as in differential
 * attention (Ye et al. 2024) or with a softmax for each head, become one that is refused.
 */
export function oneALayer(lineage: Lineage, sites: readonly FoundSite[]): FoundSite[] {
  const groups = new Map<string, FoundSite[]>();
  for (const [i, site] of sites.entries()) {
    const { sources } = site.query;
    const texts = lineage.textsOf(sources);
    const isAlone = site.isCross || texts === 0n;
    const place = [texts, lineage.sitesOf(sources), ...readersOf(lineage, sites, i)];
    const key = isAlone ? `${i}` : place.join('/');
    const group = groups.get(key);
    if (group) group.push(site);
    else groups.set(key, [site]);
  }
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    if (others.length === 0) return first;
    const refusal = `its layer has ${others.length + 1} softmaxes side by side (heads apart, blocks of tokens, or differential attention), which are no one map`;
    return { ...first, views: {}, scale: [], refusal };
  });
}

/**
 * Bits of the sites whose queries, and of those whose keys, read the result of site `i`. What is side by
 * side in one layer is read by the same ones; the first layers of two stacks are not.
 */
function readersOf(lineage: Lineage, sites: readonly FoundSite[], i: number): [bigint, bigint] {
  const bit = 1n << BigInt(i);
  const readers = (part: 'query' | 'key') =>
    sites.reduce(
      (bits, site, at) =>
        lineage.sitesOf(site[part].sources) & bit ? bits | (1n << BigInt(at)) : bits,
      0n,
    );
  return [readers('query'), readers('key')];
}
