import type { Evidence, FindingPlace } from '../../protocol/findings';
import type { ModelCard, Stack } from '../../protocol/model';
import type { ModelRun } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import { stateBars, statesOf, type PlacedState } from './placedStates';
import { outputOf } from './runs';

/** The tokens of a text in one row of a run. */
export interface TextRow {
  readonly run: ModelRun;
  readonly row: number;
  /** Tokens before it in the row, stack by stack; none where absent. */
  readonly from?: { readonly [S in Stack]?: number };
  /** Tokens that it has, stack by stack; all that follow where absent. */
  readonly count?: { readonly [S in Stack]?: number };
}

/** How far numbers may move, of the largest, before it is more than rounding. */
export interface Limits {
  readonly exact: number;
  readonly half: number;
  /** Activations of such models are often rounded by the range of the whole batch. */
  readonly quantised: number;
}

/** Which of some limits a precision has. */
export function limitOf(precision: ModelCard['precision'], limits: Limits): number {
  if (precision === 'int8' || precision === 'int4') return limits.quantised;
  return precision === 'float32' ? limits.exact : limits.half;
}

/** How far numbers of a text may move in another row, of the largest, before it is more than rounding. */
export function roundingOf(precision: ModelCard['precision']): number {
  return limitOf(precision, { exact: 1e-4, half: 2e-2, quantised: 0.2 });
}

/** How far the outputs of a text differ between two rows, of the largest; numbers that are none count as infinite. */
export function outputMoved({ stacks }: ModelCard, a: TextRow, b: TextRow): number {
  const stack = stacks.at(-1) ?? 'encoder';
  return moved(outputOf(a.run), a, outputOf(b.run), b, stack);
}

/**
 * Where the states of a text move between two rows: the first that moves by more than a limit, in the order of
 * computation, and all of them as bars, of which those beyond the limit are marked.
 */
export function whereMoved(
  card: ModelCard,
  a: TextRow,
  b: TextRow,
  limit: number,
): { readonly place: FindingPlace; readonly where: string; readonly evidence: Evidence[] } {
  const states = statesOf(a.run, card);
  const values = new Map(
    states.map(each => {
      const { stack, index, state } = each;
      return [each, moved(state, a, b.run.hiddenStates[stack]?.[index], b, stack)];
    }),
  );
  const valueOf = (state: PlacedState) => values.get(state) ?? NaN;
  const first = states.find(state => valueOf(state) > limit);
  const evidence = stateBars(
    'How far the text’s states move, of the largest, by layer',
    states,
    valueOf,
    value => value > limit,
  );
  return { place: first?.place ?? {}, where: nameOf(first, card), evidence };
}

/** From where on a text moves, as sentences have it. */
function nameOf(first: PlacedState | undefined, { stacks }: ModelCard): string {
  if (!first) return 'in the output';
  const named = stacks.length > 1 ? ` of the ${first.stack}` : '';
  const state = first.index === 0 ? 'the embeddings' : `layer ${first.index - 1}`;
  return `from ${state}${named} on`;
}

function moved(
  first: Tensor | undefined,
  a: TextRow,
  second: Tensor | undefined,
  b: TextRow,
  stack: Stack,
): number {
  const [, lengthA = 0, width = 1] = first?.dims ?? [];
  const [, lengthB = 0] = second?.dims ?? [];
  const [startA, startB] = [a.from?.[stack] ?? 0, b.from?.[stack] ?? 0];
  const tokens = Math.min(
    lengthA - startA,
    lengthB - startB,
    a.count?.[stack] ?? Infinity,
    b.count?.[stack] ?? Infinity,
  );
  const count = Math.max(0, tokens) * width;
  const fromA = (a.row * lengthA + startA) * width;
  const fromB = (b.row * lengthB + startB) * width;
  let [most, largest] = [0, 0];
  for (let i = 0; i < count; i++) {
    const value = first?.data[fromA + i] ?? NaN;
    const difference = Math.abs(value - (second?.data[fromB + i] ?? NaN));
    largest = Math.max(largest, Math.abs(value));
    if (!(difference <= most)) most = Number.isNaN(difference) ? Infinity : difference;
  }
  return most === 0 ? 0 : most / largest;
}
