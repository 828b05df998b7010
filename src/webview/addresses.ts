import type { AttentionRow, PairWeights } from '../protocol/capture';
import { headChoice, type Locus, type Slice, type State } from './state';

/** Names of slices: what the host is asked for, and what tells one slice from another. */
export const mapParams = (capture: string, locus: Locus) => ({
  capture,
  block: locus.block,
  layer: locus.layer,
  head: headChoice(locus),
});

export const rowParams = (capture: string, locus: Locus, query: number) => ({
  ...mapParams(capture, locus),
  query,
});

export const pairParams = (capture: string, locus: Locus, key: number) => ({
  capture,
  block: locus.block,
  query: locus.query,
  key,
});

/** One string for one set of parameters. */
export const address = (params: object): string => JSON.stringify(params);

/**
 * The row of a query of the head on show; null while it is on its way, so that no sentence and no
 * number is ever said of another head.
 */
export function shownRow(state: State, query: number | undefined): AttentionRow | null {
  const { capture, locus, row, previewRow } = state;
  if (!capture || !locus || query === undefined) return null;
  const wanted = address(rowParams(capture.id, locus, query));
  return [row, previewRow].find(slice => slice?.at === wanted)?.value ?? null;
}

/** The weights of the locus's pair in every head; null while they are on their way. */
export function shownPair({ capture, locus, pair }: State): PairWeights | null {
  if (!capture || !locus || locus.key === null) return null;
  return valueAt(pair, address(pairParams(capture.id, locus, locus.key)));
}

const valueAt = <T>(slice: Slice<T> | null, wanted: string): T | null =>
  slice?.at === wanted ? slice.value : null;
