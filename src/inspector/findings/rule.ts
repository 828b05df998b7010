import type { ModelFinding, ModelFindingCode } from '../../protocol/findings';
import type { Token } from '../../protocol/tokens';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { Configuration } from '../source/configuration';
import type { AlignedTokenizer } from '../tokenizer/types';
import type { PaddedRuns } from './paddedRuns';
import type { Runs } from './runs';

/** What the rules look at. */
export interface Subject {
  readonly model: InstrumentedModel;
  /** The model that it was made from, where people name one. */
  readonly reference?: InstrumentedModel | undefined;
  readonly tokenizer: AlignedTokenizer;
  /** `config.json`. */
  readonly config: Configuration;
  /** `tokenizer_config.json`. */
  readonly settings: Configuration;
  readonly text: string;
  /** Of the text, whole. */
  readonly tokens: readonly Token[];
  /** Each run is made when a rule first asks for it. */
  readonly runs: Runs;
  /** The same of those under padding and in batches. */
  readonly padded: PaddedRuns;
}

/** What one rule found at one place. */
export type Detail = Pick<ModelFinding, 'severity' | 'place' | 'measure' | 'sentence'> &
  Partial<
    Pick<ModelFinding, 'about' | 'evidence' | 'range' | 'file' | 'node' | 'impose' | 'fix'>
  > & {
    /** As people read the measure; the number itself when absent. */
    readonly found?: string;
    /** What says the same by another way. */
    readonly confirmedBy?: string;
  };

/** One check. */
export interface Rule {
  readonly code: ModelFindingCode;
  readonly measured: string;
  readonly limit: string;
  readonly cause: string;
  readonly remedy: string;
  readonly wrongFor: string;
  /** What it found, or in a sentence why it cannot tell. */
  readonly check: (subject: Subject) => Promise<readonly Detail[] | string>;
}

/** A finding from what its rule says. */
export function findingOf(rule: Rule, detail: Detail): ModelFinding {
  const { code, measured, limit, cause, remedy, wrongFor } = rule;
  const { found, confirmedBy, ...rest } = detail;
  const decision = {
    measured,
    limit,
    found: found ?? shown(detail.measure),
    ...(confirmedBy === undefined ? {} : { confirmedBy }),
  };
  return { code, about: 'model', evidence: [], ...rest, cause, remedy, wrongFor, decision };
}

/** A number as sentences have it. */
export function shown(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  return size >= 0.01 && size < 1e4 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

/** Layers as sentences have them: “layer 2”, “layers 0, 1 and 2”. */
export function layersOf(layers: readonly number[]): string {
  const numbers = [...new Set(layers)];
  const last = numbers.pop() ?? 0;
  return numbers.length === 0 ? `layer ${last}` : `layers ${numbers.join(', ')} and ${last}`;
}
