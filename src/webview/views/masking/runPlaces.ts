import { isSameText } from '../../../protocol/run';
import type { Block, CaptureSummary, HeadChoice } from '../../../protocol/capture';
import { maskOf } from '../../../protocol/change';
import type { Stack } from '../../../protocol/model';
import type { SideSlot } from '../../../protocol/panel';
import type { Token } from '../../../protocol/tokens';
import { blocksOf, isCross, sameBlock, textStack } from '../../reading/capture';
import { fitLocus, sameToken } from '../../app/locus';
import type { Locus } from '../../reading/place';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';

/** The run of the panel, and those beside it. */
export type RunName = 'main' | Extract<SideSlot, 'other' | 'changed'>;

/** The tokens of one run, and which of them stands for which of the main run's; null where none does. */
export interface Side {
  readonly tokens: readonly Token[];
  of(main: number | null): number | null;
  back(token: number | null): number | null;
}

/** One map of one run, with the ways between its tokens and the main run's. */
export interface Place {
  readonly capture: CaptureSummary;
  readonly block: Block;
  readonly layer: number;
  readonly head: HeadChoice;
  readonly queries: Side;
  readonly keys: Side;
}

/** What a map of the Masking view shows of a layer: rollout and norms are of one run only. */
export function comparedHead({ aggregate, head }: Locus): HeadChoice {
  return aggregate === 'mean' || aggregate === 'max' ? aggregate : head;
}

/** The map of a run that belongs to the locus; null where there is no such run now. */
export function placeOf(state: State, run: RunName): Place | null {
  const { capture: main, locus } = state;
  if (!main || !locus) return null;
  if (run === 'main') return placeIn(main, main, locus, locus.block);
  const side = state.sides[run];
  if (side.kind !== 'ready') return null;
  const { capture } = side;
  const block = likeBlock(capture, locus.block);
  if (!block) return null;
  const same = isSameText(capture, main) && capture.model.path === main.model.path;
  return run === 'changed' && !same ? null : placeIn(capture, main, locus, block);
}

/** The main run's map of another kind of attention, at the nearest layer and head. */
export function blockPlace(state: State, block: Block): Place | null {
  const { capture, locus } = state;
  if (!capture || !locus || !blocksOf(capture).some(known => sameBlock(known, block))) return null;
  return placeIn(capture, capture, locus, block);
}

function placeIn(capture: CaptureSummary, main: CaptureSummary, locus: Locus, block: Block): Place {
  const fitted = fitLocus(capture, { ...locus, block }) ?? locus;
  const side = (stack: Stack, mainStack: Stack): Side => sideOf(capture, main, stack, mainStack);
  const keyStack = (of: Block): Stack => (isCross(of) ? 'encoder' : of.stack);
  return {
    capture,
    block,
    layer: fitted.layer,
    head: comparedHead(fitted),
    queries: side(block.stack, locus.block.stack),
    keys: side(keyStack(block), keyStack(locus.block)),
  };
}

/** The same kind of attention, else the self-attention that reads the text. */
function likeBlock(capture: CaptureSummary, block: Block): Block | undefined {
  const known = blocksOf(capture);
  return (
    known.find(one => sameBlock(one, block)) ??
    known.find(one => one.kind === 'self' && one.stack === textStack(capture))
  );
}

function sideOf(
  capture: CaptureSummary,
  main: CaptureSummary,
  stack: Stack,
  mainStack: Stack,
): Side {
  const tokens = capture.tokens[stack] ?? [];
  const mainTokens = main.tokens[mainStack] ?? [];
  const sameRun = isSameText(capture, main) && capture.model.path === main.model.path;
  if (sameRun && stack === mainStack) {
    const shift = frontPadding(capture, stack) - frontPadding(main, mainStack);
    const within = (index: number, length: number): number | null =>
      index >= 0 && index < length ? index : null;
    return {
      tokens,
      of: index => (index === null ? null : within(index + shift, tokens.length)),
      back: index => (index === null ? null : within(index - shift, mainTokens.length)),
    };
  }
  const readsText = stack === textStack(capture) && mainStack === textStack(main);
  const readsSame = isSameText(capture, main);
  const find = (index: number | null, from: readonly Token[], to: readonly Token[]) => {
    if (index === null || !readsText) return null;
    return readsSame ? sameToken(from[index], to) : edited(index, from, to);
  };
  return {
    tokens,
    of: index => find(index, mainTokens, tokens),
    back: index => find(index, tokens, mainTokens),
  };
}

/** Padding tokens before the first token of a sequence; only the text's own sequence is padded. */
export function frontPadding(capture: CaptureSummary, stack: Stack): number {
  const mask = maskOf(capture);
  const isPadded = mask?.kind === 'padding' && mask.side === 'left' && stack === textStack(capture);
  return isPadded ? mask.count : 0;
}

/**
 * The token of an edited text that stands for one of the text before: both texts begin, or end, with
 * the same tokens up to there. Null in between, where nothing tells which stands for which.
 */
function edited(index: number, from: readonly Token[], to: readonly Token[]): number | null {
  const isSame = (i: number, j: number): boolean =>
    from[i] !== undefined && label(from[i]) === label(to[j]);
  let start = 0;
  while (start < to.length && isSame(start, start)) start++;
  if (index < start) return index;
  const shift = to.length - from.length;
  let end = from.length;
  while (end > start && end + shift > start && isSame(end - 1, end - 1 + shift)) end--;
  return index >= end ? index + shift : null;
}
