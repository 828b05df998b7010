import type { ComparedCell, FirstDivergence, FirstPlace } from '../../../protocol/firstDivergence';
import type { Phrase } from '../../app/sentence';
import type { State } from '../../app/state';
import { weight2 } from '../../reading/format';
import { powerOfTen, scientific } from '../../reading/numbers';
import { isSame, placeName, PROBE_NAMES } from './parts';
import { hasStacks, reportOf, toldProbe } from './report';

/** Keeps a number and its unit together. */
const NARROW_SPACE = '\u202f';
/** From here on errors are written in percent. */
const PERCENT_FROM = 9.5e-4;
/** Beyond ten times the whole, percents say nothing. */
const PERCENT_TO = 9.995;

const exponent = (value: number): string => powerOfTen(Math.round(Math.log10(value)));

/** A relative error: `43 %`, `6.6 %`, `10⁻⁵`, 0. */
export function errorText(error: number): string {
  if (Number.isNaN(error)) return 'NaN';
  if (!Number.isFinite(error)) return '∞';
  if (error === 0) return '0';
  if (error < PERCENT_FROM || error >= PERCENT_TO) return exponent(error);
  const decimals = error < 0.0995 ? 1 : 0;
  return `${(error * 100).toFixed(decimals)}${NARROW_SPACE}%`;
}

/** A difference in the unit of the tensor: `.91`, `12`, `10⁻⁵`, 0. */
export function amountText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return '∞';
  if (value === 0) return '0';
  if (value < 0.01 || value >= 1000) return exponent(value);
  return value < 10 ? weight2(value) : value.toFixed(0);
}

/** A cosine: `.873`, 1. */
export function cosineText(cosine: number): string {
  if (Number.isNaN(cosine)) return 'NaN';
  const text = Math.abs(cosine).toFixed(2).replace(/^0\./, '.').replace('1.00', '1');
  return cosine < 0 && text !== '.00' ? `−${text}` : text;
}

/** How far apart the two are at a place, in words: `43 % of a row’s weight`. */
export const byHowMuch = ({ kind, error }: ComparedCell): string => {
  if (!Number.isFinite(error)) return 'numbers that are not finite';
  return kind === 'weights' ? `${errorText(error)} of a row’s weight` : errorText(error);
};

/** Where the two models part, or why that is not known. */
export function divergenceSentence(state: State): readonly Phrase[] {
  const { sides, divergence } = state;
  if (sides.other.kind === 'failed') return [`B could not be run: ${sides.other.error.message}`];
  const report = reportOf(state);
  if (report) return reportPhrases(report, hasStacks(state));
  const { run } = divergence;
  if (run?.error) return [run.error.message];
  if (sides.other.kind !== 'ready') return ['B is run, to be laid beside A.'];
  return run?.isStopped
    ? ['The comparison was stopped before it was whole.']
    : ['The same tokens go through both files, and each tensor of A is laid beside that of B.'];
}

function reportPhrases(report: FirstDivergence, isNamed: boolean): readonly Phrase[] {
  const told = toldProbe(report);
  if (!told) return ['The two files take no text in common.'];
  const { first } = told;
  const on = told.probe === 'text' ? '' : `Only on a ${PROBE_NAMES[told.probe].toLowerCase()}: `;
  if (!first) return agreement(report, isNamed);
  const cells = told.cells;
  const at = cells.findIndex(cell => isSame(cell, first));
  const before = cells.slice(0, Math.max(0, at));
  const agrees = before.every(({ error }) => error <= report.floor);
  return [
    `${on}${on === '' ? 'The' : 'the'} two files part at `,
    { strong: placeName(first, isNamed) },
    inputsWords(first, report.floor),
    { strong: byHowMuch(first) },
    '. ',
    agrees ? 'Everything before agrees' : 'What differs before is not beyond its inputs',
    reach(cells, at, report.floor),
  ];
}

function inputsWords(first: FirstPlace, floor: number): string {
  const differs = Number.isFinite(first.error) ? 'differs by ' : 'has ';
  if (first.layer === 'embeddings') return `: the same ids go in, what comes out ${differs}`;
  return first.ofInputs <= floor
    ? `: its inputs agree within rounding, its output ${differs}`
    : `: its inputs differ by ${errorText(first.ofInputs)}, its output ${differs}`;
}

/** Whether what is computed after a place differs, too. */
function reach(cells: readonly ComparedCell[], at: number, floor: number): string {
  const after = cells.slice(at + 1);
  const last = after.at(-1);
  if (!last) return '.';
  return last.error > floor
    ? '; everything after inherits it.'
    : '; it does not reach the output beyond rounding.';
}

/** There is no first place: how large the errors are, and where. */
function agreement({ probes, floor, precision }: FirstDivergence, isNamed: boolean): Phrase[] {
  const cells = probes.flatMap(one => one.cells);
  const largest = cells.reduce<ComparedCell | null>(
    (most, cell) => (!most || cell.error > most.error ? cell : most),
    null,
  );
  if (!largest) return ['The two files show no tensor in common.'];
  if (largest.error === 0) {
    return ['No place beyond rounding: the two files compute the same, number for number.'];
  }
  const where: Phrase[] = [
    'No place beyond rounding: the largest relative error is ',
    { strong: errorText(largest.error) },
    `, at ${placeName(largest, isNamed)}`,
  ];
  return largest.error <= floor
    ? [...where, `; rounding explains ${scientific(floor)} (${precision}).`]
    : [...where, ', and it grows step by step: no single step stands out against its inputs.'];
}
