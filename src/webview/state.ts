import type {
  AttentionRow,
  CaptureSummary,
  Grouping,
  Overview,
  PairWeights,
  WeightMap,
} from '../protocol/capture';
import type { ErrorReport } from '../protocol/errors';
import type { HeadFacts, HeadRole } from '../protocol/headFacts';
import type { PanelEvents, RunState, SideSlot, TextTrace } from '../protocol/panel';
import { NO_ANSWERS, type Answers } from './answers';
import type { Locus } from './place';
import type { Slice } from './slice';
import type { ColorMapName } from './color/maps';
import type { ScaleName } from './color/palette';
import type { ComputationOutcome } from './computation/state';
import { OPENING_STEP, type Step } from './computation/step';
import { DEFAULT_WATCHES } from './computation/options';
import { DEFAULT_LAYERS, type LayersOptions } from './layers/options';
import { NO_LAYERS, type LayersState } from './layers/state';
import type { ThemeKind } from './theme';
import type { Detail } from './tiles/mapView';
import { DEFAULT_MASKING, type MaskingOptions } from './masking/options';
import { DEFAULT_POSITIONS, type PositionsOptions } from './positions/options';
import { NO_POSITIONS, type PositionsState } from './positions/state';
import type { Range } from './tokenization/lookup';

/** Arcs of less than one of these can be left out. */
export const THRESHOLDS = [0.01, 0.02, 0.05, 0.1, 0.2] as const;

/** A pair that is pointed at and not committed. */
export interface Preview {
  readonly query: number | null;
  readonly key: number | null;
}

/** How things are shown; kept across reloads. */
export interface ViewOptions {
  /** Null chooses by length: linear up to 64 tokens, logarithmic above. */
  readonly scale: ScaleName | null;
  readonly colorMap: ColorMapName;
  readonly specialTokens: boolean;
  readonly table: boolean;
  /** Cells, or arcs between two columns of tokens. */
  readonly picture: 'map' | 'arcs';
  /** Arcs of less weight are left out. */
  readonly threshold: number;
  readonly grouping: Grouping;
  /** Heads of other roles are dimmed in the overview; empty for no filter. */
  readonly roles: readonly HeadRole[];
  /** Name of the open view. */
  readonly view: string;
  /** Titles of the sections that are folded away in narrow panels. */
  readonly folded: readonly string[];
  /** Reference of the model whose tokenizer stands beside the run's own; empty for none. */
  readonly compareWith: string;
  /** Expressions that the computation shows the value of. */
  readonly watches: readonly string[];
  readonly masking: MaskingOptions;
  readonly positions: PositionsOptions;
  readonly layers: LayersOptions;
}

export interface Slices {
  readonly overview: Slice<Overview> | null;
  readonly map: Slice<WeightMap> | null;
  readonly row: Slice<AttentionRow> | null;
  /** Row of the query that is pointed at. */
  readonly previewRow: Slice<AttentionRow> | null;
  readonly pair: Slice<PairWeights> | null;
  readonly headFacts: Slice<HeadFacts> | null;
  /** The query's row in each head of the layer; fetched while arcs are drawn. */
  readonly layerRows: Slice<readonly AttentionRow[]> | null;
  /** What the model predicts at each token of the target, as people read it. */
  readonly predicted: Slice<readonly string[]> | null;
  /** Why the model, or this kind of attention, has no such map. */
  readonly mapError: Slice<ErrorReport> | null;
  readonly headFactsError: Slice<ErrorReport> | null;
}

/** A trace of a capture's text, or why there is none. */
export type TraceOutcome =
  | { readonly capture: string; readonly value: TextTrace }
  | { readonly capture: string; readonly error: ErrorReport };

export interface State extends Slices {
  readonly run: RunState;
  /** What was shown last; stays, dimmed, while something else runs. */
  readonly capture: CaptureSummary | null;
  readonly models: PanelEvents['models'];
  readonly cursorTokens: readonly number[];
  readonly locus: Locus | null;
  readonly preview: Preview | null;
  /** Characters of the text that are pointed at. */
  readonly pointed: Range | null;
  /** How the run's tokenizer and the one beside it split the text; null while unknown. */
  readonly trace: TraceOutcome | null;
  readonly otherTrace: TraceOutcome | null;
  /** Every step of the head at the locus; null while unknown. */
  readonly computation: ComputationOutcome | null;
  /** Where the computation is paused. */
  readonly step: Step;
  /** Keys whose vectors are on the screen. */
  readonly keysInSight: { readonly first: number; readonly last: number };
  readonly options: ViewOptions;
  readonly theme: ThemeKind;
  /** Counts theme changes, so that canvases are drawn again when only colours changed. */
  readonly themeVersion: number;
  /** How far the picture of a long map has come; null where none was drawn yet. */
  readonly tiled: Detail | null;
  /** Why the numbers of the capture could not be fetched. */
  readonly sliceError: ErrorReport | null;
  /** Why something that people asked for could not be done; the numbers on show are not concerned. */
  readonly wishError: ErrorReport | null;
  /** Runs beside the main one. */
  readonly sides: Readonly<Record<SideSlot, RunState>>;
  /** What the Masking, Positions and Layers views read. */
  readonly answers: Answers;
  /** What people look at in the Positions view. */
  readonly positions: PositionsState;
  /** What the Layers view holds beside its numbers. */
  readonly layers: LayersState;
}

export const DEFAULT_OPTIONS: ViewOptions = {
  scale: null,
  colorMap: 'Tide',
  specialTokens: true,
  picture: 'map',
  threshold: 0.05,
  grouping: 'token',
  roles: [],
  table: false,
  view: 'attention',
  folded: [],
  compareWith: '',
  watches: DEFAULT_WATCHES,
  masking: DEFAULT_MASKING,
  positions: DEFAULT_POSITIONS,
  layers: DEFAULT_LAYERS,
};

export const NO_SLICES: Slices = {
  overview: null,
  map: null,
  row: null,
  previewRow: null,
  pair: null,
  headFacts: null,
  layerRows: null,
  predicted: null,
  mapError: null,
  headFactsError: null,
};

/** The state before the host has said anything. */
export function initialState(theme: ThemeKind): State {
  return {
    ...NO_SLICES,
    run: { kind: 'empty' },
    capture: null,
    models: { choices: [], current: '' },
    cursorTokens: [],
    locus: null,
    preview: null,
    pointed: null,
    trace: null,
    otherTrace: null,
    computation: null,
    step: OPENING_STEP,
    keysInSight: { first: 0, last: 0 },
    options: DEFAULT_OPTIONS,
    theme,
    themeVersion: 0,
    tiled: null,
    sliceError: null,
    wishError: null,
    sides: {
      other: { kind: 'empty' },
      changed: { kind: 'empty' },
      reordered: { kind: 'empty' },
      equal: { kind: 'empty' },
      reorderedEqual: { kind: 'empty' },
    },
    answers: NO_ANSWERS,
    positions: NO_POSITIONS,
    layers: NO_LAYERS,
  };
}
