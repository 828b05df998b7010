import type {
  AttentionRow,
  Block,
  CaptureSummary,
  HeadChoice,
  Overview,
  PairWeights,
  WeightMap,
} from './capture';
import type { Finding } from './findings';
import type { ModelCard } from './model';
import type { TokenizedText } from './tokens';
import type { TokenTrace } from './tokenTrace';

/** Where in a capture a slice is taken. */
export interface MapAddress {
  readonly capture: string;
  readonly block: Block;
  readonly layer: number;
  readonly head: HeadChoice;
}

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
  pair(params: {
    readonly capture: string;
    readonly block: Block;
    readonly query: number;
    readonly key: number;
  }): Promise<PairWeights>;
  /** Forgets a capture and frees its memory. */
  release(params: { readonly capture: string }): Promise<void>;
}
