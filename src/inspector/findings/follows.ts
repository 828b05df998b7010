import type { ModelFinding, ModelFindingCode } from '../../protocol/findings';

type Codes = readonly ModelFindingCode[];

/** Numbers that are made of others, and say nothing where those are broken. */
const OF_HEADS: Codes = ['uniform-head', 'dead-head', 'duplicated-heads', 'sinks'];
const OF_MASKS: Codes = ['future-leak', 'self-blocked'];
const OF_NUMBERS: Codes = ['overflow', 'near-overflow', 'no-positions', 'rows-not-one'];
/** What a text has of padding that is seen. */
const OF_SEEN_PADDING: Codes = ['padding-leaks-elsewhere', 'padding-shifts', 'left-padding-moves'];
/** Comparisons of a text under padding, in a batch or after a past with the text alone. */
const OF_COMPARED: Codes = [
  'padding-attended',
  'mask-too-small',
  'fully-masked-nan',
  ...OF_SEEN_PADDING,
  'batch-dependence',
  'past-inconsistent',
];

/** What follows from a fault, and is not told again beside it. */
const FOLLOWS: Partial<Record<ModelFindingCode, Codes>> = {
  nan: [...OF_NUMBERS, 'non-deterministic', ...OF_MASKS, ...OF_HEADS, ...OF_COMPARED],
  overflow: ['near-overflow', 'no-positions', 'future-leak', ...OF_HEADS, ...OF_COMPARED],
  'non-deterministic': ['rows-not-one', 'no-positions', 'future-leak', ...OF_HEADS, ...OF_COMPARED],
  'rows-not-one': [...OF_MASKS, ...OF_HEADS, 'mask-inverted', ...OF_COMPARED],
  'self-blocked': ['future-leak', ...OF_HEADS, ...OF_COMPARED],
  // One tensor holds both masks in most exports: where it is lost, padding is seen as well.
  'future-leak': ['padding-attended', 'fully-masked-nan', ...OF_SEEN_PADDING, 'past-inconsistent'],
  'mask-inverted': ['nan', 'no-positions', ...OF_MASKS, ...OF_HEADS, ...OF_COMPARED],
  'mask-too-small': ['future-leak', 'padding-attended', 'past-inconsistent', ...OF_SEEN_PADDING],
  'padding-attended': OF_SEEN_PADDING,
  'padding-leaks-elsewhere': ['padding-shifts', 'left-padding-moves'],
  'batch-dependence': OF_SEEN_PADDING,
  'positions-shifted': ['positions-overrun'],
  // Frequencies of 0 turn nothing.
  'no-positions': ['rope-mismatch'],
};

/** Bad predictions follow from whatever else is wrong. */
const SYMPTOMS: Codes = ['worse-than-chance', 'order-does-not-help'];

/** What follows from what was found: one cause is one finding. */
export function consequences(findings: readonly ModelFinding[]): ReadonlySet<ModelFindingCode> {
  const told = findings.flatMap(({ code }) => FOLLOWS[code] ?? []);
  const isExplained = findings.some(
    ({ code, severity }) => severity !== 'note' && !SYMPTOMS.includes(code),
  );
  return new Set([...told, ...(isExplained ? SYMPTOMS : [])]);
}
