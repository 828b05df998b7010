import { layerCount } from '../../../protocol/model';
import type { Prediction } from '../../../protocol/outputs';
import {
  STATE_PARTS,
  type HeadPart,
  type Measure,
  type PatchPart,
} from '../../../protocol/patching';
import { addressOf, perState, question, readersOf, type Question } from '../../app/answers';
import type { PatchMapName } from '../../app/choices/patching';
import { measureWith, type MeasuredEntries } from '../../app/measure';
import type { State } from '../../app/state';
import { openingToken, pairKey, pairOf, unfit, type Pair } from './pair';

/** Choices that are offered at the place: the likeliest of either run. */
const CHOICES = 100;

/** The runs, where they can be patched, and where their output is measured. */
export interface Place {
  readonly pair: Pair;
  readonly token: number;
}

/** Where the output is measured; null while there is nothing to patch. */
export const placeOf = perState((state: State): Place | null => {
  const pair = pairOf(state);
  if (!pair || unfit(pair) !== null) return null;
  const { choice } = state.patching;
  const token = choice?.of === pairKey(pair) ? choice.token : undefined;
  return { pair, token: token ?? openingToken(pair) };
});

const METHODS = { ofA: 'predictions', ofB: 'predictions' } as const;

const readers = readersOf(METHODS, (state: State) => {
  const place = placeOf(state);
  if (!place) return {};
  const { pair, token } = place;
  const wanted = { token, count: CHOICES };
  return {
    ofA: { capture: pair.a.id, ...wanted },
    ofB: { capture: pair.b.id, ...wanted },
  };
});

/** What each run predicts at the place. */
export const { questions: patchingQuestions, value: predicted, refusal: whyUnknown } = readers;

/** Entries that can be measured: the likeliest of both runs, those of A first. */
export function entries(state: State): readonly Prediction[] {
  const all = [...(predicted(state, 'ofA')?.best ?? []), ...(predicted(state, 'ofB')?.best ?? [])];
  return [...new Map(all.map(one => [one.id, one])).values()];
}

/** The entry that one run favours most against the other; its first choice where that is another one. */
function favourite(own: readonly Prediction[], others: readonly Prediction[]): number | null {
  const [first] = own;
  if (!first) return null;
  if (first.id !== others[0]?.id) return first.id;
  const elsewhere = new Map(others.map(({ id, probability }) => [id, probability]));
  const gain = ({ id, probability }: Prediction): number => probability - (elsewhere.get(id) ?? 0);
  return own.reduce((best, one) => (gain(one) > gain(best) ? one : best), first).id;
}

/** The two entries that are measured; null while they are not known. */
export function measured(state: State): MeasuredEntries | null {
  const place = placeOf(state);
  const [ofA, ofB] = [predicted(state, 'ofA'), predicted(state, 'ofB')];
  if (!place || !ofA || !ofB) return null;
  const { choice } = state.patching;
  const chosen = choice?.of === pairKey(place.pair) ? choice : null;
  const answer = chosen?.answer ?? favourite(ofA.best, ofB.best);
  const other =
    chosen?.other ??
    [favourite(ofB.best, ofA.best), ...ofB.best.map(({ id }) => id)].find(
      id => id !== null && id !== answer,
    );
  if (answer === null || other === null || other === undefined) return null;
  return { answer, other };
}

/** What is measured; null while that is not known. */
export function measureOf(state: State): Measure | null {
  const both = measured(state);
  return both && measureWith(state.options.patching.measure, both);
}

/** The part whose map a name stands for. */
export const partOf = (state: State, map: PatchMapName): PatchPart =>
  map === 'heads' ? state.options.patching.heads : map;

/** Parts in the order in which they are asked for: together first, then what of the heads is looked at. */
export function partsWanted(heads: HeadPart): readonly (readonly PatchPart[])[] {
  const first = [...STATE_PARTS, 'headOutput'] as const;
  return heads === 'headOutput' ? [first] : [first, [heads]];
}

/** What asks for the maps of some parts; null while it is not known what to ask. */
export function patchQuestion(
  state: State,
  parts: readonly PatchPart[],
): Question<'patching'> | null {
  const place = placeOf(state);
  const measure = measureOf(state);
  if (!place || !measure) return null;
  const { a, b, block } = place.pair;
  const { direction } = state.options.patching;
  return question('patching', {
    before: a.id,
    after: b.id,
    ...(a.model.stacks.length > 1 ? block : {}),
    parts,
    direction,
    measure,
    token: place.token,
  });
}

/** Names the runs, the measure, the place and the direction; null while one of them is not known. */
export const patchAddress = perState((state: State): string | null => {
  const asked = patchQuestion(state, []);
  return asked && addressOf(asked);
});

/** Layers, heads and tokens of the maps. */
export interface MapSize {
  readonly layers: number;
  readonly heads: number;
  readonly tokens: number;
}

/** How large the maps are; null while there is nothing to patch. */
export function mapSize(state: State): MapSize | null {
  const place = placeOf(state);
  if (!place) return null;
  const { a, tokensOfA, block } = place.pair;
  const { stack, kind } = block;
  const heads = a.model.sites
    .filter(site => site.stack === stack && site.kind === kind)
    .reduce((most, site) => Math.max(most, site.heads), 0);
  return { layers: layerCount(a.model, stack), heads, tokens: tokensOfA.length };
}

/** Columns of a map. */
export const columnsOf = ({ heads, tokens }: MapSize, map: PatchMapName): number =>
  map === 'heads' ? heads : tokens;
