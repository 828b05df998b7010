import type { AttentionRow, CaptureSummary, Overview, WeightMap } from '../../protocol/capture';
import type { ErrorReport } from '../../protocol/errors';
import type { ExperimentNote } from '../../protocol/experiment';
import type { FindingsState } from '../../protocol/findings';
import type { PanelApi, PanelEvents, RunState, SideSlot, TextTrace } from '../../protocol/panel';
import type { Params } from '../../protocol/rpc';
import type { SourceFit } from '../../protocol/source';
import { type Answers, NO_ANSWERS, type Slice } from './answers';
import { DEFAULT_OPTIONS, type ViewOptions } from './viewOptions';
import type { Locus } from '../reading/place';
import { OPENING_FINDINGS, type FindingsLook } from './choices/findings';
import { OPENING_STEP, type Step } from './choices/step';
import { NO_INTERVENTIONS, type InterventionsState } from './interventions/list';
import { NO_DIVERGENCE, type DivergenceState } from './choices/divergence';
import { NO_LAYERS, type LayersState } from './choices/layers';
import { NO_PATCHING, type PatchingState } from './choices/patching';
import type { ThemeKind } from '../kit/theme';
import type { Detail } from '../tiles/mapView';
import { NO_POSITIONS, type PositionsState } from './choices/positions';
import type { Range } from '../reading/tokenLookup';

/** A pair that is pointed at and not committed. */
export interface Preview {
  readonly query: number | null;
  readonly key: number | null;
}

/** Numbers of the locus that stay on show until the next are here. */
export interface Slices {
  readonly overview: Slice<Overview> | null;
  readonly map: Slice<WeightMap> | null;
  readonly row: Slice<AttentionRow> | null;
  /** Row of the query that is pointed at. */
  readonly previewRow: Slice<AttentionRow> | null;
  /** The query's row in each head of the layer; fetched while arcs are drawn. */
  readonly layerRows: Slice<readonly AttentionRow[]> | null;
}

/** A trace of a capture's text, or why there is none. */
export type TraceOutcome =
  | { readonly capture: string; readonly value: TextTrace }
  | { readonly capture: string; readonly error: ErrorReport };

/** What came of showing where a step of an attention is written. */
export interface SourceOutcome extends Params<PanelApi, 'openSource'> {
  readonly fit: SourceFit;
}

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
  /** Something beside the Tokens view shows the stages of the run's tokenizer. */
  readonly isTraceWanted: boolean;
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
  /** Of the last step whose source was asked for; null before. */
  readonly sourceOutcome: SourceOutcome | null;
  /** Runs beside the main one. */
  readonly sides: Readonly<Record<SideSlot, RunState>>;
  /** What the checks of the main run's model say. */
  readonly findings: FindingsState;
  /** What people look at in the Findings view. */
  readonly findingsLook: FindingsLook;
  /** What is told of an experiment, beside the run of its text; null where none was opened. */
  readonly experiment: ExperimentNote | null;
  /** What people do to the list of interventions. */
  readonly interventions: InterventionsState;
  /** What the Masking, Positions and Layers views read. */
  readonly answers: Answers;
  /** What people look at in the Positions view. */
  readonly positions: PositionsState;
  /** What the Layers view holds beside its numbers. */
  readonly layers: LayersState;
  /** What the Patching view holds beside its numbers. */
  readonly patching: PatchingState;
  /** What the Divergence view holds beside its numbers. */
  readonly divergence: DivergenceState;
}

export const NO_SLICES: Slices = {
  overview: null,
  map: null,
  row: null,
  previewRow: null,
  layerRows: null,
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
    isTraceWanted: false,
    step: OPENING_STEP,
    keysInSight: { first: 0, last: 0 },
    options: DEFAULT_OPTIONS,
    theme,
    themeVersion: 0,
    tiled: null,
    sliceError: null,
    wishError: null,
    sourceOutcome: null,
    sides: {
      other: { kind: 'empty' },
      before: { kind: 'empty' },
      changed: { kind: 'empty' },
      reordered: { kind: 'empty' },
      equal: { kind: 'empty' },
      reorderedEqual: { kind: 'empty' },
    },
    findings: { kind: 'none' },
    findingsLook: OPENING_FINDINGS,
    experiment: null,
    interventions: NO_INTERVENTIONS,
    answers: NO_ANSWERS,
    positions: NO_POSITIONS,
    layers: NO_LAYERS,
    patching: NO_PATCHING,
    divergence: NO_DIVERGENCE,
  };
}
