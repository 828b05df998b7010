import type { Block, CaptureSummary, Grouping, HeadChoice, Measure } from './capture';
import type { DiskModel } from './diskModels';
import type { Finding, ModelFindings } from './findings';
import type { Intervention } from './intervention';
import type { ReadApi } from './methods';
import type { ModelCard } from './model';
import type { ProbeChoice, ProbeLabels, ProbeReport, SyntaxReport } from './probes';
import type { RunSpec, TextSpec } from './run';
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

/** A run that is asked for. */
export interface InspectParams extends RunSpec {
  /** Longer texts are cut to this many tokens, or to what the model accepts. */
  readonly maximumTokens: number;
  /** Bytes that the maps of a run may take; longer texts have theirs computed when they are looked at. */
  readonly memoryBudget?: number;
}

/** What a model is checked with: the text of a run, of which the first tokens are read, without its changes. */
export type CheckParams = Omit<InspectParams, 'changes' | 'memoryBudget'>;

/** What the inspector process does; served over its channel to the extension host. */
export interface InspectorApi extends ReadApi {
  /**
   * The models at these paths and in the folders of the programs that fetch models, by their names and
   * headers.
   */
  models(params: { readonly paths: readonly string[] }): Promise<readonly DiskModel[]>;
  describe(params: { readonly model: string }): Promise<ModelCard>;
  tokenize(params: {
    readonly model: string;
    readonly text: string;
    readonly maximumTokens: number;
  }): Promise<TokenizedText>;
  /** Splits the text and writes down every stage; takes texts of a few thousand characters. */
  trace(params: {
    readonly model: string;
    readonly text: string;
    /** A chat template made the text: no special tokens are added. */
    readonly isRendered?: boolean;
  }): Promise<TokenTrace>;
  /** What the tokenizer meets in a text that people may not expect. */
  findings(params: {
    readonly model: string;
    readonly text: string;
    readonly maximumTokens: number;
  }): Promise<readonly Finding[]>;
  /**
   * Looks for what is wrong with a model, and with what it makes of the text; progress values are
   * `CheckProgress`. Whatever else wants the model has its turn between two passes.
   */
  check(params: CheckParams): Promise<ModelFindings>;
  /** Runs the text; progress values are `InspectProgress`. */
  inspect(params: InspectParams): Promise<CaptureSummary>;
  /** Writes what the model itself answers, token by token, for an encoder–decoder model (greedy). */
  generate(
    params: Pick<RunSpec, 'model' | 'feeds'> & TextSpec & { readonly maximumTokens: number },
  ): Promise<{ readonly target: string }>;
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
  /** Writes a capture as safetensors with its summary in the metadata. */
  saveCapture(params: { readonly capture: string; readonly path: string }): Promise<void>;
  /** Reads what `saveCapture`, the CLI's dump or a script of the same layout wrote. */
  openCapture(params: { readonly path: string }): Promise<CaptureSummary>;
  /** Reads the file of a list; paths in it are relative to it. @throws InspectorError `inputs-wrong` */
  interventionList(params: { readonly path: string }): Promise<readonly Intervention[]>;
  /** Removes what was unpacked of GGUF files; models are opened again when they are asked for. */
  deleteUnpackedWeights(params: Readonly<Record<string, never>>): Promise<{
    /** Of the files that were removed. */
    readonly bytes: number;
  }>;
  /** Forgets a capture and frees its memory. */
  release(params: { readonly capture: string }): Promise<void>;
}
