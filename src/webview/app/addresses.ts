import type {
  AttentionRow,
  Block,
  CaptureSummary,
  Grouping,
  PairWeights,
} from '../../protocol/capture';
import type { HeadFacts } from '../../protocol/headFacts';
import {
  answerTo,
  perParts,
  perState,
  question,
  type Question,
  type Questions,
  refusalOf,
  type Slice,
} from './answers';
import { isCross, isLong, isTiled, queryTokens } from '../reading/capture';
import { headChoice, type Locus } from '../reading/place';
import type { State } from './state';
import { queryUnits } from '../reading/units';

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

const written = new WeakMap<object, string>();

/** One string for one set of parameters. */
export function address(params: object): string {
  const known = written.get(params) ?? JSON.stringify(params);
  written.set(params, known);
  return known;
}

/**
 * The row of a query of the head on show; null while it is on its way, so that no sentence and no
 * number is ever said of another head.
 */
export function shownRow(state: State, query: number | undefined): AttentionRow | null {
  const { capture, locus, row, previewRow, preview, options } = state;
  if (!capture || !locus || query === undefined) return null;
  const asked = locusQuestions(state);
  const params =
    (query === locus.query && asked?.row.params) ||
    (query === preview?.query && asked?.previewRow?.params) ||
    rowParams(capture, locus, options.grouping, query);
  const wanted = address(params);
  return [row, previewRow].find(slice => slice?.at === wanted)?.value ?? null;
}

/** The row of the locus's query in each head of the layer; null while they are on their way. */
export function shownLayerRows(state: State): readonly AttentionRow[] | null {
  const { capture, locus, layerRows, options } = state;
  if (!capture || !locus) return null;
  return valueAt(layerRows, address(layerRowsParams(capture, locus, options.grouping)));
}

const valueAt = <T>(slice: Slice<T> | null, wanted: string): T | null =>
  slice?.at === wanted ? slice.value : null;

/** What the locus calls for; undefined without a result. */
const placeQuestions = perParts(
  ({ capture, locus, options: { grouping, picture } }: State) =>
    [capture, locus, grouping, picture] as const,
  (capture, locus, grouping, picture) => {
    if (!capture || !locus) return undefined;
    const { id } = capture;
    const { block, key, query } = locus;
    const layerRows = question('layerRows', layerRowsParams(capture, locus, grouping));
    return {
      overview: question('overview', { capture: id, block }),
      map: isTiled(capture, locus, grouping)
        ? undefined
        : question('map', mapParams(id, locus, grouping)),
      row: question('row', rowParams(capture, locus, grouping, query)),
      headFacts: question('headFacts', { capture: id, block }),
      layerRows: picture === 'arcs' ? layerRows : undefined,
      pair: key === null ? undefined : question('pair', { capture: id, block, query, key }),
    };
  },
);

const previewQuestion = perParts(
  ({ capture, locus, preview, options: { grouping } }: State) =>
    [capture, locus, preview?.query ?? null, grouping] as const,
  (capture, locus, query, grouping) =>
    capture && locus && query !== null
      ? question('row', rowParams(capture, locus, grouping, query))
      : undefined,
);

/** What the locus and the preview call for, whichever view is open; undefined without a result. */
export const locusQuestions = perState((state: State) => {
  const atLocus = placeQuestions(state);
  return atLocus && { ...atLocus, previewRow: previewQuestion(state) };
});

/** Whether maps are worked out from others, which not every model or kind of attention allows. */
export const isDerived = ({ aggregate }: Locus): boolean =>
  aggregate === 'rollout' || aggregate === 'norm';

/** Why the model, or this kind of attention, has no such map as is on show; null where it has one. */
export function mapRefusal(state: State): string | null {
  const { capture, locus } = state;
  if (!capture || !locus || !(isDerived(locus) || isLong(capture, locus.block))) return null;
  return refusalOf(state, locusQuestions(state)?.map)?.message ?? null;
}

/** The weights of the locus's pair in every head; null while they are on their way. */
export const shownPair = (state: State): PairWeights | null =>
  answerTo(state, locusQuestions(state)?.pair) ?? null;

/** Roles and other facts of the heads of the block; null while they are on their way. */
export const shownHeadFacts = (state: State): HeadFacts | null =>
  answerTo(state, locusQuestions(state)?.headFacts) ?? null;

/** Why nothing is known of the heads of the block; null where something is, or may yet be. */
export const headFactsRefusal = (state: State): string | null =>
  refusalOf(state, locusQuestions(state)?.headFacts)?.message ?? null;

type Predictions = readonly Question<'predictions'>[];
let latest: { readonly capture: CaptureSummary; readonly asked: Predictions } | undefined;
const texts = new WeakMap<Predictions, readonly string[]>();

/** The most probable entry at each token of the target; none for other kinds of attention. */
function predictionsAt(capture: CaptureSummary, block: Block): Predictions {
  if (!isCross(block)) return [];
  if (latest?.capture !== capture) {
    const asked = queryTokens(capture, block).map((_, token) =>
      question('predictions', { capture: capture.id, token, count: 1 }),
    );
    latest = { capture, asked };
  }
  return latest.asked;
}

export const predictedQuestions = ({ capture }: State, block: Block | undefined): Questions =>
  capture && block
    ? Object.fromEntries(
        predictionsAt(capture, block).map((asked, token) => [`predicted ${token}`, asked]),
      )
    : {};

/** What the model predicts at each token of a block's target, as people read it; null where unknown. */
export function shownPredicted(
  state: State,
  block: Block | undefined = state.locus?.block,
): readonly string[] | null {
  const { capture } = state;
  if (!capture || !block || !isCross(block)) return null;
  const asked = predictionsAt(capture, block);
  const known = texts.get(asked);
  if (known) return known;
  const found = asked.flatMap(one => answerTo(state, one) ?? []);
  if (found.length < asked.length) return null;
  const best = found.map(one => one.best[0]?.text ?? '');
  texts.set(asked, best);
  return best;
}
