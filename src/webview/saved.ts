import { HEAD_ROLES } from '../protocol/headFacts';
import { COLOR_MAPS } from './color/maps';
import { SCALES } from './color/palette';
import { LONGEST_WATCH, MOST_WATCHES } from './computation/options';
import { readLayers } from './layers/options';
import { isLocus } from './locus';
import { readMasking } from './masking/options';
import { readPositions } from './positions/options';
import type { Locus } from './place';
import { DEFAULT_OPTIONS, THRESHOLDS, type State, type ViewOptions } from './state';

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
  const { picture, threshold, grouping, roles, watches } = options ?? {};
  return {
    locus: isLocus(locus) ? locus : null,
    options: {
      scale: SCALES.find(name => name === scale) ?? null,
      colorMap: COLOR_MAPS.find(name => name === colorMap) ?? DEFAULT_OPTIONS.colorMap,
      specialTokens: specialTokens ?? DEFAULT_OPTIONS.specialTokens,
      picture: picture === 'arcs' ? 'arcs' : 'map',
      threshold: THRESHOLDS.find(step => step === threshold) ?? DEFAULT_OPTIONS.threshold,
      grouping: grouping === 'word' ? 'word' : 'token',
      roles: HEAD_ROLES.filter(role => Array.isArray(roles) && roles.includes(role)),
      table: table ?? DEFAULT_OPTIONS.table,
      view: view ?? DEFAULT_OPTIONS.view,
      compareWith: compareWith ?? DEFAULT_OPTIONS.compareWith,
      masking: readMasking(options?.masking),
      positions: readPositions(options?.positions),
      layers: readLayers(options?.layers),
      watches: Array.isArray(watches)
        ? watches
            .filter(one => typeof one === 'string' && one.length <= LONGEST_WATCH)
            .slice(0, MOST_WATCHES)
        : DEFAULT_OPTIONS.watches,
      folded: Array.isArray(folded) ? folded.filter(name => typeof name === 'string') : [],
    },
  };
}
