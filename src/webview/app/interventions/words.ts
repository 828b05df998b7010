import type { CaptureSummary } from '../../../protocol/capture';
import { DOES, kindOf, SIGNS, TITLES, type InterventionKind } from './kinds';
import {
  MOST_AHEAD,
  type How,
  type Intervention,
  type Only,
  type Place,
  type Point,
} from '../../../protocol/intervention';
import type { Token } from '../../../protocol/tokens';
import { outputStack } from '../output';
import type { Phrase } from '../sentence';
import { counted, weight2 } from '../../reading/format';
import { nameIn, shorten, visible } from '../../reading/tokenText';

/** An intervention in words. */
export interface InterventionWords {
  readonly kind: InterventionKind;
  /** What it is, without where: the heading of its form. */
  readonly title: string;
  readonly sign: string;
  readonly sentence: readonly Phrase[];
  /** What the numbers become, in a word or two. */
  readonly value: string;
  /** What else is to be known of it, for a second line. */
  readonly note: string | null;
  /** What becomes of the numbers, in a sentence. */
  readonly does: string;
}

/** Longest piece of another text that stands in a row. */
const LONGEST = 32;

const POINT_NAMES: Record<Point, string> = {
  token: 'token',
  residual: 'residual',
  query: 'query',
  key: 'key',
  value: 'value',
  maskedScores: 'masked scores',
  weights: 'weights',
  headOutput: 'head output',
  attentionOutput: 'attention output',
  feedForwardOutput: 'MLP output',
};

/** The stack that a place lies in. */
export const stackOf = ({ stack }: Place, capture: Pick<CaptureSummary, 'model'>) =>
  stack ?? outputStack(capture);

/** Tokens that a place's `tokens` and `keys` are numbers of. */
export function tokensAt(
  at: Place,
  capture: CaptureSummary,
): { readonly tokens: readonly Token[]; readonly keys: readonly Token[] } {
  const tokens = capture.tokens[stackOf(at, capture)] ?? [];
  const keys = at.kind === 'cross' ? (capture.tokens.encoder ?? []) : tokens;
  return { tokens: at.point === 'key' || at.point === 'value' ? keys : tokens, keys };
}

/** Where in the model: `L4`, `L0–5`, `L4H1`, `every layer`. */
export function placeName({ layer, layers, heads, kind }: Place): string {
  const cross = kind === 'cross' ? ' cross' : '';
  const [first, last] = layers ?? [layer, layer];
  if (first === undefined || last === undefined) {
    return heads ? `${headsName(heads)} of every layer${cross}` : `every layer${cross}`;
  }
  const name = first === last ? `L${first}` : `L${first}–${last}`;
  return `${name}${heads ? headsName(heads) : ''}${cross}`;
}

function headsName(heads: readonly number[]): string {
  const shown = heads.slice(0, 6).map(head => `H${head}`);
  return `${shown.join(' ')}${heads.length > shown.length ? ' …' : ''}`;
}

/**
 * An intervention in words.
 * @param capture whose tokens its numbers mean: the plain run, where tokens are edited
 */
export function wordsOf(one: Intervention, capture: CaptureSummary): InterventionWords {
  const kind = kindOf(one);
  const condition = one.only ? onlyWords(one.only) : null;
  return {
    kind,
    title: TITLES[kind],
    sign: SIGNS[kind],
    sentence: [...SENTENCES[kind](one, capture), ...(condition ? [`, only ${condition}`] : [])],
    value: valueWords(kind, one.how),
    note: noteOf(one.how),
    does: DOES[kind],
  };
}

type Sentence = (one: Intervention, capture: CaptureSummary) => Phrase[];

const SENTENCES: Record<InterventionKind, Sentence> = {
  off: (one, capture) => ['Switch off ', ...placed(one, capture)],
  scaled: (one, capture) => ['Scale ', ...placed(one, capture), ` by ${numberOf(one.how)}`],
  block: (one, capture) => [
    'Block ',
    ...edgeOf(one, capture),
    ' in ',
    { strong: placeName(one.at) },
  ],
  force: (one, capture) => [
    'Force ',
    ...edgeOf(one, capture),
    ' in ',
    { strong: placeName(one.at) },
  ],
  freeze: ({ at, how }) => [
    'Freeze patterns of ',
    { strong: placeName(at) },
    ` ${sourceWords(how)}`,
  ],
  token: ({ at, how }, capture) => [
    'Replace ',
    ...namedTokens(at, capture),
    ' with ',
    entryOf(how),
  ],
  embedding: ({ at, how }, capture) => [
    'Replace the embedding of ',
    ...namedTokens(at, capture),
    ' with that of ',
    entryOf(how),
  ],
  steer: ({ at, how }, capture) => [
    `Add ${numberOf(how)} × a direction to `,
    { strong: placeName(at) },
    ...(at.point === 'residual' ? [] : [` ${POINT_NAMES[at.point]}`]),
    ', ',
    ...namedTokens(at, capture),
  ],
  patch: (one, capture) => [...placed(one, capture, true), `, ${sourceWords(one.how)}`],
  skip: ({ at }, capture) => [
    at.point === 'attentionOutput' ? 'Skip the attention of ' : 'Skip the MLP of ',
    { strong: placeName(at) },
    ...(at.tokens ? [' at ', ...namedTokens(at, capture)] : []),
  ],
  mean: (one, capture) => ['Replace ', ...placed(one, capture), ' with its mean'],
};

/** What is changed and where: `residual before L4 at dogs`, `L4H1`. */
function placed({ at }: Intervention, capture: CaptureSummary, isFirst = false): Phrase[] {
  const name = POINT_NAMES[at.point];
  const point = isFirst ? name.charAt(0).toUpperCase() + name.slice(1) : name;
  const of: Phrase[] =
    at.point === 'headOutput' && !isFirst
      ? [{ strong: placeName(at) }]
      : [`${point} ${at.point === 'residual' ? 'before' : 'of'} `, { strong: placeName(at) }];
  const where = at.tokens ? [' at ', ...namedTokens(at, capture)] : [];
  return [...of, ...where];
}

const edgeOf = ({ at, only }: Intervention, capture: CaptureSummary): Phrase[] => {
  const { tokens, keys } = tokensAt(at, capture);
  return [
    ...names(at.tokens, tokens, 'query', 'every query'),
    ' → ',
    ...names(at.keys, keys, 'key', only?.ahead ? aheadWords(only.ahead) : 'every key'),
  ];
};

const namedTokens = (at: Place, capture: CaptureSummary): Phrase[] =>
  names(at.tokens, tokensAt(at, capture).tokens, '', 'every token');

function names(
  numbers: readonly number[] | undefined,
  tokens: readonly Token[],
  part: '' | 'query' | 'key',
  all: string,
): Phrase[] {
  if (!numbers) return [all];
  const shown = numbers.slice(0, 3).flatMap((index, i): Phrase[] => {
    const name = tokens[index] ? nameIn(tokens, index, 16) : `token ${index}`;
    return [...(i > 0 ? [' '] : []), { token: name, part }];
  });
  return numbers.length > 3 ? [...shown, ` and ${numbers.length - 3} more`] : shown;
}

const entryOf = (how: How): Phrase =>
  'text' in how
    ? { token: shorten(visible(how.text), LONGEST), part: '' }
    : `entry ${'id' in how ? how.id : ''}`;

/** Where other numbers come from. */
function sourceWords(how: How): string {
  if (!('from' in how)) return '';
  const { from } = how;
  const source =
    'text' in from
      ? `from “${shorten(from.text, LONGEST)}”`
      : `from ${shorten(from.capture.split(/[\\/]/).at(-1) ?? '', LONGEST)}`;
  return from.token === undefined ? source : `${source}, token ${from.token}`;
}

/** The number in how something is changed, as a sentence has it. */
function numberOf(how: How): string {
  if ('scale' in how) return String(how.scale);
  if ('add' in how) return (how.times ?? 1).toFixed(1);
  return '';
}

function valueWords(kind: InterventionKind, how: How): string {
  if ('mean' in how) return how.mean === 'text' ? 'mean of text' : 'mean of corpus';
  if ('force' in how) {
    return how.force.length === 1 ? `weight ${weight2(how.force[0] ?? 0)}` : 'weights';
  }
  if ('zero' in how) return 'zero';
  const known: Partial<Record<InterventionKind, string>> = {
    scaled: 'scale',
    block: 'edge',
    freeze: 'patterns',
    token: 'text',
    embedding: 'embedding',
    steer: 'steer',
    patch: 'patch',
  };
  return known[kind] ?? '';
}

function noteOf(how: How): string | null {
  if (!('add' in how)) return null;
  const { add } = how;
  if (!('pairs' in add) && !('file' in add)) return `direction: ${counted(add.length, 'number')}`;
  if ('file' in add) return `direction: ${add.tensor} of ${add.file.split(/[\\/]/).at(-1) ?? ''}`;
  return `direction: ${counted(add.pairs.length, 'pair')} of texts`;
}

/** A condition in words: `where the token is “dog”`. */
export function onlyWords({ token, positions, layers }: Only): string | null {
  const parts = [
    ...(token === undefined ? [] : [`where the token is “${visible(token)}”`]),
    ...(positions ? [`at positions ${positions[0]}–${positions[1]}`] : []),
    ...(layers ? [`in layers ${layers[0]}–${layers[1]}`] : []),
  ];
  return parts.length > 0 ? parts.join(' and ') : null;
}

/** Which keys lie so far ahead: “later keys”. */
function aheadWords([from, to]: readonly [number, number]): string {
  if (to >= MOST_AHEAD) return from === 1 ? 'later keys' : `keys ${from} or more tokens ahead`;
  if (from <= -MOST_AHEAD) return `keys ${-to} or more tokens back`;
  return `keys ${from} to ${to} tokens ahead`;
}
