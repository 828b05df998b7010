import { ElementType } from '../file/types';
import type { Analysis } from '../graph/analysis';
import type { FoundSite } from '../graph/site';

/** Distances smaller than this show in any probe; larger numbers than that are no distances. */
const smallest = 16;
const largest = 1e6;
/** More nodes than this do not make up a mask. */
const maximumNodes = 300;

/** Where a window enters: positions are shifted by it, distances compared with it, triangles cut at it. */
const distanceMaths = new Set([
  'Add',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'Sub',
  'Trilu',
]);

/**
 * Whole numbers that positions are shifted by or compared with on the way to a site's mask: a window of that size may
 * hide in it, which a shorter probe cannot show.
 */
export function maskDistances({ index, constants }: Analysis, site: FoundSite): number[] {
  const found = new Set<number>();
  const seen = new Set(site.biasTensors);
  for (const tensor of seen) {
    const node = index.producer(tensor);
    if (!node || seen.size > maximumNodes) continue;
    for (const input of node.inputs) {
      if (input) seen.add(input);
      if (!distanceMaths.has(node.operator)) continue;
      const constant = constants.of(input);
      const isWhole = constant?.stored?.elementType === ElementType.int64;
      const value = Math.abs(constants.scalar(input) ?? 0);
      if (isWhole && value >= smallest && value < largest) found.add(value);
    }
  }
  return [...found];
}

/** How far before a query the keys begin that an operator says it may read; 0 where it has no window. */
export function statedWindow({ statedReach = Infinity }: FoundSite): number {
  return statedReach < Infinity ? statedReach : 0;
}
