import type { FindingPlace, ModelFindingCode, Severity } from '../../protocol/findings';
import type { Token } from '../../protocol/tokens';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { Configuration } from '../source/configuration';
import type { AlignedTokenizer } from '../tokenizer/types';
import type { Runs } from './runs';

/** What the rules look at. */
export interface Subject {
  readonly model: InstrumentedModel;
  readonly tokenizer: AlignedTokenizer;
  /** `config.json`. */
  readonly config: Configuration;
  /** `tokenizer_config.json`. */
  readonly settings: Configuration;
  /** The text, whole. */
  readonly tokens: readonly Token[];
  /** Each run is made when a rule first asks for it. */
  readonly runs: Runs;
}

/** What one rule found at one place. */
export interface Detail {
  readonly severity: Severity;
  readonly place: FindingPlace;
  readonly measure: number;
  readonly sentence: string;
}

/** One check. */
export interface Rule {
  readonly code: ModelFindingCode;
  readonly cause: string;
  readonly remedy: string;
  readonly wrongFor: string;
  /** What it found, or in a sentence why it cannot tell. */
  readonly check: (subject: Subject) => Promise<readonly Detail[] | string>;
}

/** A number as sentences have it. */
export function shown(value: number): string {
  const size = Math.abs(value);
  return size >= 0.01 && size < 1e4 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

/** Layers as sentences have them: “layer 2”, “layers 0, 1 and 2”. */
export function layersOf(layers: readonly number[]): string {
  const numbers = [...new Set(layers)];
  const last = numbers.pop() ?? 0;
  return numbers.length === 0 ? `layer ${last}` : `layers ${numbers.join(', ')} and ${last}`;
}
