import type { PositionScheme } from '../../protocol/positions';
import { address } from '../addresses';
import type { Slice, State } from '../state';
import type { PositionsState } from './state';
import { wantedFor, type Named } from './wanted';

type Value<N extends Named> = NonNullable<PositionsState['found'][N]>['value'];

/** What was read under a name, if it is of the locus and the runs on show. */
export function found<N extends Named>(state: State, name: N): Value<N> | null {
  const slice = state.positions.found[name] as Slice<Value<N>> | undefined;
  return valueOf(state, name, slice);
}

/** Why nothing can be read under a name; null where it can, or is not known yet. */
export const positionsError = (state: State, name: Named): string | null =>
  valueOf(state, name, state.positions.errors[name])?.message ?? null;

/** The scheme of the stack on show if it is of this kind; null otherwise. */
export function ownScheme<K extends PositionScheme['kind']>(
  state: State,
  kind: K,
): Extract<PositionScheme, { kind: K }> | null {
  const scheme = found(state, 'scheme')?.scheme;
  return scheme?.kind === kind ? (scheme as Extract<PositionScheme, { kind: K }>) : null;
}

function valueOf<T>(state: State, name: Named, slice: Slice<T> | undefined): T | null {
  const wanted = wantedFor(state)[name];
  return wanted && slice?.at === address(wanted) ? slice.value : null;
}
