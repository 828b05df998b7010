import type { ErrorReport } from '../../../protocol/errors';
import { PROBES, type FirstDivergence, type Probe } from '../../../protocol/firstDivergence';
import { flag, oneOf, record } from '../../kit/stored';

/** What the cells of the Divergence view say of two tensors. */
export const DIVERGENCE_MODES = ['relative', 'absolute', 'cosine'] as const;
export type DivergenceMode = (typeof DIVERGENCE_MODES)[number];

const readDivergence = record({
  mode: oneOf<DivergenceMode>(DIVERGENCE_MODES, 'relative'),
  /** The residual stream of each token in place of each tensor. */
  isByToken: flag(false),
  /** The text that was chosen; null for the one whose first place is told. */
  probe: oneOf<Probe | null>([null, ...PROBES], null),
});

/** How the Divergence view shows two models. */
export type DivergenceOptions = ReturnType<typeof readDivergence>;
export const divergenceOptions = { divergence: readDivergence };

/** Where the models of two runs part, as far as that is known. */
export interface DivergenceRun {
  /** Of which two runs. */
  readonly at: string;
  readonly report: FirstDivergence | null;
  readonly error: ErrorReport | null;
  /** Cancelled: nothing more is computed until people ask. */
  readonly isStopped: boolean;
  /** Share that is done, 0 to 1. */
  readonly done: number;
}

/** What the Divergence view holds of the runs on show. */
export interface DivergenceState {
  readonly run: DivergenceRun | null;
  readonly isRunning: boolean;
}

export const NO_DIVERGENCE: DivergenceState = { run: null, isRunning: false };
