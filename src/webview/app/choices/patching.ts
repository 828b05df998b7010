import type { ErrorReport } from '../../../protocol/errors';
import {
  HEAD_PARTS,
  type Direction,
  type HeadPart,
  type PatchMaps,
  type PatchPart,
  type PathEffect,
} from '../../../protocol/patching';
import { oneOf, record } from '../../kit/stored';
import { MEASURE_KINDS } from '../measure';

/** The maps in their order; the last one is of heads, of the part that is chosen. */
export const PATCH_MAPS = ['residual', 'attentionOutput', 'feedForwardOutput', 'heads'] as const;
export type PatchMapName = (typeof PATCH_MAPS)[number];

const readPatching = record({
  /** The map that keys act on, and the one that narrow panels show. */
  map: oneOf<PatchMapName>(PATCH_MAPS, 'residual'),
  /** What of the heads is patched. */
  heads: oneOf<HeadPart>(HEAD_PARTS, 'headOutput'),
  direction: oneOf<Direction>(['intoB', 'intoA'], 'intoB'),
  measure: oneOf(MEASURE_KINDS, MEASURE_KINDS[0]),
});

/** How the Patching view measures and shows. */
export type PatchingOptions = ReturnType<typeof readPatching>;
export const patchingOptions = { patching: readPatching };

/** One cell: a token, or a head, of a layer. */
export interface PatchCell {
  readonly map: PatchMapName;
  readonly layer: number;
  readonly column: number;
}

/** What people chose of the measure, for one pair of runs. */
export interface MeasureChoice {
  /** Of which two captures. */
  readonly of: string;
  /** Entries of the vocabulary; the first choices of A and of B where absent. */
  readonly answer?: number;
  readonly other?: number;
  /** The token whose output is measured; the one that suits where absent. */
  readonly token?: number;
}

/** The maps of two runs by one measure, as far as they are computed. */
export interface PatchRun {
  /** Of which runs, measure, place and direction. */
  readonly at: string;
  /** Shares by part and layer; a row is there once it is computed. */
  readonly rows: ReadonlyMap<string, Float32Array>;
  /** What came with the maps of each part that is whole. */
  readonly done: ReadonlyMap<PatchPart, PatchMaps>;
  readonly error: ErrorReport | null;
  /** Cancelled, or too long to be begun unasked: nothing more is computed until people ask. */
  readonly isStopped: boolean;
}

/** What a path from a head to a later one carries, or why that is not known. */
export interface PathRun {
  readonly at: string;
  readonly effects: readonly PathEffect[] | null;
  readonly error: ErrorReport | null;
}

/** What the Patching view holds of the runs on show. */
export interface PatchingState {
  readonly run: PatchRun | null;
  readonly isRunning: boolean;
  readonly choice: MeasureChoice | null;
  /** The cell that was chosen; the strongest one where none was. */
  readonly cell: PatchCell | null;
  /** The cell that is pointed at. */
  readonly pointed: PatchCell | null;
  readonly path: PathRun | null;
}

export const NO_PATCHING: PatchingState = {
  run: null,
  isRunning: false,
  choice: null,
  cell: null,
  pointed: null,
  path: null,
};

/** Names a row of a part's map. */
export const rowKey = (part: PatchPart, layer: number): string => `${part} ${layer}`;
