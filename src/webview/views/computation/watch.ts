import { entropyBits } from '../../reading/rowFacts';
import { label } from '../../reading/tokenText';
import type { Token } from '../../../protocol/tokens';
import { weight3 } from '../../reading/format';
import { length } from './facts';
import { number } from '../../reading/numbers';
import { Stage } from '../../app/choices/step';
import { keyVector, type ShownComputation } from './shown';

/** What a watch expression shows: a value, or a sentence that says why there is none. */
export type Watched =
  /** `from` is the stage that computes it. */
  { readonly value: string; readonly from: number } | { readonly problem: string };

/** Other spellings, for keyboards without the signs. */
const SPELLINGS: readonly [RegExp, string][] = [
  [/^(?:alpha|weight|a)(?=\[)/i, 'α'],
  [/^q\s*[.*]\s*k(?=\[)/i, 'q·k'],
  [/^\|+\s*([qzkv])\s*\|+/i, '‖$1‖'],
  [/^(?:entropy|H)\s*\(\s*(?:α|alpha|a|weights?)\s*\)$/i, 'entropy(α)'],
  [/^maximum$/i, 'max'],
  [/^normaliser$/i, 'Z'],
];

const EXAMPLES =
  'α[token], score[token], q·k[token], entropy(α), max, Z, ‖q‖, ‖z‖, q[3], z[3], v[token][3]';

/** The one spelling of an expression. */
export function canonical(expression: string): string {
  const trimmed = expression.trim().replace(/\s+/g, ' ');
  return SPELLINGS.reduce((text, [pattern, to]) => text.replace(pattern, to), trimmed);
}

/**
 * The value of a watch expression. Tokens are named by their text (the first that has it) or by their
 * index; a text that is a number, or holds a bracket, is written in quotes.
 */
export function watch(
  expression: string,
  shown: ShownComputation,
  keys: readonly Token[],
): Watched {
  const { value } = shown;
  const text = canonical(expression);
  const plain: Readonly<Record<string, () => Watched>> = {
    'entropy(α)': () => ({
      value: `${entropyBits({ weights: value.weights, sink: value.sink?.weight ?? 0 }).toFixed(2)} bits`,
      from: Stage.softmax,
    }),
    max: () => ({ value: number(value.maximum, 3), from: Stage.mask }),
    ...(value.sink
      ? {
          sink: () => ({ value: number(value.sink?.weight ?? NaN, 3), from: Stage.softmax }),
        }
      : {}),
    Z: () => ({ value: number(value.normaliser, 3), from: Stage.softmax }),
    '‖q‖': () => ({ value: number(length(value.q), 2), from: Stage.project }),
    '‖z‖': () => lengthOf(value.headOutput, Stage.output),
  };
  const known = Object.hasOwn(plain, text) ? plain[text] : undefined;
  if (known) return known();
  const found = /^(α|score|q·k|‖k‖|‖v‖|[qzkv])\[("[^"]*"|.+?)\](?:\[(\d+)\])?$/u.exec(text);
  const [, name = '', place = '', second] = found ?? [];
  if (!found) return unknown(expression);
  if (name === 'q' || name === 'z') {
    if (second !== undefined || !/^\d+$/.test(place)) return unknown(expression);
    const [vector, from] =
      name === 'q' ? [value.q, Stage.project] : [value.headOutput, Stage.output];
    return entry(vector, Number(place), value.headDim, from);
  }
  const key = keyAt(place, keys);
  if (key === null) {
    return {
      problem: `None of the ${keys.length} keys is “${place}”. Write a token or its index.`,
    };
  }
  if (name === 'k' || name === 'v') {
    if (second === undefined) return unknown(expression);
    return entry(
      keyVector(shown, name, key) ?? undefined,
      Number(second),
      value.headDim,
      Stage.project,
    );
  }
  if (second !== undefined) return unknown(expression);
  if (name === '‖k‖') return lengthOf(keyVector(shown, 'k', key) ?? undefined, Stage.project);
  if (name === '‖v‖') return lengthOf(keyVector(shown, 'v', key) ?? undefined, Stage.project);
  if (name === 'α') return { value: weight3(value.weights[key] ?? NaN), from: Stage.softmax };
  if (name === 'q·k')
    return { value: number(value.products[key] ?? NaN, 3), from: Stage.dotProduct };
  return { value: number(value.scores[key] ?? NaN, 3), from: Stage.scale };
}

function unknown(expression: string): Watched {
  return { problem: `“${expression}” cannot be watched. What can: ${EXAMPLES}.` };
}

function entry(
  vector: Float32Array | undefined,
  index: number,
  headDim: number,
  from: number,
): Watched {
  if (index >= headDim) return { problem: `There are dimensions 0 to ${headDim - 1} only.` };
  const value = vector?.[index];
  return value === undefined ? { problem: NOT_HERE } : { value: number(value, 3), from };
}

function lengthOf(vector: Float32Array | undefined, from: number): Watched {
  return vector ? { value: number(length(vector), 2), from } : { problem: NOT_HERE };
}

const NOT_HERE = 'These numbers are not in this capture, or their key is not in sight yet.';

/** The index of a token: by its text, else by its number. */
function keyAt(place: string, keys: readonly Token[]): number | null {
  const quoted = /^"([^"]*)"$/.exec(place)?.[1];
  const wanted = quoted ?? place;
  if (quoted === undefined && /^\d+$/.test(place)) {
    return Number(place) < keys.length ? Number(place) : null;
  }
  const names = (token: Token): readonly string[] => [
    token.text.trim(),
    token.token,
    label(token, Infinity),
  ];
  const exact = keys.findIndex(token => names(token).includes(wanted));
  return exact >= 0 ? exact : null;
}
