import { keyTokens, queryTokens } from '../../capture';
import { exponential, topKeys } from '../../computation/facts';
import { number } from '../../computation/numbers';
import { shownComputation } from '../../computation/shown';
import { weight3 } from '../../format';
import { monoWidth } from '../../render/textWidth';
import type { State } from '../../state';
import { label } from '../../tokenText';
import type { FigureSource, Picture } from '../figure';
import { MONO, readInks, SANS } from '../inks';
import { tag, text } from '../svg';

const ROW_HEIGHT = 18;
const COLUMN = 92;
const FONT_SIZE = 11.5;
const BAR = { width: 160, height: 8 };
const HEADINGS = ['q · k', 'score', 'softmax input', 'exp(… − max)', 'weight'] as const;
/** Most keys of a picture; a table has all. */
const MOST_KEYS = 128;

/** The stages of one head and query, key by key. */
export const computationFigure: FigureSource = {
  id: 'stages',
  title: state => {
    const { capture, locus } = state;
    if (!capture || !locus || !shownComputation(state)) return null;
    const query = label(queryTokens(capture, locus.block)[locus.query], 16);
    return `Stages of layer ${locus.layer}, head ${locus.head}, from ${query}`;
  },
  picture: ({ state }) => Promise.resolve(draw(state)),
  table: ({ state }) => {
    const { capture, locus } = state;
    const value = shownComputation(state)?.value;
    if (!capture || !locus || !value) throw new Error('There is no computation.');
    const keys = keyTokens(capture, locus.block);
    return Promise.resolve({
      columns: [
        'key',
        'key token',
        'q · k',
        'score (q · k × scale)',
        'position bias',
        'softmax input',
        'exp(softmax input − maximum)',
        'weight',
        'may attend',
      ],
      rows: Array.from(value.weights, (weight, key) => [
        key,
        label(keys[key], Number.MAX_SAFE_INTEGER),
        value.products[key] ?? NaN,
        value.scores[key] ?? NaN,
        value.bias?.[key] ?? '',
        value.maskedScores[key] ?? NaN,
        exponential(value, key),
        weight,
        value.allowed[key] ?? 0,
      ]),
    });
  },
};

function draw(state: State): Picture {
  const { capture, locus } = state;
  const value = shownComputation(state)?.value;
  if (!capture || !locus || !value) throw new Error('There is no computation.');
  const inks = readInks();
  const tokens = keyTokens(capture, locus.block);
  const all = value.weights.length <= MOST_KEYS;
  const keys = all
    ? Array.from(value.weights.keys())
    : topKeys(value, locus.key ?? -1, MOST_KEYS).sort((a, b) => a - b);
  const names = keys.map(key => label(tokens[key]));
  const left = Math.max(...names.map(name => monoWidth(name, FONT_SIZE)), 24) + 10;
  const columns = left + HEADINGS.length * COLUMN;
  const most = value.weights.reduce((a, b) => Math.max(a, b), 1e-9);
  const end = { 'text-anchor': 'end', 'font-size': FONT_SIZE };
  const headings = HEADINGS.map((words, i) =>
    text(words, {
      x: left + (i + 1) * COLUMN,
      y: 12,
      fill: inks.muted,
      'font-family': SANS,
      ...end,
    }),
  );
  const rows = keys.map((key, i) => {
    const y = (i + 1) * ROW_HEIGHT;
    const allowed = value.allowed[key] === 1;
    const fill = key === locus.key ? inks.key : inks.text;
    const font = { y: y + 13, fill, 'font-family': MONO, ...end };
    const cells = [
      number(value.products[key] ?? NaN, 2),
      number(value.scores[key] ?? NaN, 2),
      number(value.maskedScores[key] ?? NaN, 2),
      number(exponential(value, key), 3),
      allowed ? weight3(value.weights[key] ?? NaN) : 'blocked',
    ];
    return [
      text(names[i] ?? '', { x: left - 6, ...font }),
      ...cells.map((words, column) => text(words, { x: left + (column + 1) * COLUMN, ...font })),
      tag('rect', {
        x: columns + 12,
        y: y + (ROW_HEIGHT - BAR.height) / 2,
        width: allowed
          ? Math.max(1, (BAR.width * (value.weights[key] ?? 0)) / most || 1)
          : BAR.width,
        height: BAR.height,
        fill: allowed ? (key === locus.key ? inks.key : inks.bar) : 'url(#hatch)',
      }),
    ].join('');
  });
  const cap = value.softCap === undefined ? '' : `, soft-cap ${number(value.softCap, 2)}`;
  return {
    width: columns + BAR.width + 12,
    height: (keys.length + 1) * ROW_HEIGHT,
    content: [...headings, ...rows].join(''),
    note: [
      `Scale ${number(value.scale, 4)}${cap}; maximum ${number(value.maximum, 2)}, Z = ${number(value.normaliser, 3)}.`,
      all ? '' : `The ${MOST_KEYS} keys with the largest weights, in token order.`,
    ]
      .filter(Boolean)
      .join(' '),
  };
}
