import { isSameText } from '../../../protocol/run';
import type { CaptureSummary } from '../../../protocol/capture';
import { changesOf, orderOf, type OrderChange } from '../../../protocol/change';
import { runList } from '../../app/interventions/list';
import type { PanelApi, SideSlot } from '../../../protocol/panel';
import { isCross, queryTokens, textStack } from '../../reading/capture';
import { outputStack, outputToken } from '../../app/output';
import { perState, readersOf } from '../../app/answers';
import type { RunsBeside } from '../../app/sideRuns';
import type { State } from '../../app/state';
import { isPlain, orderedTokens, wishedOrder } from './orders';
import type { PositionScheme } from '../../../protocol/positions';

/** Everything that the Positions view reads, by name, and the method that reads it. */
export const METHODS = {
  scheme: 'positions',
  scores: 'distanceScores',
  ownEffect: 'orderEffect',
  equalEffect: 'orderEffect',
  ownBefore: 'predictions',
  ownAfter: 'predictions',
  equalBefore: 'predictions',
  equalAfter: 'predictions',
} as const;
export type Named = keyof typeof METHODS;

export type Wanted = {
  readonly [N in Named]?: Parameters<PanelApi[(typeof METHODS)[N]]>[0];
};

/** Runs beside the main one that this view asks for. */
export type OrderSlot = Extract<SideSlot, 'reordered' | 'equal' | 'reorderedEqual'>;
export const ORDER_SLOTS: readonly OrderSlot[] = ['reordered', 'equal', 'reorderedEqual'];

/** The two comparisons: what the model's own positions make of another order, and what is left without them. */
export type OrderSide = 'own' | 'equal';

/** Predictions that are listed. */
const PREDICTIONS = 5;

/** The runs that are to be there, with what each is made with; empty where nothing is changed. */
export function wishedRuns(state: State): ReadonlyMap<OrderSlot, OrderChange> {
  const { told } = state.options.positions;
  const order = wishedOrder(state);
  const runs = new Map<OrderSlot, OrderChange>();
  const plain = isPlain(order);
  const sent = plain ? {} : { order };
  if (told !== 'equal' && !plain) runs.set('reordered', { ...sent, positions: 'own' });
  if (told === 'equal' || (told === 'both' && !plain)) {
    runs.set('reorderedEqual', { ...sent, positions: 'equal' });
  }
  if (told === 'both' && !plain) runs.set('equal', { positions: 'equal' });
  return runs;
}

/** The runs in another order: made once people have stopped moving tokens for a while. */
export const orderRuns: RunsBeside = {
  slots: ORDER_SLOTS,
  settled: 400,
  fault: 'wishError',
  wished: state =>
    Array.from(wishedRuns(state), ([slot, order]) => ({
      slot,
      model: null,
      text: null,
      changes: [...changesOf({ order }), ...runList(state)],
    })),
};

/** A run of a slot, if it is of the text on show and made as wished. */
export function orderRun(state: State, slot: OrderSlot): CaptureSummary | null {
  const { capture: main, sides } = state;
  const side = sides[slot];
  const wish = wishedRuns(state).get(slot);
  if (!main || !wish || side.kind !== 'ready') return null;
  const { capture } = side;
  const isSame =
    isSameText(capture, main) &&
    capture.model.path === main.model.path &&
    capture.target === main.target;
  const made = orderOf(capture);
  return isSame && made?.positions === wish.positions && sameOrder(made.order, wish.order)
    ? capture
    : null;
}

const sameOrder = (a: OrderChange['order'], b: OrderChange['order']): boolean =>
  a === b || (a ?? []).join() === (b ?? []).join();

/** The runs that are compared; null while one of them is not there. */
export function comparedRuns(
  state: State,
  side: OrderSide,
): { readonly before: CaptureSummary; readonly after: CaptureSummary } | null {
  const { capture, options } = state;
  const isBoth = options.positions.told === 'both';
  const after = orderRun(state, side === 'own' ? 'reordered' : 'reorderedEqual');
  const before = side === 'equal' && isBoth ? orderRun(state, 'equal') : capture;
  return before && after ? { before, after } : null;
}

/** Place of a token of the main run's output in a run with another order. */
export function placeAfter(state: State, token: number): number {
  const { capture } = state;
  if (!capture || outputStack(capture) !== textStack(capture)) return token;
  const place = wishedOrder(state).indexOf(token);
  return place < 0 ? token : place;
}

/** What the view needs for this state. */
export const wantedFor = perState((state: State): Wanted => work(state));

/** Whether queries and keys stand in one sequence, of more than one token. */
export const hasDistances = ({ capture, locus }: State): boolean =>
  capture !== null &&
  locus !== null &&
  !isCross(locus.block) &&
  queryTokens(capture, locus.block).length > 1;

function work(state: State): Wanted {
  const { capture, locus } = state;
  if (!capture || !locus) return {};
  const { stack, kind } = locus.block;
  const head = { stack, kind, layer: locus.layer, head: locus.head };
  return {
    scheme: { capture: capture.id, stack },
    ...(hasDistances(state) ? { scores: { capture: capture.id, ...head } } : {}),
    ...(orderedTokens(capture).length > 0
      ? { ...side(state, 'own'), ...side(state, 'equal') }
      : {}),
  };
}

function side(state: State, name: OrderSide): Wanted {
  const runs = comparedRuns(state, name);
  const token = outputToken(state);
  const block = state.locus?.block;
  if (!runs || token === null || !block) return {};
  const { before, after } = runs;
  const predicted = (capture: string, at: number) => ({ capture, token: at, count: PREDICTIONS });
  return {
    [`${name}Effect`]: { before: before.id, after: after.id, block },
    [`${name}Before`]: predicted(before.id, token),
    [`${name}After`]: predicted(after.id, placeAfter(state, token)),
  };
}

/** What the Positions view reads. */
export const {
  questions: positionQuestions,
  value: found,
  refusal: positionsError,
} = readersOf(METHODS, wantedFor);

/** The scheme of the stack on show if it is of this kind; null otherwise. */
export function ownScheme<K extends PositionScheme['kind']>(
  state: State,
  kind: K,
): Extract<PositionScheme, { kind: K }> | null {
  const scheme = found(state, 'scheme')?.scheme;
  return scheme?.kind === kind ? (scheme as Extract<PositionScheme, { kind: K }>) : null;
}
