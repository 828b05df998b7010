import type { ProbeScore } from '../../../protocol/probes';
import type { Cancellation } from '../../../protocol/rpc';

/** The items of one part (training or test) of a corpus, in any order. */
export interface ProbeItems {
  readonly count: number;
  /** Features of each state `[states]` of `[count, dims]`; arrays may be shared by tasks. */
  readonly features: readonly Float32Array[];
  /** Class of each item `[count]`. */
  readonly labels: Int32Array;
  /** Random class of each item's word type `[count]` (Hewitt & Liang 2019). */
  readonly control: Int32Array;
}

/** What the probes of one task are fitted on. */
export interface ProbeTaskData {
  readonly dims: number;
  readonly classes: readonly string[];
  readonly train: ProbeItems;
  readonly test: ProbeItems;
}

/** A linear classifier of raw features: the class with the largest `weights · feature + bias`. */
export interface LinearProbe {
  /** `[classes, dims]` */
  readonly weights: Float32Array;
  /** `[classes]` */
  readonly bias: Float32Array;
}

export interface FittedTask {
  /** `[states]` */
  readonly scores: readonly ProbeScore[];
  /** Tenney et al. 2019, eq. 4; absent where the mixed states gain nothing over the embeddings. */
  readonly expectedLayer?: number;
  /** Tenney et al. 2019, eq. 2. */
  readonly centreOfGravity: number;
  /** Share of the training part's most frequent class in the test part. */
  readonly majority: number;
  /** `[states]` */
  readonly probes: readonly LinearProbe[];
}

/** How a task is fitted. */
export interface FitWork {
  readonly seed: number;
  readonly signal: Cancellation;
  /** Told how much of the task is done, from 0 to 1. */
  progress(done: number): void;
}
