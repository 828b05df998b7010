import { InspectorError } from '../../protocol/errors';
import type { Stack } from '../../protocol/model';
import type { ModelRun } from '../model/run';
import type { Tensor } from '../runtime/tensor';

/**
 * The residual stream of a stack: state 0 the embeddings, state i after i layers, `[rows, tokens,
 * modelDim]` each, the last one before any final normalisation.
 * @param name of the model, for people
 * @throws InspectorError `not-captured`
 */
export function statesOf(
  { hiddenStates, lastResidual }: Pick<ModelRun, 'hiddenStates' | 'lastResidual'>,
  stack: Stack,
  name: string,
): readonly [Tensor, ...Tensor[]] {
  const states = hiddenStates[stack];
  const last = lastResidual[stack];
  const [first, ...others] = [...(states?.slice(0, -1) ?? []), ...(last ? [last] : [])];
  const isWhole = states !== undefined && last !== undefined;
  if (isWhole && first && others.every(({ data }) => data.length === first.data.length)) {
    return [first, ...others];
  }
  throw new InspectorError(
    'not-captured',
    `The hidden states of the ${stack} of ${name} could not all be read, so nothing can be said layer by layer. Choose another export of the model.`,
  );
}

/**
 * Some tokens of every state, one after the other `[states, tokens, modelDim]`.
 * @param places of the tokens, counted over all rows
 */
export function gathered(states: readonly Tensor[], places: readonly number[]): Tensor {
  const modelDim = states[0]?.dims[2] ?? 0;
  const data = new Float32Array(states.length * places.length * modelDim);
  for (const [i, state] of states.entries()) {
    for (const [j, place] of places.entries()) {
      const from = place * modelDim;
      const vector = state.data.subarray(from, from + modelDim);
      data.set(vector, (i * places.length + j) * modelDim);
    }
  }
  return { dims: [states.length, places.length, modelDim], data };
}
