import { penalty, slopesShown } from './alibi';
import { biasWindow, bucketsAround, reach } from './bias';
import type { Highlight, LineContent } from '../../draw/chartContent';
import { number } from '../../reading/numbers';
import { signedRamp, type Ramp } from '../../draw/legend';
import { linePicture } from '../../draw/lines';
import { matrixPicture } from '../../draw/matrix';
import { found, type OrderSide } from './wanted';
import { alibiLines, bucketLines, scoreLines, similarityLines } from './positionLines';
import {
  biasPicture,
  movedPicture,
  phasePicture,
  sharePixels,
  similarityPicture,
  tablePicture,
  TABLE_TITLES,
} from './pictures';
import { positionPlace } from './positionPlace';
import { rotation } from './rotary';
import { rowOfQuery, similarities } from './similarity';
import type { TableKind } from './tables';
import type { State } from '../../app/state';
import { stateFigure, type FigureSource } from '../../app/export/figure';
import { range, tableOf, type FigureTable } from '../../draw/file/figureTable';

const lineFigure = (
  id: string,
  title: string,
  content: (state: State) => LineContent | null | false,
  table: (state: State, content: LineContent) => FigureTable,
): FigureSource =>
  stateFigure(id, content, title, linePicture, (shown, state) => table(state, shown));

const limits = (state: State, limit: number): Ramp =>
  signedRamp(state, `−${number(limit, 2)}`, number(limit, 2));

const shareRamp = (state: State, low: string, high: string): Ramp => ({
  pixels: sharePixels(state),
  low,
  high,
});

/** One row for each of `count` places from `first` on, with what the columns hold there. */
const places = (
  axis: string,
  { first, count }: { readonly first: number; readonly count: number },
  columns: readonly string[],
  cells: (row: number) => Iterable<number>,
): FigureTable => ({
  columns: [axis, ...columns],
  rows: range(count).map(row => [first + row, ...cells(row)]),
});

/** Frames around the rows of the two positions. */
function positionRows(state: State, first: number): Highlight[] {
  const { query = -1, key } = positionPlace(state) ?? {};
  return [
    { shape: 'frame', ink: 'key', row: (key ?? -1) - first },
    { shape: 'frame', ink: 'query', row: query - first },
  ];
}

/** A frame around the column of a distance. */
const distanceColumn = (at: number | null): Highlight[] =>
  at === null ? [] : [{ shape: 'frame', ink: 'plain', column: at }];

const offsetOf = (state: State): number | null => positionPlace(state)?.offset ?? null;

const tableFigure = (kind: TableKind): FigureSource =>
  stateFigure(
    kind,
    state => tablePicture(state, kind),
    `${TABLE_TITLES[kind]} positions`,
    ({ content, window: { first, limit } }, state) =>
      matrixPicture(content, positionRows(state, first), limits(state, limit)),
    ({ window: { first, rows, dims, values } }) => {
      const names = range(dims).map(dim => `dim ${dim}`);
      return places('position', { first, count: rows }, names, row =>
        values.slice(row * dims, (row + 1) * dims),
      );
    },
  );

const similarityFigure = (slot: number): FigureSource =>
  stateFigure(
    `similarity${slot}`,
    state => similarities(state)[slot],
    ({ name }) => `${name.charAt(0).toUpperCase()}${name.slice(1)} similarity of positions`,
    (one, state) => {
      const row = rowOfQuery(state, one);
      const frames: Highlight[] = row === null ? [] : [{ shape: 'frame', ink: 'query', row }];
      return matrixPicture(similarityPicture(state, one), frames, limits(state, 1));
    },
    ({ first, rows, values }) =>
      places('position', { first, count: rows }, range(rows, first).map(String), row =>
        values.slice(row * rows, (row + 1) * rows),
      ),
  );

const phaseFigure = stateFigure(
  'phase',
  rotation,
  'Relative phase of rotary positions',
  (_, state) => {
    const content = phasePicture(state);
    const offset = offsetOf(state);
    const column = distanceColumn(offset === null ? null : Math.abs(offset));
    return content && matrixPicture(content, column, shareRamp(state, 'in phase', 'opposite'));
  },
  ({ frequencies }, state) => {
    const { query = 0, key = null } = positionPlace(state) ?? {};
    return tableOf(frequencies, {
      pair: (_, pair) => pair,
      'radians per position': turn => turn,
      'angle at query': turn => turn * query,
      'angle at key': turn => (key === null ? '' : turn * key),
      'cosine between': turn => (key === null ? '' : Math.cos(turn * (query - key))),
    });
  },
);

const biasFigure = stateFigure(
  'bias',
  biasWindow,
  'Relative bias by head and distance',
  ({ first, limit }, state) => {
    const content = biasPicture(state);
    const offset = offsetOf(state);
    const column = distanceColumn(offset === null ? null : offset - first);
    return content && matrixPicture(content, column, limits(state, limit));
  },
  ({ heads, first, columns, values }) => {
    const names = range(heads).map(head => `head ${head}`);
    return places('distance', { first, count: columns }, names, column =>
      range(heads).map(head => values[head * columns + column] ?? NaN),
    );
  },
);

/** How much weight another order moved, head by head. */
const movedFigure = (side: OrderSide): FigureSource =>
  stateFigure(
    `moved-${side}`,
    state => movedPicture(state, side),
    `${side === 'own' ? 'With positions' : 'Positions equal'}: weight moved by another order`,
    (content, state) => matrixPicture(content, [], shareRamp(state, '0', '1')),
    (_, state) => {
      const { moved = [], heads = 1 } = found(state, `${side}Effect`) ?? {};
      return tableOf(moved, {
        layer: (_, i) => Math.floor(i / heads),
        head: (_, i) => i % heads,
        'weight moved': share => share,
      });
    },
  );

/** The figures of the Positions view. */
export const positionsFigures: readonly FigureSource[] = [
  tableFigure('learned'),
  tableFigure('sinusoidal'),
  phaseFigure,
  biasFigure,
  lineFigure(
    'buckets',
    'Buckets of relative distances',
    state => biasWindow(state) === null && state.capture !== null && bucketLines(state),
    state =>
      tableOf(bucketsAround(reach(state)), {
        distance: (_, i) => i - reach(state),
        bucket: bucket => bucket,
      }),
  ),
  lineFigure('alibi', 'ALiBi by distance', alibiLines, state => {
    const distance = Math.abs(offsetOf(state) ?? 0);
    return tableOf(slopesShown(state)?.slopes ?? [], {
      head: (_, head) => head,
      slope: slope => slope,
      [`added at distance ${distance}`]: slope => penalty(slope, distance),
    });
  }),
  similarityFigure(0),
  similarityFigure(1),
  lineFigure(
    'similarTo',
    'Similarity to the query’s position',
    similarityLines,
    (_, { first, count, lines }) => {
      const names = lines.map(({ name }) => name);
      return places('position', { first, count }, names, at =>
        lines.map(({ values }) => values[at] ?? NaN),
      );
    },
  ),
  lineFigure('scores', 'Score by distance', scoreLines, state => {
    const scores = found(state, 'scores');
    return tableOf(scores?.pairs ?? [], {
      distance: (_, i) => (scores?.firstDistance ?? 0) + i,
      pairs: count => count,
      'with positions': (_, i) => scores?.withPosition[i] ?? NaN,
      'without positions': (_, i) => scores?.withoutPosition[i] ?? NaN,
    });
  }),
  movedFigure('own'),
  movedFigure('equal'),
];
