import { biasWindow, bucketsAround, reach } from '../../positions/bias';
import { slopesShown, penalty } from '../../positions/alibi';
import type { LineContent, MatrixContent } from '../../positions/charts';
import { alibiLines, bucketLines, similarityLines } from '../../positions/lines';
import {
  biasPicture,
  phasePicture,
  signedPixels,
  similarityPicture,
  tablePicture,
  TABLE_TITLES,
} from '../../positions/pictures';
import { positionPlace } from '../../positions/place';
import { rotation } from '../../positions/rotary';
import { rowOfQuery, similarities } from '../../positions/similarity';
import type { TableKind } from '../../positions/tables';
import { number } from '../../computation/numbers';
import type { State } from '../../state';
import type { FigureSource, FigureTable } from '../figure';
import type { Ramp } from './legend';
import { linePicture } from './linePicture';
import { matrixPicture, type PictureMarks } from './matrixPicture';
import { movedFigure, scoresFigure, shareRamp } from './orderFigures';
import { stateFigure } from './stateFigure';

type Rows = FigureTable['rows'];

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const signedRamp = (state: State, limit: number): Ramp => ({
  pixels: signedPixels(state).subarray(1),
  low: `−${number(limit, 2)}`,
  high: number(limit, 2),
});

/** Rows of the two positions, as far as they are on show. */
function positionRows(state: State, first: number, rows: number): PictureMarks {
  const place = positionPlace(state);
  const marks = [
    { at: (place?.key ?? -1) - first, ink: 'key' as const },
    { at: (place?.query ?? -1) - first, ink: 'query' as const },
  ];
  return { rows: marks.filter(({ at }) => at >= 0 && at < rows) };
}

/** Column of a distance. */
const distanceColumn = (at: number, { grid }: MatrixContent): PictureMarks =>
  at >= 0 && at < grid.columns ? { columns: [{ at, ink: 'plain' }] } : {};

const tableFigure = (kind: TableKind): FigureSource =>
  stateFigure(
    kind,
    () => `${TABLE_TITLES[kind]} positions`,
    state => {
      const shown = tablePicture(state, kind);
      if (!shown) return null;
      const { window, content } = shown;
      const marks = positionRows(state, window.first, window.rows);
      return matrixPicture(content, marks, signedRamp(state, window.limit));
    },
    state => {
      const window = tablePicture(state, kind)?.window;
      const { first = 0, rows = 0, dims = 0, values } = window ?? {};
      return {
        columns: ['position', ...Array.from({ length: dims }, (_, dim) => `dim ${dim}`)],
        rows: Array.from({ length: rows }, (_, row) => [
          first + row,
          ...(values?.subarray(row * dims, (row + 1) * dims) ?? []),
        ]),
      };
    },
    state => tablePicture(state, kind) !== null,
  );

const similarityFigure = (slot: number): FigureSource =>
  stateFigure(
    `similarity${slot}`,
    state => `${capitalised(similarities(state)[slot]?.name ?? '')} similarity of positions`,
    state => {
      const one = similarities(state)[slot];
      if (!one) return null;
      const row = rowOfQuery(state, one);
      const marks = row === null ? {} : { rows: [{ at: row, ink: 'query' as const }] };
      return matrixPicture(similarityPicture(state, one), marks, signedRamp(state, 1));
    },
    state => {
      const one = similarities(state)[slot];
      const { first = 0, rows = 0, values } = one ?? {};
      return {
        columns: ['position', ...Array.from({ length: rows }, (_, i) => String(first + i))],
        rows: Array.from({ length: rows }, (_, row) => [
          first + row,
          ...(values?.subarray(row * rows, (row + 1) * rows) ?? []),
        ]),
      };
    },
    state => similarities(state)[slot] !== undefined,
  );

/** One row for each place of the axis, one column for each line. */
function lineTable(content: LineContent | null, axis: string): FigureTable {
  const { first = 0, count = 0, lines = [] } = content ?? {};
  return {
    columns: [axis, ...lines.map(({ name }) => name)],
    rows: Array.from({ length: count }, (_, i) => [
      first + i,
      ...lines.map(({ values }) => values[i] ?? NaN),
    ]),
  };
}

const lineFigure = (
  id: string,
  title: string,
  axis: string,
  content: (state: State) => LineContent | null,
): FigureSource =>
  stateFigure(
    id,
    () => title,
    state => {
      const shown = content(state);
      return shown && linePicture(shown);
    },
    state => lineTable(content(state), axis),
    state => content(state) !== null,
  );

function phaseRows(state: State): Rows {
  const turns = rotation(state)?.frequencies ?? new Float32Array();
  const { query = 0, key = null } = positionPlace(state) ?? {};
  return Array.from(turns, (turn, pair) => [
    pair,
    turn,
    turn * query,
    ...(key === null ? ['', ''] : [turn * key, Math.cos(turn * (query - key))]),
  ]);
}

const phaseFigure = stateFigure(
  'phase',
  () => 'Relative phase of rotary positions',
  state => {
    const content = phasePicture(state);
    if (!content) return null;
    const offset = positionPlace(state)?.offset ?? null;
    const marks = offset === null ? {} : distanceColumn(Math.abs(offset), content);
    return matrixPicture(content, marks, shareRamp(state, 'in phase', 'opposite'));
  },
  state => ({
    columns: ['pair', 'radians per position', 'angle at query', 'angle at key', 'cosine between'],
    rows: phaseRows(state),
  }),
  state => rotation(state) !== null,
);

const biasFigure = stateFigure(
  'bias',
  () => 'Relative bias by head and distance',
  state => {
    const content = biasPicture(state);
    const window = biasWindow(state);
    if (!content || !window) return null;
    const offset = positionPlace(state)?.offset ?? null;
    const marks = offset === null ? {} : distanceColumn(offset - window.first, content);
    return matrixPicture(content, marks, signedRamp(state, window.limit));
  },
  state => {
    const { heads = 0, first = 0, columns = 0, values } = biasWindow(state) ?? {};
    return {
      columns: ['distance', ...Array.from({ length: heads }, (_, head) => `head ${head}`)],
      rows: Array.from({ length: columns }, (_, column) => [
        first + column,
        ...Array.from(
          { length: heads },
          (_unused, head) => values?.[head * columns + column] ?? NaN,
        ),
      ]),
    };
  },
  state => biasWindow(state) !== null,
);

const bucketFigure = stateFigure(
  'buckets',
  () => 'Buckets of relative distances',
  state => linePicture(bucketLines(state)),
  state => ({
    columns: ['distance', 'bucket'],
    rows: bucketsAround(reach(state)).map((bucket, i) => [i - reach(state), bucket]),
  }),
  state => biasWindow(state) === null && state.capture !== null,
);

const alibiFigure = stateFigure(
  'alibi',
  () => 'ALiBi by distance',
  state => {
    const content = alibiLines(state);
    return content && linePicture(content);
  },
  state => {
    const distance = Math.abs(positionPlace(state)?.offset ?? 0);
    return {
      columns: ['head', 'slope', `added at distance ${distance}`],
      rows: Array.from(slopesShown(state)?.slopes ?? [], (slope, head) => [
        head,
        slope,
        penalty(slope, distance),
      ]),
    };
  },
  state => slopesShown(state) !== null,
);

/** The figures of the Positions view. */
export const positionsFigures: readonly FigureSource[] = [
  tableFigure('learned'),
  tableFigure('sinusoidal'),
  phaseFigure,
  biasFigure,
  bucketFigure,
  alibiFigure,
  similarityFigure(0),
  similarityFigure(1),
  lineFigure('similarTo', 'Similarity to the query’s position', 'position', similarityLines),
  scoresFigure,
  movedFigure('own'),
  movedFigure('equal'),
];
