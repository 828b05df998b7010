import type { ErrorReport } from './errors';
import type { Intervention } from './intervention';
import type { AttentionKind, Stack } from './model';

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

/** What can be wrong with a model, with a tokenizer beside it, or with what it makes of a text. */
export const MODEL_FINDING_CODES = [
  'vocabulary-mismatch',
  'wrong-special-ids',
  'special-tokens-missing',
  'special-tokens-doubled',
  'unknown-tokens',
  'text-overrun',
  'invisible-characters',
  'positions-overrun',
  'positions-shifted',
  'no-positions',
  'rope-mismatch',
  'wrong-scale',
  'window-mismatch',
  'future-leak',
  'self-blocked',
  'padding-attended',
  'mask-too-small',
  'mask-inverted',
  'padding-leaks-elsewhere',
  'padding-shifts',
  'fully-masked-nan',
  'left-padding-moves',
  'nan',
  'overflow',
  'near-overflow',
  'rows-not-one',
  'non-deterministic',
  'batch-dependence',
  'past-inconsistent',
  'dead-head',
  'uniform-head',
  'duplicated-heads',
  'sinks',
  'lm-head',
  'worse-than-chance',
  'order-does-not-help',
  'quantisation-damage',
] as const;
export type ModelFindingCode = (typeof MODEL_FINDING_CODES)[number];

/** Where something was found; what it says nothing of is the whole. */
export interface FindingPlace {
  readonly stack?: Stack;
  /** `self` when absent. */
  readonly kind?: AttentionKind;
  readonly layer?: number;
  readonly head?: number;
  /** Position in the text; of the query where a key is named. */
  readonly token?: number;
  readonly key?: number;
}

/** A file of the model that a finding is about: where editors list it. */
export type FindingFile = 'config.json' | 'tokenizer_config.json' | 'tokenizer.json' | 'graph';

/** A value of a JSON file beside the model that would mend it. */
export interface FileFix {
  readonly file: Exclude<FindingFile, 'graph'>;
  /** Names from the root to the value. */
  readonly path: readonly string[];
  readonly value: number | string | boolean;
}

/** What a finding shows as proof, in the figures that the views use. */
export type Evidence =
  | {
      readonly kind: 'map';
      /** What is drawn, as “L1 H2, weights; framed: ahead of the query”. */
      readonly title: string;
      /** Texts of the tokens; at most 64 each. */
      readonly queries: readonly string[];
      readonly keys: readonly string[];
      /** Weights `[queries, keys]`; NaN where they are. */
      readonly weights: Float32Array;
      /** 1 where the fault shows `[queries, keys]`. */
      readonly framed: Uint8Array;
    }
  | {
      readonly kind: 'bars';
      readonly title: string;
      /** One row a layer, a head or a token, in order. */
      readonly rows: readonly {
        readonly name: string;
        readonly value: number;
        readonly isWrong: boolean;
      }[];
    };

/** How a finding was decided. */
export interface Decision {
  /** What was measured, as “largest weight where key > query”. */
  readonly measured: string;
  readonly limit: string;
  readonly found: string;
  /** What says the same by another way. */
  readonly confirmedBy?: string;
}

/** One thing that is wrong with a model, or with what it makes of the text. */
export interface ModelFinding {
  readonly code: ModelFindingCode;
  readonly severity: Severity;
  /** Of this model whatever it reads, or of the text that it was given. */
  readonly about: 'model' | 'text';
  readonly place: FindingPlace;
  /** What was measured, in the unit of the code (docs/findings.md). */
  readonly measure: number;
  /** What was found and where. */
  readonly sentence: string;
  readonly cause: string;
  readonly remedy: string;
  /** For which models it would say nothing wrong. */
  readonly wrongFor: string;
  readonly decision: Decision;
  readonly evidence: readonly Evidence[];
  /** UTF-16 range of the text that it is about. */
  readonly range?: { readonly start: number; readonly end: number };
  readonly file?: FindingFile;
  /** Name and operator of the node of the graph where it comes about. */
  readonly node?: { readonly name: string; readonly operator: string };
  /** What would mend a run: imposed, it shows what the model would do without the fault. */
  readonly impose?: {
    /** As “Impose a causal mask here”. */
    readonly name: string;
    readonly interventions: readonly Intervention[];
  };
  /** What would mend the files. */
  readonly fix?: FileFix;
}

/** What the checks of a model said. */
export interface ModelFindings {
  /** Errors first. */
  readonly findings: readonly ModelFinding[];
  /** Checked, and nothing was found. */
  readonly passed: readonly ModelFindingCode[];
  /** Not decided, with what would decide it. */
  readonly undecided: readonly { readonly code: ModelFindingCode; readonly reason: string }[];
  /** Passes of the model that were made. */
  readonly runs: number;
  readonly milliseconds: number;
}

/** How far a check has come; findings are told as they are decided. */
export interface CheckProgress {
  /** Rules that have been decided, and all of them. */
  readonly decided: number;
  readonly rules: number;
  readonly runs: number;
  readonly finding?: ModelFinding;
}

/** What is known of the main run's model. */
export type FindingsState =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'running';
      readonly progress: CheckProgress;
      readonly found: readonly ModelFinding[];
    }
  | {
      readonly kind: 'ready';
      /** The capture of the text that it was checked with; loci mean its tokens. */
      readonly capture: string;
      readonly result: ModelFindings;
      /** Names (`findingName`) of those that people ignore for this model. */
      readonly pinned: readonly string[];
      /** The files of the model have changed since. */
      readonly isStale: boolean;
    }
  | { readonly kind: 'failed'; readonly error: ErrorReport };

/** What tells a finding from the others of one model, whatever the text: its code and where it is. */
export function findingName({ code, about, place }: ModelFinding): string {
  const { stack = '', kind = '', layer = '', head = '' } = place;
  return about === 'text' ? code : [code, stack, kind, layer, head].join(' ').trim();
}

/** How many errors and warnings there are; those that people ignore do not count. */
export function graveCounts(
  findings: readonly ModelFinding[],
  pinned: readonly string[] = [],
): Readonly<Record<Exclude<Severity, 'note'>, number>> {
  const open = findings.filter(one => !pinned.includes(findingName(one)));
  const count = (severity: Severity) => open.filter(one => one.severity === severity).length;
  return { error: count('error'), warning: count('warning') };
}
