import type { Evidence, FindingPlace } from '../../protocol/findings';
import type { ModelCard, Stack } from '../../protocol/model';
import type { ModelRun } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import { bars } from './evidence';

/** A hidden state of a run, and where it comes from: the embeddings are of no layer. */
export interface PlacedState {
  readonly name: string;
  readonly place: FindingPlace;
  readonly stack: Stack;
  readonly index: number;
  readonly state: Tensor;
}

/** The hidden states of a run in the order of computation. */
export function statesOf(
  { hiddenStates }: Pick<ModelRun, 'hiddenStates'>,
  { stacks }: Pick<ModelCard, 'stacks'>,
): PlacedState[] {
  return stacks.flatMap(stack =>
    (hiddenStates[stack] ?? []).map((state, index) => {
      const name = index === 0 ? 'embeddings' : `L${index - 1}`;
      return {
        name: stacks.length > 1 ? `${stack} ${name}` : name,
        place: index === 0 ? { stack } : { stack, layer: index - 1 },
        stack,
        index,
        state,
      };
    }),
  );
}

/** One bar for what comes out of each layer. */
export function stateBars(
  title: string,
  states: readonly PlacedState[],
  valueOf: (state: PlacedState) => number,
  isWrong: (value: number) => boolean,
): Evidence[] {
  const rows = states.map(each => {
    const value = valueOf(each);
    return { name: each.name, value, isWrong: isWrong(value) };
  });
  return [bars(title, rows)];
}
