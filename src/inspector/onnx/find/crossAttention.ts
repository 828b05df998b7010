import type { Lineage } from '../graph/lineage';
import type { FoundSite } from '../graph/site';

/**
 * Sites whose keys come from another stack: from a text that their queries do not read, from past keys
 * alone, or from layers that their queries did not go through. What lies between a projection and the
 * residual stream (norms of their own, low-rank steps, shifts) makes no second stack.
 */
export function crossSites(lineage: Lineage, sites: readonly FoundSite[]): ReadonlySet<FoundSite> {
  const cross = new Set(sites.filter(site => readsAnother(lineage, site)));
  const memories = new Set([...cross].flatMap(({ key }) => [...key.sources]));
  for (const site of sites) {
    // Later layers went through the other stack, by its cross-attention.
    if ([...site.key.sources].some(source => memories.has(source))) cross.add(site);
  }
  return cross;
}

function readsAnother(lineage: Lineage, { query, key }: FoundSite): boolean {
  const shared = [...key.sources].some(source => query.sources.has(source));
  if (query.sources.size === 0 || shared) return false;
  const texts = lineage.textsOf(key.sources);
  if (texts === 0n || texts !== lineage.textsOf(query.sources)) return true;
  const before = lineage.sitesOf(query.sources);
  return (lineage.sitesOf(key.sources) & ~before) !== 0n;
}
