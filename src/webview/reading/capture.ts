import type { AttentionSite } from '../../protocol/model';
import type { Block, CaptureSummary, Grouping } from '../../protocol/capture';
import { LARGEST_WHOLE_MAP } from '../../protocol/tiles';
import type { Token } from '../../protocol/tokens';
import type { Locus } from './place';

export const sameBlock = (a: Block, b: Block): boolean => a.stack === b.stack && a.kind === b.kind;

/** The kinds of attention that a capture holds, in the order of computation. */
export function blocksOf(capture: CaptureSummary): Block[] {
  const blocks: Block[] = [];
  for (const { stack, kind } of capture.sites) {
    if (!blocks.some(block => sameBlock(block, { stack, kind }))) blocks.push({ stack, kind });
  }
  return blocks;
}

/** Sites of one block, by layer. */
export const sitesOf = (capture: CaptureSummary, block: Block): AttentionSite[] =>
  capture.sites.filter(site => sameBlock(site, block));

/** The site of one layer; undefined where it was refused or does not exist. */
export const siteAt = (
  capture: CaptureSummary,
  block: Block,
  layer: number,
): AttentionSite | undefined =>
  capture.sites.find(site => sameBlock(site, block) && site.layer === layer);

/** Tokens that ask. */
export const queryTokens = (capture: CaptureSummary, block: Block): readonly Token[] =>
  capture.tokens[block.stack] ?? [];

/** Tokens that are asked: those of the other stack in cross-attention. */
export const keyTokens = (capture: CaptureSummary, block: Block): readonly Token[] =>
  capture.tokens[block.kind === 'cross' ? 'encoder' : block.stack] ?? [];

/** True where queries and keys are two different sequences. */
export const isCross = (block: Block): boolean => block.kind === 'cross';

/** The stack whose tokens stand for the text in the editor. */
export const textStack = (capture: CaptureSummary): 'encoder' | 'decoder' =>
  capture.tokens.encoder ? 'encoder' : 'decoder';

/** The text that a token's characters stand in. */
export const textOf = ({ text, pair }: CaptureSummary, token: Token | undefined): string =>
  token?.sequence === 1 ? (pair ?? '') : text;

/** A block's name: `Encoder`, `Decoder`, `Cross`. */
export function blockName(block: Block): string {
  if (isCross(block)) return 'Cross';
  return block.stack === 'encoder' ? 'Encoder' : 'Decoder';
}

/** Whether the maps of a block are too large to be sent whole. */
export const isLong = (capture: CaptureSummary, block: Block): boolean =>
  Math.max(queryTokens(capture, block).length, keyTokens(capture, block).length) >
  LARGEST_WHOLE_MAP;

/** Whether the map of the locus is drawn from tiles: long texts have those of single heads only. */
export const isTiled = (
  capture: CaptureSummary,
  { block, aggregate }: Locus,
  grouping: Grouping,
): boolean => isLong(capture, block) && aggregate === 'head' && grouping === 'token';
