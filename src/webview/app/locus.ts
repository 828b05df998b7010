import { isSameText } from '../../protocol/run';
import type { Block, CaptureSummary } from '../../protocol/capture';
import {
  blocksOf,
  isCross,
  keyTokens,
  queryTokens,
  sameBlock,
  siteAt,
  sitesOf,
} from '../reading/capture';
import { AGGREGATES, isSingleHead, type Aggregate, type Locus } from '../reading/place';
import type { Token } from '../../protocol/tokens';

const clamp = (value: number, length: number): number =>
  Math.max(0, Math.min(length - 1, Math.trunc(value) || 0));

/** The last token that stands for a word: what a reader would ask about first. */
function firstQuestion(tokens: readonly Token[]): number {
  const word = tokens.findLastIndex(
    token => !token.special && !token.continues && /[\p{L}\p{N}]/u.test(token.text),
  );
  return word >= 0 ? word : Math.max(0, tokens.length - 1);
}

/** Where a capture, or one block of it, opens when nothing was chosen before. */
export function openingLocus(
  capture: CaptureSummary,
  block: Block | undefined = blocksOf(capture)[0],
): Locus | null {
  if (!block) return null;
  const sites = sitesOf(capture, block);
  const site = sites[Math.floor(sites.length / 2)];
  return {
    block,
    layer: site?.layer ?? 0,
    head: 0,
    aggregate: 'head',
    query: firstQuestion(queryTokens(capture, block)),
    key: null,
  };
}

/** Ways to look at a layer; rollout multiplies maps of one sequence, so cross-attention has none. */
export const aggregatesOf = (block: Block): readonly Aggregate[] =>
  AGGREGATES.filter(name => name !== 'rollout' || !isCross(block));

/** `wanted` with everything that this capture does not have moved to the nearest that it has. */
export function fitLocus(capture: CaptureSummary, wanted: Locus): Locus | null {
  const block = blocksOf(capture).find(known => sameBlock(known, wanted.block));
  if (!block) return openingLocus(capture);
  const layers = sitesOf(capture, block).map(site => site.layer);
  const layer = layers.reduce(
    (best, one) => (Math.abs(one - wanted.layer) < Math.abs(best - wanted.layer) ? one : best),
    layers[0] ?? 0,
  );
  const keys = keyTokens(capture, block).length;
  return {
    block,
    layer,
    head: clamp(wanted.head, siteAt(capture, block, layer)?.heads ?? 1),
    aggregate: aggregatesOf(block).includes(wanted.aggregate) ? wanted.aggregate : 'head',
    query: clamp(wanted.query, queryTokens(capture, block).length),
    key: wanted.key === null ? null : clamp(wanted.key, keys),
  };
}

/**
 * Where a new capture opens: at the same layer and head, and at the same characters if it is of the
 * same text. Another text asks its own first question.
 * @param previous what was on show; null after a reload, when the saved tokens are trusted if they fit
 */
export function carryLocus(
  capture: CaptureSummary,
  before: Locus,
  previous: CaptureSummary | null,
): Locus | null {
  const fitted = fitLocus(capture, before);
  if (!fitted) return null;
  const question = { query: firstQuestion(queryTokens(capture, fitted.block)), key: null };
  if (!previous) {
    const fits = fitted.query === before.query && fitted.key === before.key;
    return fits ? fitted : { ...fitted, ...question };
  }
  if (!isSameText(previous, capture)) return { ...fitted, ...question };
  const query = sameToken(
    queryTokens(previous, before.block)[before.query],
    queryTokens(capture, fitted.block),
  );
  if (query === null) return { ...fitted, ...question };
  const key =
    before.key === null
      ? null
      : sameToken(keyTokens(previous, before.block)[before.key], keyTokens(capture, fitted.block));
  return { ...fitted, query, key };
}

/** Generated tokens, those of a chat template and of files without a text stand for no characters. */
const isGenerated = ({ special, start, end }: Token): boolean => !special && start === end;

/** The token that stands for the same characters, or for the same special token. */
export function sameToken(token: Token | undefined, tokens: readonly Token[]): number | null {
  if (!token) return null;
  if (isGenerated(token)) {
    const there = tokens[token.index];
    return there && isGenerated(there) && there.id === token.id ? token.index : null;
  }
  // Some tokenizers count the white space before a word as a part of it.
  const word = token.start + token.text.search(/\S|$/);
  const at = word < token.end ? word : token.start;
  const isSame = (other: Token): boolean =>
    other.sequence === token.sequence &&
    (token.special
      ? other.special && other.token === token.token
      : !other.special && other.start <= at && at < other.end);
  const there = tokens[token.index];
  if (token.special && there && isSame(there)) return token.index;
  const same = tokens.findIndex(isSame);
  return same >= 0 ? same : null;
}

/** The next layer that can be shown, `step` rows down the overview. */
export function moveLayer(capture: CaptureSummary, locus: Locus, step: 1 | -1): Locus {
  const layers = sitesOf(capture, locus.block).map(site => site.layer);
  const layer = layers[clamp(layers.indexOf(locus.layer) + step, layers.length)] ?? locus.layer;
  return fitLocus(capture, { ...locus, layer }) ?? locus;
}

/** The next head of the same layer. */
export function moveHead(capture: CaptureSummary, locus: Locus, step: 1 | -1): Locus {
  const heads = siteAt(capture, locus.block, locus.layer)?.heads ?? 1;
  const aggregate = isSingleHead(locus) ? locus.aggregate : 'head';
  return { ...locus, head: clamp(locus.head + step, heads), aggregate };
}

/** Whether something read from disk has the shape of a locus. */
export function isLocus(value: unknown): value is Locus {
  if (typeof value !== 'object' || value === null) return false;
  const { block, layer, head, aggregate, query, key } = value as Partial<
    Record<keyof Locus, unknown>
  >;
  return (
    typeof block === 'object' &&
    block !== null &&
    'stack' in block &&
    'kind' in block &&
    [layer, head, query].every(Number.isInteger) &&
    (key === null || Number.isInteger(key)) &&
    AGGREGATES.some(name => name === aggregate)
  );
}
