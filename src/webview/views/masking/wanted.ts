import type { PanelApi } from '../../../protocol/panel';
import { LARGEST_WHOLE_MAP } from '../../../protocol/tiles';
import { isCross } from '../../reading/capture';
import { perState, readersOf } from '../../app/answers';
import type { State } from '../../app/state';
import { blockPlace, frontPadding, placeOf, type Place, type RunName } from './runPlaces';
import { outputStack, outputToken } from '../../app/output';

/** Everything that the Masking view reads, by name, and the method that reads it. */
export const METHODS = {
  mainMap: 'map',
  otherMap: 'map',
  changedMap: 'map',
  mainRow: 'row',
  otherRow: 'row',
  changedRow: 'row',
  mainPointed: 'row',
  otherPointed: 'row',
  changedPointed: 'row',
  mainShares: 'shares',
  otherShares: 'shares',
  difference: 'difference',
  divergence: 'divergence',
  before: 'predictions',
  after: 'predictions',
  encoderMap: 'map',
  decoderMap: 'map',
  crossMap: 'map',
} as const;
export type Named = keyof typeof METHODS;

export type Wanted = {
  readonly [N in Named]?: Parameters<PanelApi[(typeof METHODS)[N]]>[0];
};

/** Predictions that are listed. */
const PREDICTIONS = 5;

/** Kinds of attention of an encoder–decoder model, as the view shows them side by side. */
export const STACK_MAPS = {
  encoderMap: { stack: 'encoder', kind: 'self' },
  decoderMap: { stack: 'decoder', kind: 'self' },
  crossMap: { stack: 'decoder', kind: 'cross' },
} as const;

/** What the view needs for this state. */
export const wantedFor = perState((state: State): Wanted => work(state));

function work(state: State): Wanted {
  const main = placeOf(state, 'main');
  if (!main || !state.locus) return {};
  const other = placeOf(state, 'other');
  const changed = placeOf(state, 'changed');
  const { query } = state.locus;
  const pointed = state.preview?.query ?? null;
  return {
    ...named('main', main, query, pointed),
    ...(other ? named('other', other, query, pointed) : {}),
    ...(changed ? named('changed', changed, query, pointed) : {}),
    ...(changed ? laidBeside(main, changed) : {}),
    ...output(state, main, changed),
    ...stacks(state),
  };
}

const addressOf = ({ capture, block, layer, head }: Place) => ({
  capture: capture.id,
  block,
  layer,
  head,
});

/** Whether a map is too long to be sent whole. */
export const isTooLong = ({ queries, keys }: Place): boolean =>
  Math.max(queries.tokens.length, keys.tokens.length) > LARGEST_WHOLE_MAP;

function named(run: RunName, place: Place, query: number, pointed: number | null): Wanted {
  const map = addressOf(place);
  const row = place.queries.of(query);
  const pointedRow = place.queries.of(pointed);
  return {
    ...(isTooLong(place) ? {} : { [`${run}Map`]: map }),
    ...(row === null ? {} : { [`${run}Row`]: { ...map, query: row } }),
    ...(pointedRow === null ? {} : { [`${run}Pointed`]: { ...map, query: pointedRow } }),
    ...(isCross(place.block) || run === 'changed'
      ? {}
      : { [`${run}Shares`]: { capture: map.capture, block: place.block } }),
  };
}

function laidBeside(main: Place, changed: Place): Wanted {
  const { capture: before, ...map } = addressOf(main);
  const after = changed.capture.id;
  return {
    ...(isTooLong(changed) ? {} : { difference: { before, after, ...map } }),
    divergence: { before, after },
  };
}

function output(state: State, main: Place, changed: Place | null): Wanted {
  const token = outputToken(state);
  if (token === null) return {};
  const stack = outputStack(main.capture);
  const before = { capture: main.capture.id, token, count: PREDICTIONS };
  if (!changed) return { before };
  const shift = frontPadding(changed.capture, stack) - frontPadding(main.capture, stack);
  return { before, after: { ...before, capture: changed.capture.id, token: token + shift } };
}

function stacks(state: State): Wanted {
  if ((state.capture?.model.stacks.length ?? 0) < 2) return {};
  const wanted = Object.entries(STACK_MAPS).flatMap(([name, block]) => {
    const place = blockPlace(state, block);
    return place && !isTooLong(place) ? [[name, addressOf(place)]] : [];
  });
  return Object.fromEntries(wanted) as Wanted;
}

/** Numbers of the runs that the Masking view lays beside each other. */
export const {
  questions: comparisonQuestions,
  value: compared,
  refusal: comparisonError,
} = readersOf(METHODS, wantedFor);
