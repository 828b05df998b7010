import { biasWindow, bucketsAround, reach } from '../../positions/bias';
import { slopesShown, penalty } from '../../positions/alibi';
import type { LineContent, MatrixContent } from '../../positions/charts';
import { found } from '../../positions/found';
import { alibiLines, bucketLines, scoreLines, similarityLines } from '../../positions/lines';
import {
  movedPicture,
  phasePicture,
  sharePixels,
  signedPixels,
  similarityPicture,
  tablePicture,
  TABLE_TITLES,
} from '../../positions/pictures';
import { biasPicture } from '../../positions/pictures';
import { positionPlace } from '../../positions/place';
import { rotation } from '../../positions/rotary';
import { rowOfQuery, similarities } from '../../positions/similarity';
import type { TableKind } from '../../positions/tables';
import type { OrderSide } from '../../positions/wanted';
import { number } from '../../computation/numbers';
import type { State } from '../../state';
import type { FigureSource, FigureTable, Picture } from '../figure';
import type { Ramp } from './legend';
import { linePicture } from './linePicture';
import { matrixPicture, type PictureMarks } from './matrixPicture';

type Rows = FigureTable['rows'];

/** A figure from what the view shows; none while `picture` gives null. */
function figure(
  id: string,
  title: (state: State) => string,
  picture: (state: State) => Picture | null,
  table: (state: State) => FigureTable,
  isThere: (state: State) => boolean,
): FigureSource {
  return {
    id,
    title: state => (isThere(state) ? title(state) : null),
    picture: ({ state }) => {
      const drawn = picture(state);
      return drawn ? Promise.resolve(drawn) : Promise.reject(new Error('There is no figure.'));
    },
    table: ({ state }) => Promise.resolve(table(state)),
  };
}

const signedRamp = (state: State, limit: number): Ramp => ({
  pixels: signedPixels(state).subarray(1),
  low: `−${number(limit, 2)}`,
  high: number(limit, 2),
});

const shareRamp = (state: State, low: string, high: string): Ramp => ({
  pixels: sharePixels(state),
  low,
  high,
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
  figure(
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
  figure(
    `similarity${slot}`,
    state => `Similarity of ${similarities(state)[slot]?.name ?? ''} positions`,
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
  figure(
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

const phaseFigure = figure(
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

const biasFigure = figure(
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

const bucketFigure = figure(
  'buckets',
  () => 'Buckets of relative distances',
  state => linePicture(bucketLines(state)),
  state => ({
    columns: ['distance', 'bucket'],
    rows: bucketsAround(reach(state)).map((bucket, i) => [i - reach(state), bucket]),
  }),
  state => biasWindow(state) === null && state.capture !== null,
);

const alibiFigure = figure(
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

const scoresFigure = figure(
  'scores',
  () => 'Score by distance',
  state => {
    const content = scoreLines(state);
    return content && linePicture(content);
  },
  state => {
    const {
      firstDistance = 0,
      withPosition,
      withoutPosition,
      pairs,
    } = found(state, 'scores') ?? {};
    return {
      columns: ['distance', 'pairs', 'with positions', 'without positions'],
      rows: Array.from(pairs ?? [], (count, i) => [
        firstDistance + i,
        count,
        withPosition?.[i] ?? NaN,
        withoutPosition?.[i] ?? NaN,
      ]),
    };
  },
  state => scoreLines(state) !== null,
);

const movedFigure = (side: OrderSide): FigureSource =>
  figure(
    `moved-${side}`,
    () => `Weight moved by another order, ${side === 'own' ? 'with positions' : 'positions equal'}`,
    state => {
      const content = movedPicture(state, side);
      return content && matrixPicture(content, {}, shareRamp(state, '0', '1'));
    },
    state => {
      const { moved, heads = 1 } = found(state, `${side}Effect`) ?? {};
      return {
        columns: ['layer', 'head', 'weight moved'],
        rows: Array.from(moved ?? [], (share, i) => [Math.floor(i / heads), i % heads, share]),
      };
    },
    state => movedPicture(state, side) !== null,
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
  lineFigure('similarTo', 'Similarity to the position of the query', 'position', similarityLines),
  scoresFigure,
  movedFigure('own'),
  movedFigure('equal'),
];
