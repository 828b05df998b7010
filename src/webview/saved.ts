import { COLOR_MAPS } from './color/maps';
import { SCALES } from './color/palette';
import { isLocus } from './locus';
import { DEFAULT_OPTIONS, type Locus, type State, type ViewOptions } from './state';

/** What survives a reload of the window: small, and nothing of the capture itself. */
export interface SavedState {
  readonly locus: Locus | null;
  readonly options: ViewOptions;
}

export const savedState = ({ locus, options }: State): SavedState => ({ locus, options });

/** Reads a saved state; whatever an older version left behind falls back to the defaults. */
export function readSaved(saved: unknown): SavedState {
  const { locus, options } = (saved ?? {}) as { locus?: unknown; options?: Partial<ViewOptions> };
  const { scale, colorMap, specialTokens, table, view, folded, compareWith } = options ?? {};
  return {
    locus: isLocus(locus) ? locus : null,
    options: {
      scale: SCALES.find(name => name === scale) ?? null,
      colorMap: COLOR_MAPS.find(name => name === colorMap) ?? DEFAULT_OPTIONS.colorMap,
      specialTokens: specialTokens ?? DEFAULT_OPTIONS.specialTokens,
      table: table ?? DEFAULT_OPTIONS.table,
      view: view ?? DEFAULT_OPTIONS.view,
      compareWith: compareWith ?? DEFAULT_OPTIONS.compareWith,
      folded: Array.isArray(folded) ? folded.filter(name => typeof name === 'string') : [],
    },
  };
}
