import { isLocus } from './locus';
import { readOptions, type ViewOptions } from './viewOptions';
import type { Locus } from '../reading/place';
import type { State } from './state';

/** What survives a reload of the window: small, and nothing of the capture itself. */
export interface SavedState {
  readonly locus: Locus | null;
  readonly options: ViewOptions;
}

export const savedState = ({ locus, options }: State): SavedState => ({ locus, options });

/** Reads a saved state; whatever an older version left behind falls back to the defaults. */
export function readSaved(saved: unknown): SavedState {
  const { locus, options } = (saved ?? {}) as { locus?: unknown; options?: unknown };
  return { locus: isLocus(locus) ? locus : null, options: readOptions(options) };
}
