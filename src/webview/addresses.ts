import type { AttentionRow, CaptureSummary, Grouping, PairWeights } from '../protocol/capture';
import type { HeadFacts } from '../protocol/headFacts';
import { isCross, queryTokens } from './capture';
import { headChoice, type Locus } from './place';
import type { Slice } from './slice';
import type { State } from './state';
import { queryUnits } from './units';

const layerParams = (capture: string, locus: Locus, grouping: Grouping) => ({
  capture,
  block: locus.block,
  layer: locus.layer,
  ...(locus.aggregate === 'norm' ? { measure: 'norm' as const } : {}),
  ...(grouping === 'word' ? { grouping } : {}),
});

/** Names of slices: what the host is asked for, and what tells one slice from another. */
export const mapParams = (capture: string, locus: Locus, grouping: Grouping) => ({
  ...layerParams(capture, locus, grouping),
  head: headChoice(locus),
});

/** The row of a query, which is a token of the capture; rows of words are asked for by word. */
export const rowParams = (
  capture: CaptureSummary,
  locus: Locus,
  grouping: Grouping,
  query: number,
) => ({
  ...mapParams(capture.id, locus, grouping),
  query: queryUnits(capture, locus.block, grouping).of(query),
});

/** The same query's row in each head of the layer. */
export const layerRowsParams = (capture: CaptureSummary, locus: Locus, grouping: Grouping) => ({
  ...layerParams(capture.id, locus, grouping),
  query: queryUnits(capture, locus.block, grouping).of(locus.query),
});

export const pairParams = (capture: string, locus: Locus, key: number) => ({
  capture,
  block: locus.block,
  query: locus.query,
  key,
});

/** What the model predicts at each token of the target; null for other kinds of attention. */
export const predictedParams = (capture: CaptureSummary, locus: Locus) =>
  isCross(locus.block)
    ? { capture: capture.id, tokens: queryTokens(capture, locus.block).length }
    : null;

/** One string for one set of parameters. */
export const address = (params: object): string => JSON.stringify(params);

/**
 * The row of a query of the head on show; null while it is on its way, so that no sentence and no
 * number is ever said of another head.
 */
export function shownRow(state: State, query: number | undefined): AttentionRow | null {
  const { capture, locus, row, previewRow, options } = state;
  if (!capture || !locus || query === undefined) return null;
  const wanted = address(rowParams(capture, locus, options.grouping, query));
  return [row, previewRow].find(slice => slice?.at === wanted)?.value ?? null;
}

/** The row of the locus's query in each head of the layer; null while they are on their way. */
export function shownLayerRows(state: State): readonly AttentionRow[] | null {
  const { capture, locus, layerRows, options } = state;
  if (!capture || !locus) return null;
  return valueAt(layerRows, address(layerRowsParams(capture, locus, options.grouping)));
}

/** The weights of the locus's pair in every head; null while they are on their way. */
export function shownPair({ capture, locus, pair }: State): PairWeights | null {
  if (!capture || !locus || locus.key === null) return null;
  return valueAt(pair, address(pairParams(capture.id, locus, locus.key)));
}

/** Roles and other facts of the heads of the block; null while they are on their way. */
export function shownHeadFacts({ capture, locus, headFacts }: State): HeadFacts | null {
  if (!capture || !locus) return null;
  return valueAt(headFacts, address({ capture: capture.id, block: locus.block }));
}

/** Why the map on show cannot be had; null where it can. */
export function mapRefusal({ capture, locus, options, mapError }: State): string | null {
  if (!capture || !locus) return null;
  const at = address(mapParams(capture.id, locus, options.grouping));
  return valueAt(mapError, at)?.message ?? null;
}

/** What the model predicts at each token of the target, as people read it; null where unknown. */
export function shownPredicted({ capture, locus, predicted }: State): readonly string[] | null {
  const params = capture && locus && predictedParams(capture, locus);
  return params ? valueAt(predicted, address(params)) : null;
}

const valueAt = <T>(slice: Slice<T> | null, wanted: string): T | null =>
  slice?.at === wanted ? slice.value : null;
