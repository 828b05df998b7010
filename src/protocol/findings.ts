import type { Stack } from './model';

/** What can be wrong with a text before any model runs. */
export type FindingCode =
  'unknown-token' | 'beyond-maximum' | 'special-token' | 'invisible-character';

/** One thing that a tokenizer meets in a text and that people may not expect. */
export interface Finding {
  readonly code: FindingCode;
  /** UTF-16 range `[start, end)` in the text. */
  readonly start: number;
  readonly end: number;
  /** One sentence: what it is and what comes of it. */
  readonly message: string;
}

/** How much a finding about a model matters: it computes what it should not, it probably does, or it is worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

/** What can be wrong with a model, or with a tokenizer beside it. */
export type ModelFindingCode =
  | 'vocabulary-mismatch'
  | 'wrong-special-ids'
  | 'special-tokens-missing'
  | 'special-tokens-doubled'
  | 'unknown-tokens'
  | 'positions-overrun'
  | 'window-mismatch'
  | 'future-leak'
  | 'self-blocked'
  | 'nan'
  | 'overflow'
  | 'near-overflow'
  | 'non-deterministic'
  | 'wrong-scale'
  | 'uniform-head';

/** Where something was found; what it says nothing of is the whole. */
export interface FindingPlace {
  readonly stack?: Stack;
  readonly layer?: number;
  readonly head?: number;
  /** Position in the text. */
  readonly token?: number;
}

/** One thing that is wrong with a model. */
export interface ModelFinding {
  readonly code: ModelFindingCode;
  readonly severity: Severity;
  readonly place: FindingPlace;
  /** What was measured, in the unit of the code (docs/findings.md). */
  readonly measure: number;
  /** What was found and where. */
  readonly sentence: string;
  readonly cause: string;
  readonly remedy: string;
  /** For which models it would say nothing wrong. */
  readonly wrongFor: string;
}

/** What the checks of a model said. */
export interface ModelFindings {
  /** Errors first. */
  readonly findings: readonly ModelFinding[];
  /** Checked, and nothing was found. */
  readonly passed: readonly ModelFindingCode[];
  /** Not decided, with what stood in the way. */
  readonly undecided: readonly { readonly code: ModelFindingCode; readonly reason: string }[];
}
