import type { ShownComputation, ComputationOutcome } from './state';
import type { State } from '../state';

/** Texts of up to this many keys have their vectors fetched whole; longer ones in chunks. */
const WHOLE_UP_TO = 256;
const CHUNK = 128;

/** Keys in one chunk of a text of `keys` keys. */
export const chunkSize = (keys: number): number => (keys <= WHOLE_UP_TO ? keys : CHUNK);

/** Name of a head's computation for one query: what the host is asked for. */
export function computationParams({ capture, locus }: Pick<State, 'capture' | 'locus'>) {
  if (!capture || !locus) return null;
  const { block, layer, head, query } = locus;
  return { capture: capture.id, stack: block.stack, kind: block.kind, layer, head, query };
}

/** The computation at the locus; null while it is on its way. */
export function shownComputation(state: State): ShownComputation | null {
  const found = outcomeAtLocus(state);
  return found && 'value' in found ? found : null;
}

/** Why there is no computation at the locus; null where there is, or while it is on its way. */
export function computationError(state: State): string | null {
  const found = outcomeAtLocus(state);
  return found && 'error' in found ? found.error.message : null;
}

function outcomeAtLocus(state: State): ComputationOutcome | null {
  const params = computationParams(state);
  return params && state.computation?.at === JSON.stringify(params) ? state.computation : null;
}

/** One of a key's vectors `[headDim]`; null while its chunk is on its way, or where there is none. */
export function keyVector(
  { value, chunks }: ShownComputation,
  part: 'k' | 'kUnrotated' | 'v',
  key: number,
): Float32Array | null {
  const { headDim } = value;
  const size = chunkSize(value.weights.length);
  const chunk = chunks.get(Math.floor(key / size) * size);
  const vectors = chunk?.[part];
  if (!chunk || !vectors) return null;
  const start = (key - chunk.from) * headDim;
  return vectors.subarray(start, start + headDim);
}
