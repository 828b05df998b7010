import type { ErrorReport } from '../../protocol/errors';
import type { PanelApi } from '../../protocol/panel';
import { address } from '../addresses';
import type { Slice, State } from '../state';
import { wantedFor, type METHODS, type Named } from './wanted';

type Found<N extends Named> = Awaited<ReturnType<PanelApi[(typeof METHODS)[N]]>>;

/** Numbers of the runs that the Masking view lays beside each other, and why some are not there. */
export interface Comparisons {
  readonly found: { readonly [N in Named]?: Slice<Found<N>> };
  readonly errors: { readonly [N in Named]?: Slice<ErrorReport> };
}

export const NO_COMPARISONS: Comparisons = { found: {}, errors: {} };

/** What was read under a name, if it is of the locus and the runs on show. */
export function compared<N extends Named>(state: State, name: N): Found<N> | null {
  return valueOf(state, name, state.comparisons.found[name]);
}

/** Why nothing can be read under a name. */
export function comparisonError(state: State, name: Named): string | null {
  return valueOf(state, name, state.comparisons.errors[name])?.message ?? null;
}

function valueOf<T>(state: State, name: Named, slice: Slice<T> | undefined): T | null {
  const wanted = wantedFor(state)[name];
  return wanted && slice?.at === address(wanted) ? slice.value : null;
}
