import type { Computation } from '../../../protocol/computation';
import { cappedScore, exponential, largestEntry, pausedIn, sumTerms, topKeys } from './facts';
import { number, signed, subscript } from '../../reading/numbers';
import { scaleText } from './sentence';
import type { ShownComputation } from './shown';
import { isComputed, Stage, type Step } from '../../app/choices/step';
import { el, fill, tokenSpan } from '../../kit/dom';
import { counted, weight3 } from '../../reading/format';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';
import { createTable } from '../../kit/table';

/** Keys that the tables name; all others are one line. */
const NAMED = 4;

interface Arithmetic {
  readonly title: (string | HTMLElement)[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | HTMLElement)[])[];
}

/** The numbers of the step as a small table: the score of a key, the softmax, or one dimension of Σ α v. */
export function drawArithmetic(place: HTMLElement, state: State): void {
  const paused = pausedIn(state);
  if (!paused) return;
  const { shown, keys, step, key } = paused;
  const name = (at: number): HTMLElement => tokenSpan(label(keys[at], 16), at === key ? 'key' : '');
  const isSum = step.into ? step.into.kind === 'sum' : step.stage >= Stage.weightedSum;
  place.classList.toggle('is-now', step.into?.kind === 'sum');
  const content = isSum
    ? sumTable(shown, step, key, name)
    : step.stage >= Stage.softmax && !step.into
      ? softmaxTable(shown.value, key, name)
      : scoreTable(shown.value, step, key, name);
  const table = createTable(content.columns, content.rows);
  table.className = 'arithmetic';
  fill(place, el('div.pane-head', el('h2', ...content.title)), table);
}

/** How q · k becomes the softmax input of one key. */
function scoreTable(
  value: Computation,
  step: Step,
  key: number,
  name: (key: number) => HTMLElement,
): Arithmetic {
  const { products, scores, maskedScores, softCap, bias, allowed, scale, headDim } = value;
  const score = scores[key] ?? NaN;
  const at = (stage: number, text: string): string => (isComputed(step, stage) ? text : '–');
  return {
    title: ['Score of ', name(key)],
    columns: ['step', 'by', 'result'],
    rows: [
      ['q · k', '', at(Stage.dotProduct, number(products[key] ?? NaN, 3))],
      ['scale', scaleText(scale, headDim), at(Stage.scale, number(score, 3))],
      ...(softCap === undefined
        ? []
        : [['soft-cap', `± ${softCap}`, at(Stage.scale, number(cappedScore(score, softCap), 3))]]),
      ...(bias
        ? [
            [
              'position bias',
              at(Stage.mask, signed(bias[key] ?? NaN, 3)),
              at(Stage.mask, number(cappedScore(score, softCap) + (bias[key] ?? NaN), 3)),
            ],
          ]
        : []),
      [
        'mask',
        at(Stage.mask, allowed[key] === 1 ? '+ 0' : `+ ${number(-Infinity, 0)}`),
        at(Stage.mask, number(allowed[key] === 1 ? (maskedScores[key] ?? NaN) : -Infinity, 3)),
      ],
    ],
  };
}

function softmaxTable(
  value: Computation,
  key: number,
  name: (key: number) => HTMLElement,
): Arithmetic {
  const top = topKeys(value, key, NAMED);
  const { maskedScores, weights, normaliser } = value;
  const divisor = `÷ ${number(normaliser, 3)}`;
  const rest = weights.length - top.length;
  const restOf = (of: (key: number) => number, total: number): number =>
    Math.max(
      0,
      top.reduce((left, at) => left - of(at), total),
    );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const { weight: taken = 0, term = 0 } = value.sink ?? {};
  return {
    title: [`Softmax for ${counted(top.length, 'key')}`],
    columns: ['key', 'score', 'exp(score − max)', '÷ Z', 'α'],
    rows: [
      ...top.map(at => [
        name(at),
        number(maskedScores[at] ?? NaN, 3),
        number(exponential(value, at), 3),
        divisor,
        weight3(weights[at] ?? NaN),
      ]),
      ...(rest > 0
        ? [
            [
              `${rest} more`,
              '',
              number(
                restOf(at => exponential(value, at), normaliser - term),
                3,
              ),
              '',
              weight3(restOf(at => weights[at] ?? 0, sum)),
            ],
          ]
        : []),
      ...(value.sink ? [['sink: goes nowhere', '', number(term, 3), divisor, weight3(taken)]] : []),
    ],
  };
}

function sumTable(
  shown: ShownComputation,
  { into }: Step,
  key: number,
  name: (key: number) => HTMLElement,
): Arithmetic {
  const { value } = shown;
  const dimension = into?.dimension ?? largestEntry(value.headOutput ?? new Float32Array(1));
  const i = subscript(dimension);
  const sum = sumTerms(shown, dimension, topKeys(value, key, NAMED));
  const title = [`Σ α v, dimension ${dimension}`];
  if (!sum) return { title, columns: ['The values of this layer are not captured.'], rows: [] };
  const rest = value.weights.length - sum.terms.length;
  return {
    title,
    columns: ['key', 'α', `v${i}`, `α · v${i}`],
    rows: [
      ...sum.terms.map(({ key: at, value: entry, term }) => [
        name(at),
        weight3(value.weights[at] ?? NaN),
        number(entry, 3),
        number(term, 3),
      ]),
      ...(rest > 0 ? [[`${rest} more`, '', '', number(sum.rest, 3)]] : []),
      [`z${i}`, '', '', number(sum.total, 3)],
    ],
  };
}
