import { queryTokens } from '../../reading/capture';
import { exponential, pausedIn, topKeys, type Paused } from './facts';
import { number } from '../../reading/numbers';
import { weightMark, WEIGHT_ROW } from '../../draw/bars';
import { INK, mark, type Ink, type Mark, type Picture } from '../../draw/marks';
import { weight3 } from '../../reading/format';
import { monoWidth } from '../../draw/textWidth';
import { label } from '../../reading/tokenText';
import { stateFigure, type FigureSource } from '../../app/export/figure';
import { range, tableOf, type FigureTable } from '../../draw/file/figureTable';

const COLUMN = 92;
const FONT_SIZE = 11.5;
const LANE = 160;
const HEADINGS = ['q · k', 'score', 'softmax input', 'exp(… − max)', 'weight'] as const;
/** Most keys of a picture; a table has all. */
const MOST_KEYS = 128;

/** The figures of the Computation view: the stages of one head and query, key by key. */
export const computationFigures: readonly FigureSource[] = [
  stateFigure(
    'stages',
    pausedIn,
    ({ capture, locus }) => {
      const query = label(queryTokens(capture, locus.block)[locus.query], 16);
      return `Stages of layer ${locus.layer}, head ${locus.head}, from ${query}`;
    },
    draw,
    table,
  ),
];

function table({ value, keys: tokens }: Paused): FigureTable {
  return tableOf(value.weights, {
    key: (_, key) => key,
    'key token': (_, key) => label(tokens[key], Number.MAX_SAFE_INTEGER),
    'q · k': (_, key) => value.products[key] ?? NaN,
    'score (q · k × scale)': (_, key) => value.scores[key] ?? NaN,
    'position bias': (_, key) => value.bias?.[key] ?? '',
    'softmax input': (_, key) => value.maskedScores[key] ?? NaN,
    'exp(softmax input − maximum)': (_, key) => exponential(value, key),
    weight: weight => weight,
    'may attend': (_, key) => value.allowed[key] ?? 0,
  });
}

function draw({ locus, value, keys: tokens }: Paused): Picture {
  const all = value.weights.length <= MOST_KEYS;
  const keys = all
    ? range(value.weights.length)
    : topKeys(value, locus.key ?? -1, MOST_KEYS).sort((a, b) => a - b);
  const names = keys.map(key => label(tokens[key]));
  const left = Math.max(...names.map(name => monoWidth(name, FONT_SIZE)), 24) + 10;
  const columns = left + HEADINGS.length * COLUMN;
  const most = value.weights.reduce((a, b) => Math.max(a, b), 1e-9);
  const word = (text: string, x: number, y: number, fill: Ink, font: 'ui' | 'mono'): Mark => {
    const end = { 'text-anchor': 'end', 'font-size': FONT_SIZE };
    return mark('text', { x, y, fill, 'font-family': font, ...end }, text);
  };
  const headings = HEADINGS.map((text, i) =>
    word(text, left + (i + 1) * COLUMN, 12, INK.muted, 'ui'),
  );
  const rows = keys.flatMap((key, i) => {
    const y = (i + 1) * WEIGHT_ROW;
    const isAllowed = value.allowed[key] === 1;
    const isKey = key === locus.key;
    const weight = value.weights[key] ?? 0;
    const cells = [
      number(value.products[key] ?? NaN, 2),
      number(value.scores[key] ?? NaN, 2),
      number(value.maskedScores[key] ?? NaN, 2),
      number(exponential(value, key), 3),
      isAllowed ? weight3(value.weights[key] ?? NaN) : 'blocked',
    ];
    const cell = (text: string, x: number): Mark =>
      word(text, x, y + 13, isKey ? INK.key : INK.text, 'mono');
    return [
      cell(names[i] ?? '', left - 6),
      ...cells.map((text, column) => cell(text, left + (column + 1) * COLUMN)),
      weightMark({ x: columns + 12, y, width: LANE }, weight, most, isAllowed, isKey),
    ];
  });
  const cap = value.softCap === undefined ? '' : `, soft-cap ${number(value.softCap, 2)}`;
  const sink = value.sink
    ? ` with the sink’s ${number(value.sink.term, 3)}, which takes ${weight3(value.sink.weight)}`
    : '';
  const rest = all ? '' : ` The ${MOST_KEYS} keys with the largest weights, in token order.`;
  return {
    width: columns + LANE + 12,
    height: (keys.length + 1) * WEIGHT_ROW,
    marks: [...headings, ...rows],
    note: `Scale ${number(value.scale, 4)}${cap}; maximum ${number(value.maximum, 2)}, Z = ${number(value.normaliser, 3)}${sink}.${rest}`,
  };
}
