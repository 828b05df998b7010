import type { CaptureSummary, Overview, WeightMap } from '../protocol/capture';
import { isCross, isLong, queryTokens } from './capture';
import { openingLocus } from './locus';
import { codesOfMap, strikingHead, strikingPair } from './openingPair';
import type { Locus } from './place';

/** How the numbers of a capture are had. */
export interface OpeningNumbers {
  overview(locus: Locus): Promise<Overview>;
  map(locus: Locus): Promise<WeightMap>;
}

/**
 * Where a new text opens: at the pair that stands out most, in the head where it does; at its first
 * question where none does, where the text is too long to look at all of it, and in cross-attention.
 */
export async function openingPlace(
  capture: CaptureSummary,
  numbers: OpeningNumbers,
): Promise<Locus | null> {
  const plain = openingLocus(capture);
  if (!plain || isCross(plain.block) || isLong(capture, plain.block)) return plain;
  const tokens = queryTokens(capture, plain.block);
  try {
    const overview = await numbers.overview(plain);
    const isWhole = overview.rows === tokens.length;
    const found = isWhole
      ? strikingHead(overview, head => strikingPair(head, tokens))
      : strikingHead(overview);
    if (!found) return plain;
    const at = { ...plain, layer: found.layer, head: found.head };
    // The small pictures of longer texts tell the head, its map the pair.
    const pair = isWhole ? found.pair : strikingPair(codesOfMap(await numbers.map(at)), tokens);
    return pair ? { ...at, query: pair.query, key: pair.key } : plain;
  } catch {
    // What is missing is asked for again with the numbers of the place, and said there.
    return plain;
  }
}
