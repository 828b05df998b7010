import type { ErrorReport } from '../../../protocol/errors';
import type { Lens } from '../../../protocol/layers';

/** Work that takes long enough to be watched. */
export interface Task {
  readonly label: string;
  /** From 0 to 1. */
  readonly done: number;
}

export type TaskName = 'lens' | 'probes' | 'syntax';

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
  /** Columns of the predictions that are in sight. */
  readonly sight: { readonly first: number; readonly last: number };
}

export const NO_LAYERS: LayersState = {
  lenses: null,
  tasks: {},
  chosen: null,
  logit: null,
  sight: { first: 0, last: 0 },
};
