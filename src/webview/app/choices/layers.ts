import type { LensKind, Lens } from '../../../protocol/layers';
import { PROBE_TASKS, type ProbeTask } from '../../../protocol/probes';
import { flag, oneOf, record, within, type Reader } from '../../kit/stored';
import type { ErrorReport } from '../../../protocol/errors';
import { MEASURE_KINDS } from '../measure';

/** Largest temperature that can be asked for; the slider ends at `SLIDER_TEMPERATURE`. */
export const MOST_TEMPERATURE = 10;
/** Where the temperature's slider ends. */
export const SLIDER_TEMPERATURE = 2;
/** Smallest mass that top-p can keep. */
export const LEAST_TOP_P = 0.01;
/** Most candidates that top-k can keep. */
export const MOST_TOP_K = 1 << 20;
/** Largest seed. */
export const MOST_SEED = 1e9;

/** Longest name of a file that is kept. */
const LONGEST_NAME = 200;

const topK = within(0, MOST_TOP_K, 0);
const fileName: Reader<string> = stored =>
  typeof stored === 'string' ? stored.slice(0, LONGEST_NAME) : '';

/** What a sweep switches off, one thing a run; the direct effect switches nothing off. */
export const SWEEP_KINDS = ['zero', 'mean', 'edges', 'allEdges', 'tokens', 'direct'] as const;
export type SweepKind = (typeof SWEEP_KINDS)[number];

const read = record({
  /** Null takes what suits: each token masked for encoders, the logit lens for decoders. */
  lens: oneOf<LensKind | null>(['maskedLm', 'logitLens'], null),
  similarity: oneOf(['cka', 'cosine'], 'cka'),
  sampling: record({
    temperature: within(0, MOST_TEMPERATURE, 1),
    topK: stored => Math.round(topK(stored)),
    topP: within(LEAST_TOP_P, 1, 1),
  }),
  /** The next token is that of the query instead of the last token. */
  atQuery: flag(false),
  /** Where samples begin: the same seed draws the same tokens. */
  seed: within(0, MOST_SEED, 0),
  /** What the probes were fitted with. */
  corpus: oneOf(['bundled', 'chosen'], 'bundled'),
  /** Name of the CoNLL-U file that was chosen last; empty for none. */
  corpusName: fileName,
  /** The task whose labels stand under the predictions; null for none. */
  labels: oneOf<ProbeTask | null>([...PROBE_TASKS, null], 'pos'),
  sweep: oneOf<SweepKind>(SWEEP_KINDS, 'zero'),
  /** What sweeps measure of the output. */
  sweepMeasure: oneOf(MEASURE_KINDS, MEASURE_KINDS[0]),
});

/** How the Layers view shows things. */
export type LayersOptions = ReturnType<typeof read>;

/** Reads how the Layers view shows things; a corpus of one's own has a name. */
export function readLayers(stored: unknown): LayersOptions {
  const options = read(stored);
  return options.corpusName === '' ? { ...options, corpus: 'bundled' } : options;
}

export const DEFAULT_LAYERS = readLayers({});
export const layersOptions = { layers: readLayers };

/** Work that takes long enough to be watched. */
export interface Task {
  readonly label: string;
  /** From 0 to 1. */
  readonly done: number;
}

export type TaskName = 'lens' | 'probes' | 'syntax' | 'sweep';

/** Predictions by layer of one run and kind, as far as they were made. */
export interface Lenses {
  /** Of which run and which kind. */
  readonly at: string;
  /** By their first token, a multiple of the chunk's size. */
  readonly chunks: ReadonlyMap<number, Lens>;
  readonly error: ErrorReport | null;
  /** Cancelled: nothing more is made until people ask. */
  readonly isStopped: boolean;
}

/** What the Layers view holds of the run on show. */
export interface LayersState {
  readonly lenses: Lenses | null;
  readonly tasks: { readonly [N in TaskName]?: Task };
  /** The state that was chosen while the locus is at this layer: the locus knows no embeddings. */
  readonly chosen: { readonly state: number; readonly layer: number } | null;
  /** Whose logit is taken apart, where it is not that of the most probable token. */
  readonly logit: { readonly capture: string; readonly token: number; readonly id: number } | null;
  /** The head whose effective attention is shown, where a layer has as many. */
  readonly effectiveHead: number;
  /** The layer whose effective attention was chosen while the locus is at layer `at`. */
  readonly effectiveLayer: { readonly layer: number; readonly at: number } | null;
  /** Entries that sweeps measure at a token, where people chose them. */
  readonly sweepChoice: {
    readonly capture: string;
    readonly token: number;
    readonly answer?: number;
    readonly other?: number;
  } | null;
  /** Columns of the predictions that are in sight. */
  readonly sight: { readonly first: number; readonly last: number };
}

export const NO_LAYERS: LayersState = {
  lenses: null,
  tasks: {},
  chosen: null,
  logit: null,
  effectiveHead: 0,
  effectiveLayer: null,
  sweepChoice: null,
  sight: { first: 0, last: 0 },
};
