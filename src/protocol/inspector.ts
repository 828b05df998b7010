import type {
  AttentionRow,
  Block,
  CaptureSummary,
  Grouping,
  HeadChoice,
  LayerRows,
  Measure,
  Overview,
  PairWeights,
  WeightMap,
} from './capture';
import type { MaskChange, OrderChange } from './change';
import type { Difference, DifferenceParams, Shares } from './comparison';
import type { Computation, ComputationParams } from './computation';
import type { Finding } from './findings';
import type { HeadFacts } from './headFacts';
import type {
  Attribution,
  AttributionParams,
  Distribution,
  DistributionParams,
  Lens,
  LensParams,
  Residuals,
} from './layers';
import type { GivenFeeds, ModelCard, Stack } from './model';
import type { Divergence, Predictions } from './outputs';
import type { DistanceScores, OrderEffect, Positions } from './positions';
import type { ProbeChoice, ProbeLabels, ProbeReport, SyntaxReport } from './probes';
import type {
  HeadOfCapture,
  RowStatistics,
  RowStatisticsParams,
  Tile,
  TileParams,
  TilePlan,
  Vectors,
} from './tiles';
import type { TokenizedText } from './tokens';
import type { TokenTrace } from './tokenTrace';

/** Where in a capture a slice is taken. */
export interface MapAddress {
  readonly capture: string;
  readonly block: Block;
  readonly layer: number;
  readonly head: HeadChoice;
  /** `weight` when absent. */
  readonly measure?: Measure;
  /** `token` when absent; rows and columns are then `wordsOf` the tokens. */
  readonly grouping?: Grouping;
}

/** One query's row in each head of a layer. */
export type LayerRowsAddress = Omit<MapAddress, 'head'> & { readonly query: number };

export interface InspectParams {
  /** Absolute path of a model folder or `.onnx` file. */
  readonly model: string;
  readonly text: string;
  /** What an encoder–decoder model is given as its own output so far; empty when absent. */
  readonly target?: string;
  /** Longer texts are cut to this many tokens, or to what the model accepts. */
  readonly maximumTokens: number;
  /** Bytes that the maps of a run may take; longer texts have theirs computed when they are looked at. */
  readonly memoryBudget?: number;
  /** Replaces the mask of every self-attention; the model's own when absent. */
  readonly mask?: MaskChange;
  /** Another order of the tokens, or positions that tell nothing. */
  readonly order?: OrderChange;
  /** Vocabulary entries that follow what the last stack reads: tokens of a generation. */
  readonly continuation?: readonly number[];
  /** What inputs beside the token ids are fed; their defaults when absent. */
  readonly feeds?: GivenFeeds;
}

/** What the inspector process does; served over its channel to the extension host. */
export interface InspectorApi {
  describe(params: { readonly model: string }): Promise<ModelCard>;
  tokenize(params: {
    readonly model: string;
    readonly text: string;
    readonly maximumTokens: number;
  }): Promise<TokenizedText>;
  /** Splits the text and writes down every stage; takes texts of a few thousand characters. */
  trace(params: { readonly model: string; readonly text: string }): Promise<TokenTrace>;
  /** What the tokenizer meets in a text that people may not expect. */
  findings(params: {
    readonly model: string;
    readonly text: string;
    readonly maximumTokens: number;
  }): Promise<readonly Finding[]>;
  /** Runs the text; progress values are `InspectProgress`. */
  inspect(params: InspectParams): Promise<CaptureSummary>;
  overview(params: { readonly capture: string; readonly block: Block }): Promise<Overview>;
  map(params: MapAddress): Promise<WeightMap>;
  row(params: MapAddress & { readonly query: number }): Promise<AttentionRow>;
  layerRows(params: LayerRowsAddress): Promise<LayerRows>;
  pair(params: {
    readonly capture: string;
    readonly block: Block;
    readonly query: number;
    readonly key: number;
  }): Promise<PairWeights>;
  headFacts(params: { readonly capture: string; readonly block: Block }): Promise<HeadFacts>;
  computation(params: ComputationParams): Promise<Computation>;
  shares(params: { readonly capture: string; readonly block: Block }): Promise<Shares>;
  difference(params: DifferenceParams): Promise<Difference>;
  /** The `count` most probable outputs at one token of the stack that has the output head. */
  predictions(params: {
    readonly capture: string;
    readonly token: number;
    readonly count: number;
  }): Promise<Predictions>;
  divergence(params: { readonly before: string; readonly after: string }): Promise<Divergence>;
  /** Writes what the model itself answers, token by token, for an encoder–decoder model (greedy). */
  generate(params: {
    readonly model: string;
    readonly text: string;
    readonly maximumTokens: number;
    readonly feeds?: GivenFeeds;
  }): Promise<{ readonly target: string }>;
  residuals(params: { readonly capture: string; readonly stack: Stack }): Promise<Residuals>;
  /** Predictions by layer; progress values are `LensProgress`. Heeds its signal. */
  lens(params: LensParams): Promise<Lens>;
  attribution(params: AttributionParams): Promise<Attribution>;
  distribution(params: DistributionParams): Promise<Distribution>;
  positions(params: { readonly capture: string; readonly stack: Stack }): Promise<Positions>;
  distanceScores(params: HeadOfCapture): Promise<DistanceScores>;
  /** @throws InspectorError `inputs-wrong` where `after` is no reordering of `before` */
  orderEffect(params: {
    readonly before: string;
    readonly after: string;
    readonly block: Block;
  }): Promise<OrderEffect>;
  /** What is stored for this model and corpus; null where nothing was fitted. */
  probes(params: ProbeChoice): Promise<ProbeReport | null>;
  /** Fits and stores probes; progress values are `ProbeProgress`. Heeds its signal. */
  fitProbes(params: ProbeChoice): Promise<ProbeReport>;
  /** The stored probes applied to a run; null where nothing was fitted. */
  probeLabels(params: {
    readonly capture: string;
    readonly corpus?: string;
  }): Promise<ProbeLabels | null>;
  /** Progress values are `ProbeProgress`. Heeds its signal. */
  syntax(params: ProbeChoice): Promise<SyntaxReport>;
  /** How the map of a head that is too long to be sent whole is to be drawn. */
  tilePlan(params: HeadOfCapture): Promise<TilePlan>;
  vectors(
    params: HeadOfCapture & {
      readonly part: 'query' | 'key';
      readonly from: number;
      readonly count: number;
    },
  ): Promise<Vectors>;
  rowStatistics(params: RowStatisticsParams): Promise<RowStatistics>;
  tile(params: TileParams): Promise<Tile>;
  /** Writes a capture as safetensors with its summary in the metadata. */
  saveCapture(params: { readonly capture: string; readonly path: string }): Promise<void>;
  /** Reads what `saveCapture`, the CLI's dump or a script of the same layout wrote. */
  openCapture(params: { readonly path: string }): Promise<CaptureSummary>;
  /** Forgets a capture and frees its memory. */
  release(params: { readonly capture: string }): Promise<void>;
}
