import * as v from 'valibot';
import { InspectorError, type ErrorReport } from './errors';
import type {
  AttentionRow,
  Block,
  CaptureSummary,
  InspectProgress,
  LayerRows,
  Overview,
  PairWeights,
  WeightMap,
} from './capture';
import { MOST_PADDING } from './change';
import type { HostCommand } from './commands';
import type { Difference, Shares } from './comparison';
import type { Computation } from './computation';
import { MOST_INPUTS, MOST_NUMBERS } from './feeds';
import type { HeadFacts } from './headFacts';
import type { Attribution, Distribution, Lens, Residuals } from './layers';
import type { Divergence, Predictions } from './outputs';
import type { DistanceScores, OrderEffect, Positions } from './positions';
import type { ProbeLabels, ProbeReport, SyntaxReport } from './probes';
import type { RowStatistics, Tile, TilePlan, Vectors } from './tiles';
import type { Checks } from './rpc';
import type { TokenTrace } from './tokenTrace';

/** A model that people can choose. */
export interface ModelChoice {
  /** Absolute path, or `encoder` / `decoder` for the bundled ones: what the setting holds. */
  readonly reference: string;
  readonly label: string;
  readonly detail: string;
}

/** How a tokenizer splits the text of the run. */
export interface TextTrace {
  /** Whose tokenizer it is. */
  readonly model: ModelChoice;
  /** What was traced: the beginning of a text that is too long to look through. */
  readonly text: string;
  readonly trace: TokenTrace;
}

/** A remedy that a failed run offers. */
export const REMEDY_IDS = [
  'runAgain',
  'showLog',
  'chooseModel',
  'openSettings',
  'inspectLine',
  'openCapture',
  'moveWindow',
  'nextWindow',
  'previousWindow',
  'chooseTokenizer',
  'howToExport',
  'openSample',
  'openWalkthrough',
] as const;
export type RemedyId = (typeof REMEDY_IDS)[number];

/** What a result was made with, beside its text, and is no longer what is chosen. */
export type ChangedPart = 'model' | 'maximumTokens' | 'tokenizer';

/** What the panel shows; the extension host holds it, the webview draws it. */
export type RunState =
  | { readonly kind: 'empty' }
  | { readonly kind: 'running'; readonly progress: InspectProgress }
  | {
      readonly kind: 'ready';
      readonly capture: CaptureSummary;
      /** The editor's text changed since the run. */
      readonly stale: boolean;
      /** Reference of the model that made the result; absent for a file. */
      readonly model?: string;
      /** What is no longer as it was when the result was made; absent while all of it is. */
      readonly changed?: readonly ChangedPart[];
      /** Windows of a long text that were run before this one; absent for its first. */
      readonly window?: number;
    }
  | {
      readonly kind: 'failed';
      readonly error: ErrorReport;
      readonly remedies: readonly RemedyId[];
    };

/** Runs beside the main one. */
export const SIDE_SLOTS = [
  /** Another model or text. */
  'other',
  /** The same with its mask changed. */
  'changed',
  /** The same in another order. */
  'reordered',
  /** The same with all positions equal, in the order of the text and in another one. */
  'equal',
  'reorderedEqual',
] as const;
export type SideSlot = (typeof SIDE_SLOTS)[number];

/** Where one of our pages stands, for the others to follow. */
export interface SharedLocus {
  /** The main run's capture: a locus means nothing in another one. */
  readonly capture: string;
  readonly block: Block;
  readonly layer: number;
  readonly head: number;
  readonly aggregate: 'head' | 'mean' | 'max' | 'rollout' | 'norm';
  readonly query: number;
  readonly key: number | null;
}

/** Host → webview. */
export interface PanelEvents {
  run: RunState;
  /** The editor's text, or what is chosen, is other than that of this run, or the same again. */
  stale: {
    readonly capture: string;
    readonly stale: boolean;
    readonly changed?: readonly ChangedPart[];
  };
  /** A run beside the main one; `empty` where there is none. */
  side: { readonly slot: SideSlot; readonly state: RunState };
  /** Another page of ours moved its locus. */
  locus: SharedLocus;
  /** A key or menu command that VS Code received for the panel. */
  command: { readonly name: HostCommand };
  models: { readonly choices: readonly ModelChoice[]; readonly current: string };
  settings: {
    /** Letters, digits and signs act by themselves while the panel has the focus. */
    readonly singleKeys: boolean;
  };
  /** Tokens under the editor's cursor. */
  cursor: { readonly tokens: readonly number[] };
}

const capture = v.pipe(v.string(), v.maxLength(64));
const reference = v.pipe(v.string(), v.maxLength(4096));
const index = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1 << 24));
const block = v.strictObject({
  stack: v.picklist(['encoder', 'decoder']),
  kind: v.picklist(['self', 'cross']),
});
const headChoice = v.union([index, v.picklist(['mean', 'max', 'rollout'])]);
const layerAddress = {
  capture,
  block,
  layer: index,
  measure: v.exactOptional(v.picklist(['weight', 'norm'])),
  grouping: v.exactOptional(v.picklist(['token', 'word'])),
};
const mapAddress = { ...layerAddress, head: headChoice };
const headOfCapture = {
  capture,
  stack: block.entries.stack,
  kind: block.entries.kind,
  layer: index,
  head: index,
};
const range = { from: index, count: v.pipe(index, v.minValue(1), v.maxValue(1 << 16)) };
const step = v.pipe(index, v.minValue(1));
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024));
const slot = v.picklist(SIDE_SLOTS);
const stack = block.entries.stack;
const tokens = v.pipe(v.array(index), v.maxLength(1 << 16));
const finite = v.pipe(v.number(), v.finite());
/** Which of the corpora is probed with: the bundled treebank, or the file that was chosen last. */
const corpus = v.picklist(['bundled', 'chosen']);
const text = v.pipe(v.string(), v.maxLength(1 << 22));
const mask = v.variant('kind', [
  v.strictObject({ kind: v.literal('causal') }),
  v.strictObject({ kind: v.literal('bidirectional') }),
  v.strictObject({ kind: v.literal('window'), before: index, after: index }),
  v.strictObject({
    kind: v.literal('padding'),
    side: v.picklist(['left', 'right']),
    count: v.pipe(index, v.minValue(1), v.maxValue(MOST_PADDING)),
    unmasked: v.exactOptional(v.boolean()),
  }),
]);
const givenFeeds = v.pipe(
  v.record(
    v.pipe(v.string(), v.maxLength(512)),
    v.union([
      finite,
      v.pipe(v.array(finite), v.minLength(1), v.maxLength(MOST_NUMBERS), v.readonly()),
    ]),
  ),
  v.check(feeds => Object.keys(feeds).length <= MOST_INPUTS, 'too many inputs'),
);
/** Kinds of file that a figure can be saved as. */
export const FIGURE_FORMATS = ['svg', 'png', 'csv', 'json'] as const;

/** What the host accepts from the webview, by method; everything else is refused. */
export const panelSchemas = {
  ready: v.strictObject({}),
  overview: v.strictObject({ capture, block }),
  map: v.strictObject(mapAddress),
  row: v.strictObject({ ...mapAddress, query: index }),
  layerRows: v.strictObject({ ...layerAddress, query: index }),
  pair: v.strictObject({ capture, block, query: index, key: index }),
  headFacts: v.strictObject({ capture, block }),
  computation: v.strictObject({ ...headOfCapture, query: index, ...range }),
  shares: v.strictObject({ capture, block }),
  difference: v.strictObject({
    before: capture,
    after: capture,
    block,
    layer: index,
    head: headChoice,
  }),
  predictions: v.strictObject({ capture, token: index, count: side }),
  divergence: v.strictObject({ before: capture, after: capture }),
  residuals: v.strictObject({ capture, stack }),
  lens: v.strictObject({
    capture,
    kind: v.picklist(['logitLens', 'maskedLm']),
    ...range,
    best: v.pipe(index, v.minValue(1), v.maxValue(20)),
  }),
  attribution: v.strictObject({ capture, token: index, id: v.exactOptional(index) }),
  distribution: v.strictObject({
    capture,
    token: index,
    count: v.pipe(index, v.minValue(1), v.maxValue(100)),
    temperature: v.pipe(finite, v.minValue(0), v.maxValue(10)),
    topK: index,
    topP: v.pipe(finite, v.gtValue(0), v.maxValue(1)),
  }),
  positions: v.strictObject({ capture, stack }),
  distanceScores: v.strictObject(headOfCapture),
  orderEffect: v.strictObject({ before: capture, after: capture, block }),
  probes: v.strictObject({ capture, corpus }),
  fitProbes: v.strictObject({ capture, corpus }),
  probeLabels: v.strictObject({ capture, corpus }),
  syntax: v.strictObject({ capture, corpus }),
  chooseCorpus: v.strictObject({}),
  setContinuation: v.strictObject({ tokens }),
  tilePlan: v.strictObject(headOfCapture),
  vectors: v.strictObject({ ...headOfCapture, part: v.picklist(['query', 'key']), ...range }),
  rowStatistics: v.strictObject({ ...headOfCapture, ...range, stride: v.exactOptional(step) }),
  tile: v.strictObject({
    ...headOfCapture,
    row: index,
    column: index,
    rows: side,
    columns: side,
    step,
    sampled: v.exactOptional(v.boolean()),
    relative: v.exactOptional(v.boolean()),
  }),
  runSide: v.strictObject({
    slot,
    model: v.nullable(reference),
    text: v.nullable(text),
    mask: v.nullable(mask),
    order: v.exactOptional(
      v.strictObject({ order: v.exactOptional(tokens), positions: v.picklist(['own', 'equal']) }),
    ),
  }),
  closeSide: v.strictObject({ slot }),
  setTarget: v.strictObject({ target: text }),
  setFeeds: v.strictObject({ feeds: givenFeeds }),
  generateTarget: v.strictObject({}),
  shareLocus: v.strictObject({
    capture,
    block,
    layer: index,
    head: index,
    aggregate: v.picklist(['head', 'mean', 'max', 'rollout', 'norm']),
    query: index,
    key: v.nullable(index),
  }),
  saveFigure: v.strictObject({
    name: v.pipe(v.string(), v.maxLength(200)),
    format: v.picklist(FIGURE_FORMATS),
    data: v.union([
      v.pipe(v.string(), v.maxLength(1 << 26)),
      v.pipe(
        v.instance(Uint8Array),
        v.check(bytes => bytes.byteLength <= 1 << 26, 'too large'),
      ),
    ]),
  }),
  saveCapture: v.strictObject({ capture }),
  trace: v.strictObject({ model: v.nullable(reference) }),
  hoverToken: v.strictObject({ token: v.nullable(index) }),
  revealToken: v.strictObject({ token: index }),
  useModel: v.strictObject({ reference }),
  remedy: v.strictObject({ remedy: v.picklist(REMEDY_IDS) }),
  cancel: v.strictObject({}),
} as const;

/** A figure as a file: PNG as bytes, everything else as text. */
export type FigureFile = Accepted<'saveFigure'>;

type Accepted<M extends keyof typeof panelSchemas> = v.InferOutput<(typeof panelSchemas)[M]>;

/** Webview → host. `ready` asks for the present state, which arrives as events. */
export interface PanelApi {
  ready(params: Accepted<'ready'>): Promise<void>;
  overview(params: Accepted<'overview'>): Promise<Overview>;
  map(params: Accepted<'map'>): Promise<WeightMap>;
  row(params: Accepted<'row'>): Promise<AttentionRow>;
  layerRows(params: Accepted<'layerRows'>): Promise<LayerRows>;
  pair(params: Accepted<'pair'>): Promise<PairWeights>;
  headFacts(params: Accepted<'headFacts'>): Promise<HeadFacts>;
  computation(params: Accepted<'computation'>): Promise<Computation>;
  shares(params: Accepted<'shares'>): Promise<Shares>;
  difference(params: Accepted<'difference'>): Promise<Difference>;
  predictions(params: Accepted<'predictions'>): Promise<Predictions>;
  divergence(params: Accepted<'divergence'>): Promise<Divergence>;
  residuals(params: Accepted<'residuals'>): Promise<Residuals>;
  /** Progress values are `LensProgress`; heeds its signal, as do `fitProbes` and `syntax`. */
  lens(params: Accepted<'lens'>): Promise<Lens>;
  attribution(params: Accepted<'attribution'>): Promise<Attribution>;
  distribution(params: Accepted<'distribution'>): Promise<Distribution>;
  positions(params: Accepted<'positions'>): Promise<Positions>;
  distanceScores(params: Accepted<'distanceScores'>): Promise<DistanceScores>;
  orderEffect(params: Accepted<'orderEffect'>): Promise<OrderEffect>;
  /** What is stored for the model of a run; null where nothing was fitted. */
  probes(params: Accepted<'probes'>): Promise<ProbeReport | null>;
  /** Progress values are `ProbeProgress`. */
  fitProbes(params: Accepted<'fitProbes'>): Promise<ProbeReport>;
  probeLabels(params: Accepted<'probeLabels'>): Promise<ProbeLabels | null>;
  syntax(params: Accepted<'syntax'>): Promise<SyntaxReport>;
  /** Lets people choose a CoNLL-U file; its name, or null where none was chosen. */
  chooseCorpus(params: Accepted<'chooseCorpus'>): Promise<{ readonly name: string } | null>;
  /** Runs again with these vocabulary entries after what the last stack reads. */
  setContinuation(params: Accepted<'setContinuation'>): Promise<void>;
  tilePlan(params: Accepted<'tilePlan'>): Promise<TilePlan>;
  vectors(params: Accepted<'vectors'>): Promise<Vectors>;
  rowStatistics(params: Accepted<'rowStatistics'>): Promise<RowStatistics>;
  tile(params: Accepted<'tile'>): Promise<Tile>;
  /** Runs beside the main run: null stands for the main run's model or text, or the model's own mask. */
  runSide(params: Accepted<'runSide'>): Promise<void>;
  closeSide(params: Accepted<'closeSide'>): Promise<void>;
  /** Runs again with this as the decoder's text; for encoder–decoder models. */
  setTarget(params: Accepted<'setTarget'>): Promise<void>;
  /** Runs again with these values for inputs of the model; the others are fed their defaults. */
  setFeeds(params: Accepted<'setFeeds'>): Promise<void>;
  /** Lets the model write the target itself, then runs with it. */
  generateTarget(params: Accepted<'generateTarget'>): Promise<void>;
  /** Tells the other pages of ours where this one stands. */
  shareLocus(params: Accepted<'shareLocus'>): Promise<void>;
  /** Asks where to, and writes the file. */
  saveFigure(params: Accepted<'saveFigure'>): Promise<void>;
  saveCapture(params: Accepted<'saveCapture'>): Promise<void>;
  /** Traces the run's text: `model` is the reference of a choice, or null for the run's own. */
  trace(params: Accepted<'trace'>): Promise<TextTrace>;
  /** Highlights the token's characters in the editor; null ends that. */
  hoverToken(params: Accepted<'hoverToken'>): Promise<void>;
  /** Moves the editor to the token. */
  revealToken(params: Accepted<'revealToken'>): Promise<void>;
  useModel(params: Accepted<'useModel'>): Promise<void>;
  remedy(params: Accepted<'remedy'>): Promise<void>;
  cancel(params: Accepted<'cancel'>): Promise<void>;
}

function check<M extends keyof typeof panelSchemas>(method: M): (params: unknown) => Accepted<M> {
  return params => {
    const parsed = v.safeParse(panelSchemas[method], params);
    if (parsed.success) return parsed.output;
    const issue = parsed.issues[0];
    throw new InspectorError(
      'internal',
      `The panel sent a malformed “${method}”: ${issue.message}`,
    );
  };
}

/** Validation of every message that the webview may send. */
export const panelChecks: Checks<PanelApi> = {
  ready: check('ready'),
  overview: check('overview'),
  map: check('map'),
  row: check('row'),
  layerRows: check('layerRows'),
  pair: check('pair'),
  headFacts: check('headFacts'),
  computation: check('computation'),
  shares: check('shares'),
  difference: check('difference'),
  predictions: check('predictions'),
  divergence: check('divergence'),
  residuals: check('residuals'),
  lens: check('lens'),
  attribution: check('attribution'),
  distribution: check('distribution'),
  positions: check('positions'),
  distanceScores: check('distanceScores'),
  orderEffect: check('orderEffect'),
  probes: check('probes'),
  fitProbes: check('fitProbes'),
  probeLabels: check('probeLabels'),
  syntax: check('syntax'),
  chooseCorpus: check('chooseCorpus'),
  setContinuation: check('setContinuation'),
  tilePlan: check('tilePlan'),
  vectors: check('vectors'),
  rowStatistics: check('rowStatistics'),
  tile: check('tile'),
  runSide: check('runSide'),
  closeSide: check('closeSide'),
  setTarget: check('setTarget'),
  setFeeds: check('setFeeds'),
  generateTarget: check('generateTarget'),
  shareLocus: check('shareLocus'),
  saveFigure: check('saveFigure'),
  saveCapture: check('saveCapture'),
  trace: check('trace'),
  hoverToken: check('hoverToken'),
  revealToken: check('revealToken'),
  useModel: check('useModel'),
  remedy: check('remedy'),
  cancel: check('cancel'),
};
