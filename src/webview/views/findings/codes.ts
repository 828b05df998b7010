import type { ModelFinding, ModelFindingCode } from '../../../protocol/findings';
import { count, weight2 } from '../../reading/format';
import { shorten } from '../../reading/tokenText';

/** What a finding is called, and where it belongs. */
interface CodeWords {
  readonly name: string;
  /** What the check is called where it found nothing. */
  readonly check: string;
  /** What the export does, after “This export”. */
  readonly does: string;
  /** The view that shows its place. */
  readonly view: string;
  /** Where it is, while no layer and no token is named. */
  readonly where: string;
  /** Its measure as rows have it; what was found, as the check writes it, when absent. */
  readonly measure?: (value: number) => string;
}

const move = (value: number): string => `Δ ${amount(value)}`;
const times = (value: number): string => `×${amount(value)}`;
const share = (value: number): string => `${(100 * value).toFixed(1)}\u202f%`;
const none = (): string => '';

/** A number of any size in few signs: `.61`, `12`, `65,504`, `2e-6`. */
export function amount(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '−∞' : '∞';
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 0.005)) return value.toExponential(0).replace('e+', 'e');
  if (Number.isInteger(value) || size >= 100) return count(Math.round(value));
  return size < 10 ? weight2(value) : value.toFixed(1);
}

/** The words of every code. */
export const CODES: Readonly<Record<ModelFindingCode, CodeWords>> = {
  'vocabulary-mismatch': {
    name: 'Vocabulary too small',
    check: 'vocabulary',
    does: 'has fewer embeddings than its tokenizer has entries',
    ...{ view: 'tokens', where: 'tokenizer' },
  },
  'wrong-special-ids': {
    name: 'Special ids differ',
    check: 'special ids',
    does: 'names other special tokens than its tokenizer',
    ...{ view: 'tokens', where: 'tokenizer', measure: none },
  },
  'special-tokens-missing': {
    name: 'Special tokens missing',
    check: 'special tokens',
    does: 'reads texts without the special tokens of its kind',
    ...{ view: 'tokens', where: 'tokenizer' },
    measure: value => `${count(value)} missing`,
  },
  'special-tokens-doubled': {
    name: 'Special token added twice',
    check: 'doubled special tokens',
    does: 'adds a special token twice',
    ...{ view: 'tokens', where: 'tokenizer' },
  },
  'unknown-tokens': {
    name: 'Unknown tokens',
    check: 'unknown tokens',
    does: 'does not know a part of the text',
    ...{ view: 'tokens', where: 'text', measure: share },
  },
  'text-overrun': {
    name: 'Text too long',
    check: 'length of the text',
    does: 'does not read the whole text',
    ...{ view: 'tokens', where: 'text' },
  },
  'invisible-characters': {
    name: 'Invisible characters',
    check: 'invisible characters',
    does: 'splits the text at characters that are not seen',
    ...{ view: 'tokens', where: 'text', measure: count },
  },
  'positions-overrun': {
    name: 'Longer than its positions',
    check: 'number of positions',
    does: 'promises more positions than it has',
    ...{ view: 'positions', where: 'positions' },
  },
  'positions-shifted': {
    name: 'Positions shifted',
    check: 'first position',
    does: 'counts positions from another start',
    ...{ view: 'positions', where: 'positions' },
    measure: value => `by ${count(value)}`,
  },
  'no-positions': {
    name: 'No positions',
    check: 'positions',
    does: 'does not see where a token stands',
    ...{ view: 'positions', where: 'positions', measure: move },
  },
  'rope-mismatch': {
    name: 'Rotary base differs',
    check: 'rotary angles',
    does: 'turns positions by another base than its configuration',
    ...{ view: 'positions', where: 'all layers' },
  },
  'wrong-scale': {
    name: 'Wrong scale',
    check: 'scale of the scores',
    does: 'scales its scores by another factor than its family',
    ...{ view: 'computation', where: 'all layers', measure: times },
  },
  'window-mismatch': {
    name: 'Window differs',
    check: 'window',
    does: 'sees another window than its configuration says',
    ...{ view: 'masking', where: 'all layers' },
    measure: value => (value > 0 ? `${count(value)} tokens` : ''),
  },
  'future-leak': {
    name: 'Future leak',
    check: 'later tokens hidden',
    does: 'looks ahead',
    ...{ view: 'masking', where: 'all layers', measure: move },
  },
  'self-blocked': {
    name: 'Own token blocked',
    check: 'own token seen',
    does: 'hides each token from itself',
    ...{ view: 'masking', where: 'all layers', measure: none },
  },
  'padding-attended': {
    name: 'Padding attended',
    check: 'padding hidden',
    does: 'attends to padding',
    ...{ view: 'masking', where: 'all layers' },
  },
  'mask-too-small': {
    name: 'Mask too small',
    check: 'size of the mask',
    does: 'lowers masked scores too little',
    ...{ view: 'masking', where: 'all layers' },
  },
  'mask-inverted': {
    name: 'Mask inverted',
    check: 'sense of the mask',
    does: 'attends to padding and hides the text',
    ...{ view: 'masking', where: 'all layers', measure: none },
  },
  'padding-leaks-elsewhere': {
    name: 'Padding leaks past the mask',
    check: 'padding outside attention',
    does: 'lets padding in past its attention',
    ...{ view: 'layers', where: 'all layers', measure: move },
  },
  'padding-shifts': {
    name: 'Padding moves outputs',
    check: 'appended padding',
    does: 'answers otherwise once padding is appended',
    ...{ view: 'layers', where: 'output', measure: move },
  },
  'fully-masked-nan': {
    name: 'NaN beside left padding',
    check: 'fully masked rows',
    does: 'turns left-padded texts into NaN',
    ...{ view: 'masking', where: 'all layers' },
    measure: value => `${count(value)} outputs`,
  },
  'left-padding-moves': {
    name: 'Left padding moves outputs',
    check: 'left padding',
    does: 'answers otherwise beside padding on the left',
    ...{ view: 'positions', where: 'positions', measure: move },
  },
  nan: {
    name: 'Not numbers',
    check: 'not numbers',
    does: 'computes what are no numbers',
    ...{ view: 'computation', where: 'output' },
    measure: value => (value > 0 ? `${count(value)} outputs` : ''),
  },
  overflow: {
    name: 'Overflow',
    check: 'overflow',
    does: 'lets its states overflow',
    ...{ view: 'layers', where: 'all layers', measure: amount },
  },
  'near-overflow': {
    name: 'Near overflow',
    check: 'near overflow',
    does: 'comes near the end of float16',
    ...{ view: 'layers', where: 'all layers', measure: amount },
  },
  'rows-not-one': {
    name: 'Rows do not sum to 1',
    check: 'rows sum to 1',
    does: 'has weights that do not sum to 1',
    ...{ view: 'computation', where: 'all layers' },
  },
  'non-deterministic': {
    name: 'Answers change from run to run',
    check: 'repeatable',
    does: 'answers otherwise each time',
    ...{ view: 'layers', where: 'output', measure: move },
  },
  'batch-dependence': {
    name: 'Depends on its batch',
    check: 'batch',
    does: 'answers otherwise beside other texts',
    ...{ view: 'layers', where: 'output', measure: move },
  },
  'past-inconsistent': {
    name: 'Cached ≠ uncached',
    check: 'cached = uncached',
    does: 'answers otherwise with a past',
    ...{ view: 'layers', where: 'output', measure: move },
  },
  'dead-head': {
    name: 'Dead head',
    check: 'dead heads',
    does: 'has heads that add nothing',
    ...{ view: 'attention', where: 'several heads' },
  },
  'uniform-head': {
    name: 'Uniform head',
    check: 'uniform heads',
    does: 'has heads that average all tokens',
    ...{ view: 'attention', where: 'several heads' },
  },
  'duplicated-heads': {
    name: 'Twin heads',
    check: 'twin heads',
    does: 'has heads that are copies of others',
    ...{ view: 'attention', where: 'several heads' },
  },
  sinks: {
    name: 'Attention sinks',
    check: 'attention sinks',
    does: 'rests on one token in some heads',
    ...{ view: 'attention', where: 'several heads' },
  },
  'lm-head': {
    name: 'Output head not tied',
    check: 'tied output head',
    does: 'reads its outputs with another matrix than its embeddings',
    ...{ view: 'layers', where: 'output' },
    measure: value => `cosine ${weight2(value)}`,
  },
  'worse-than-chance': {
    name: 'Worse than chance',
    check: 'better than chance',
    does: 'predicts worse than chance',
    ...{ view: 'layers', where: 'output' },
  },
  'order-does-not-help': {
    name: 'Order does not help',
    check: 'use of order',
    does: 'predicts no better with the words in order',
    ...{ view: 'positions', where: 'positions' },
  },
  'quantisation-damage': {
    name: 'Damage by quantisation',
    check: 'quantisation',
    does: 'answers otherwise than the file it was made from',
    ...{ view: 'layers', where: 'output' },
  },
};

/** Numbers without the zero before their point, as all tables have them. */
const bare = (text: string): string => text.replace(/(?<![\d.])0(?=\.\d)/g, '');

/** Longest measure that stands in a row. */
const LONGEST = 32;

/** The one measure that a row shows; empty where its sentence says all. */
export function measureWords({ code, measure, decision }: ModelFinding): string {
  const write = CODES[code].measure;
  return write ? write(measure) : shorten(bare(decision.found), LONGEST);
}
