import type { Stack } from '../../../protocol/model';
import { isCross, keyTokens, queryTokens } from '../../reading/capture';
import type { State } from '../../app/state';
import { nameIn } from '../../reading/tokenText';

/** The two positions that every figure shows. */
export interface PositionPlace {
  readonly stack: Stack;
  /** Tokens of the query's sequence. */
  readonly tokens: number;
  readonly query: number;
  readonly queryName: string;
  /** Null without a key, and in cross-attention, whose keys are another sequence. */
  readonly key: number | null;
  readonly keyName: string;
  /** key − query; null where there is no distance. */
  readonly offset: number | null;
}

/** Where the locus is, as positions; null without a run. */
export function positionPlace({ capture, locus }: State): PositionPlace | null {
  if (!capture || !locus) return null;
  const { block, query } = locus;
  const key = isCross(block) ? null : locus.key;
  return {
    stack: block.stack,
    tokens: queryTokens(capture, block).length,
    query,
    queryName: nameIn(queryTokens(capture, block), query, 16),
    key,
    keyName: key === null ? '' : nameIn(keyTokens(capture, block), key, 16),
    offset: key === null ? null : key - query,
  };
}
