import type { Lineage } from './lineage';
import type { FoundSite } from './site';

/**
 * One self-attention a layer: several softmaxes that read the same stream side by side, as in differential
 * attention (Ye et al. 2024) or with a softmax for each head, become one that is refused.
 */
export function oneALayer(lineage: Lineage, sites: readonly FoundSite[]): FoundSite[] {
  const groups = new Map<string, FoundSite[]>();
  for (const site of sites) {
    const { sources } = site.query;
    const texts = lineage.textsOf(sources);
    const isAlone = site.isCross || texts === 0n;
    const key = isAlone ? `${sites.indexOf(site)}` : `${texts}/${lineage.sitesOf(sources)}`;
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
