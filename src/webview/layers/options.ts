import type { LensKind, Sampling } from '../../protocol/layers';
import { PROBE_TASKS, type ProbeTask } from '../../protocol/probes';

/** How the Layers view shows things; kept across reloads. */
export interface LayersOptions {
  /** Null takes what suits: each token masked for encoders, the logit lens for decoders. */
  readonly lens: LensKind | null;
  readonly similarity: 'cka' | 'cosine';
  readonly sampling: Sampling;
  /** The next token is that of the query instead of the last token. */
  readonly atQuery: boolean;
  /** Where samples begin: the same seed draws the same tokens. */
  readonly seed: number;
  /** What the probes were fitted with. */
  readonly corpus: 'bundled' | 'chosen';
  /** Name of the CoNLL-U file that was chosen last; empty for none. */
  readonly corpusName: string;
  /** The task whose labels stand under the predictions; null for none. */
  readonly labels: ProbeTask | null;
}

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

export const DEFAULT_LAYERS: LayersOptions = {
  lens: null,
  similarity: 'cka',
  sampling: { temperature: 1, topK: 0, topP: 1 },
  atQuery: false,
  seed: 0,
  corpus: 'bundled',
  corpusName: '',
  labels: 'pos',
};

const LONGEST_NAME = 200;

/** Reads stored options; what does not fit falls back to the defaults. */
export function readLayers(value: unknown): LayersOptions {
  const stored = (value ?? {}) as Partial<Record<keyof LayersOptions, unknown>>;
  const { lens, similarity, corpusName, labels } = stored;
  const name = typeof corpusName === 'string' ? corpusName.slice(0, LONGEST_NAME) : '';
  return {
    lens: lens === 'maskedLm' || lens === 'logitLens' ? lens : null,
    similarity: similarity === 'cosine' ? 'cosine' : 'cka',
    sampling: readSampling(stored.sampling),
    atQuery: stored.atQuery === true,
    seed: within(stored.seed, 0, MOST_SEED, DEFAULT_LAYERS.seed),
    corpus: stored.corpus === 'chosen' && name !== '' ? 'chosen' : 'bundled',
    corpusName: name,
    labels:
      labels === null ? null : (PROBE_TASKS.find(task => task === labels) ?? DEFAULT_LAYERS.labels),
  };
}

function readSampling(value: unknown): Sampling {
  const { temperature, topK, topP } = (value ?? {}) as Partial<Record<keyof Sampling, unknown>>;
  const { sampling } = DEFAULT_LAYERS;
  return {
    temperature: within(temperature, 0, MOST_TEMPERATURE, sampling.temperature),
    topK: Math.round(within(topK, 0, MOST_TOP_K, sampling.topK)),
    topP: within(topP, LEAST_TOP_P, 1, sampling.topP),
  };
}

function within(value: unknown, from: number, to: number, otherwise: number): number {
  return typeof value === 'number' && value >= from && value <= to ? value : otherwise;
}
