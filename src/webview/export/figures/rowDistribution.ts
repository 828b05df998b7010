import { mapRefusal, shownRow } from '../../addresses';
import { weight3 } from '../../format';
import { monoWidth } from '../../render/textWidth';
import { rankedKeys } from '../../rowFacts';
import type { State } from '../../state';
import { keyUnits, queryUnits } from '../../units';
import type { FigureSource, Picture } from '../figure';
import { MONO, readInks } from '../inks';
import { tag, text } from '../svg';

const ROW_HEIGHT = 18;
const BAR = { width: 320, height: 8 };
const FONT_SIZE = 11.5;
/** Most bars of a picture; of longer rows it has the longest, in token order. */
const MOST_BARS = 256;

/** One query's row in token order, as bars. */
export const rowFigure: FigureSource = {
  id: 'row',
  title: state => {
    const { capture, locus, options } = state;
    if (!capture || !locus || !rowOf(state)) return null;
    const units = queryUnits(capture, locus.block, options.grouping);
    return `Attention from ${units.label(units.of(locus.query), 16)}`;
  },
  picture: ({ state }) => Promise.resolve(draw(state)),
  table: ({ state }) => {
    const { capture, locus, options } = state;
    const row = rowOf(state);
    if (!capture || !locus || !row) throw new Error('There is no row.');
    const keys = keyUnits(capture, locus.block, options.grouping);
    return Promise.resolve({
      columns: ['key', 'key token', 'weight', 'score', 'masked score', 'may attend'],
      rows: Array.from(row.weights, (weight, key) => [
        keys.first(key),
        keys.label(key, Number.MAX_SAFE_INTEGER),
        weight,
        row.scores?.[key] ?? '',
        row.maskedScores?.[key] ?? '',
        row.allowed[key] ?? 0,
      ]),
    });
  },
};

const rowOf = (state: State) =>
  mapRefusal(state) === null ? shownRow(state, state.locus?.query) : null;

function draw(state: State): Picture {
  const { capture, locus, options } = state;
  const row = rowOf(state);
  if (!capture || !locus || !row) throw new Error('There is no row.');
  const inks = readInks();
  const keys = keyUnits(capture, locus.block, options.grouping);
  const shown =
    keys.length <= MOST_BARS
      ? Array.from({ length: keys.length }, (_, key) => key)
      : rankedKeys(row, MOST_BARS).sort((a, b) => a - b);
  const names = shown.map(key => keys.label(key));
  const left = Math.ceil(Math.max(...names.map(name => monoWidth(name, FONT_SIZE)), 24)) + 12;
  const most = Math.max(...shown.map(key => row.weights[key] ?? 0), 1e-9);
  const marked = locus.key === null ? -1 : keys.of(locus.key);
  const font = { 'font-family': MONO, 'font-size': FONT_SIZE };
  const rows = shown.map((key, i) => {
    const weight = row.weights[key] ?? NaN;
    const isKey = key === marked;
    const allowed = row.allowed[key] === 1;
    const fill = isKey ? inks.key : inks.text;
    const y = i * ROW_HEIGHT;
    return [
      text(names[i] ?? '', { x: left - 10, y: y + 13, 'text-anchor': 'end', fill, ...font }),
      tag('rect', {
        x: left,
        y: y + (ROW_HEIGHT - BAR.height) / 2,
        width: allowed ? Math.max(1, (BAR.width * weight) / most || 1) : BAR.width,
        height: BAR.height,
        fill: allowed ? (isKey ? inks.key : inks.bar) : 'url(#hatch)',
      }),
      text(allowed ? weight3(weight) : 'blocked', {
        x: left + BAR.width + 70,
        y: y + 13,
        'text-anchor': 'end',
        fill,
        ...font,
      }),
    ].join('');
  });
  return {
    width: left + BAR.width + 70,
    height: shown.length * ROW_HEIGHT,
    content: rows.join(''),
    ...(shown.length < keys.length
      ? { note: `The ${MOST_BARS} largest of ${keys.length} weights, in token order.` }
      : {}),
  };
}
