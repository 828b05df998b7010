import type { Evidence, FindingPlace } from '../../protocol/findings';
import type { ModelCard, Stack } from '../../protocol/model';
import type { ModelRun } from '../model/run';
import type { Tensor } from '../runtime/tensor';
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

/** How far numbers of a text may move in another row, of the largest, before it is more than rounding. */
export function roundingOf(precision: ModelCard['precision']): number {
  if (precision === 'float32') return 1e-4;
  return isQuantised(precision) ? 0.2 : 2e-2;
}

/** Activations of such models are often rounded by the range of the whole batch. */
export function isQuantised(precision: ModelCard['precision']): boolean {
  return precision === 'int8' || precision === 'int4';
}

/** How far the outputs of a text differ between two rows, of the largest; numbers that are none count as infinite. */
export function outputMoved({ stacks }: ModelCard, a: TextRow, b: TextRow): number {
  const stack = stacks.at(-1) ?? 'encoder';
  return moved(outputOf(a.run), a, outputOf(b.run), b, stack);
}

/** Where a text first moves by more than a limit between two rows, in the order of computation. */
export function firstMoved(
  { stacks }: ModelCard,
  a: TextRow,
  b: TextRow,
  limit: number,
): { readonly place: FindingPlace; readonly where: string } {
  for (const stack of stacks) {
    const states = a.run.hiddenStates[stack] ?? [];
    const at = states.findIndex(
      (state, i) => moved(state, a, b.run.hiddenStates[stack]?.[i], b, stack) > limit,
    );
    const named = stacks.length > 1 ? ` of the ${stack}` : '';
    if (at === 0) return { place: { stack }, where: `from the embeddings${named} on` };
    if (at > 0)
      return { place: { stack, layer: at - 1 }, where: `from layer ${at - 1}${named} on` };
  }
  return { place: {}, where: 'in the output' };
}

/** How far each layer's states of a text move between two rows, as bars; those beyond a limit are marked. */
export function movedBars({ stacks }: ModelCard, a: TextRow, b: TextRow, limit: number): Evidence {
  const rows = stacks.flatMap(stack => {
    const named = stacks.length > 1 ? `${stack} ` : '';
    return (a.run.hiddenStates[stack] ?? []).map((state, i) => {
      const value = moved(state, a, b.run.hiddenStates[stack]?.[i], b, stack);
      const name = `${named}${i === 0 ? 'embeddings' : `L${i - 1}`}`;
      return { name, value, isWrong: value > limit };
    });
  });
  return { kind: 'bars', title: 'How far the text’s states move, of the largest, by layer', rows };
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
