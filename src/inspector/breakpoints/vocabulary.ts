import { InspectorError } from '../../protocol/errors';
import { isBlocked } from '../attention/masks';
import { norm } from '../attention/outputStage';
import type { Place } from './place';

/** What an expression can be: a number, a text, or whether something holds. */
export type ValueType = 'number' | 'text' | 'truth';
export type Value = number | string | boolean;

/** What a name needs of a place: nothing but the place itself, a row of a head, or states of its token. */
export type Need = 'place' | 'row' | 'state';

/** A word of conditions: a name, or a function where it takes something. */
export interface Word {
  readonly needs: Need;
  readonly type: ValueType;
  /** What it takes, in order; each may be of several types. Absent for names. */
  readonly takes?: readonly (readonly ValueType[])[];
  readonly read: (place: Place, given: readonly Value[]) => Value;
}

const fromPlace = (type: ValueType, read: (place: Place) => Value): Word => ({
  needs: 'place',
  type,
  read,
});
const ofRow = (read: (row: NonNullable<Place['row']>) => number): Word => ({
  needs: 'row',
  type: 'number',
  read: ({ row }) => (row ? read(row) : NaN),
});
const ofState = (part: 'before' | 'after', read: (state: Float32Array) => number): Word => ({
  needs: 'state',
  type: 'number',
  read: ({ state }) => (state ? read(state[part]) : NaN),
});
const ofNumbers = (count: number, read: (...numbers: number[]) => number): Word => ({
  needs: 'place',
  type: 'number',
  takes: Array.from({ length: count }, () => ['number'] as const),
  read: (_, given) => read(...given.map(Number)),
});

/** Keys that an argument means: one by its number (from the end below 0), or all that read so. */
function keysOf({ keyTexts }: Place, asked: Value): readonly number[] {
  if (typeof asked === 'string')
    return keyTexts.flatMap((text, key) => (text === asked ? [key] : []));
  const key = Number(asked) < 0 ? keyTexts.length + Number(asked) : Number(asked);
  return keyTexts[key] === undefined ? [] : [key];
}

const largestMagnitude = (state: Float32Array): number =>
  state.reduce((most, value) => (Math.abs(value) <= most ? most : Math.abs(value)), 0);

/** Entropy of a row in bits; what a sink takes counts as one more key. */
function entropyOf({ weights, sink }: NonNullable<Place['row']>): number {
  const term = (weight: number) =>
    weight > 0 ? -weight * Math.log2(weight) : weight === 0 ? 0 : NaN;
  return weights.reduce((sum, weight) => sum + term(weight), term(sink ?? 0));
}

/** The key with the most weight; NaN where a row has none. */
function mostAttended({ weights }: NonNullable<Place['row']>): number {
  let most = NaN;
  for (const [key, weight] of weights.entries()) {
    if (Number.isNaN(most) ? weight > 0 : weight > (weights[most] ?? 0)) most = key;
  }
  return most;
}

/** Everything that a condition may name. */
export const VOCABULARY: ReadonlyMap<string, Word> = new Map<string, Word>([
  ['layer', fromPlace('number', ({ layer }) => layer)],
  ['query', fromPlace('number', ({ token }) => token)],
  ['token', fromPlace('text', ({ text }) => text)],
  ['stack', fromPlace('text', ({ stack }) => stack)],
  ['kind', fromPlace('text', ({ kind }) => kind)],
  ['head', { ...ofRow(({ head }) => head), needs: 'row' }],
  [
    'weight',
    {
      needs: 'row',
      type: 'number',
      takes: [['number', 'text']],
      read: (place, [asked = NaN]) => {
        const keys = keysOf(place, asked);
        return keys.length === 0
          ? NaN
          : keys.reduce((sum, key) => sum + (place.row?.weights[key] ?? NaN), 0);
      },
    },
  ],
  [
    'score',
    {
      needs: 'row',
      type: 'number',
      takes: [['number']],
      read: (place, [asked = NaN]) => {
        const score = place.row?.maskedScores[keysOf(place, asked)[0] ?? -1] ?? NaN;
        return isBlocked(score) ? -Infinity : score;
      },
    },
  ],
  ['entropy', ofRow(entropyOf)],
  ['largest', ofRow(({ weights }) => weights.reduce((most, one) => (one <= most ? most : one), 0))],
  ['mostAttended', ofRow(mostAttended)],
  ['sum', ofRow(({ weights, sink }) => weights.reduce((sum, one) => sum + one, sink ?? 0))],
  ['sink', ofRow(({ sink }) => sink ?? 0)],
  ['stateMax', ofState('after', largestMagnitude)],
  ['stateNorm', ofState('after', norm)],
  ['inputMax', ofState('before', largestMagnitude)],
  ['inputNorm', ofState('before', norm)],
  ['abs', ofNumbers(1, Math.abs)],
  ['sqrt', ofNumbers(1, Math.sqrt)],
  ['log2', ofNumbers(1, Math.log2)],
  ['min', ofNumbers(2, Math.min)],
  ['max', ofNumbers(2, Math.max)],
  [
    'isNaN',
    {
      needs: 'place',
      type: 'truth',
      takes: [['number']],
      read: (_, [asked]) => Number.isNaN(asked),
    },
  ],
]);

/** A word by its name. @throws InspectorError `inputs-wrong` where there is none */
export function wordNamed(name: string): Word {
  const word = VOCABULARY.get(name);
  if (word) return word;
  throw new InspectorError(
    'inputs-wrong',
    `A condition cannot name “${name}”. It can name ${[...VOCABULARY.keys()].join(', ')}.`,
  );
}
