import { shownRow } from '../../addresses';
import { codeWeight } from '../../../protocol/weightCode';
import { percent, weight2 } from '../../format';
import { monoWidth } from '../../render/textWidth';
import type { State } from '../../state';
import { viewPalette, weightColor } from '../../viewPalette';
import { arcsOfRow, chooseArcs, MOST_ARCS } from '../../views/attention/arcChoice';
import {
  ARC_ROW,
  arcEnds,
  arcPath,
  arcWidth,
  layoutArcs,
  rowMiddle,
} from '../../views/attention/arcGeometry';
import { headTitle } from '../../views/attention/headTitle';
import { LABEL_LIMIT } from '../../views/attention/heatMap';
import { InspectorError } from '../../../protocol/errors';
import type { FigureSource, Picture } from '../figure';
import { MONO, readInks } from '../inks';
import { tag, text } from '../svg';
import { exactRows } from './exactRows';
import { cellsOnShow, shownMap } from './heatMap';

const WIDTH = 640;
const FONT_SIZE = 12;
/** Most tokens on a side of a picture. */
const MOST_TOKENS = 512;

/** Arcs from queries to keys; as a table, the exact weights of all arcs. */
export const arcsFigure: FigureSource = {
  id: 'arcs',
  title: state =>
    state.locus && state.options.picture === 'arcs' && shownMap(state)
      ? `Arcs, ${headTitle(state.locus).toLowerCase()}`
      : null,
  picture: ({ state }) => Promise.resolve(draw(state)),
  table: async context => {
    const { state } = context;
    const shown = cellsOnShow(state);
    const rows = await exactRows(context, shown.queryTokens, shown.keys.length);
    const names = shown.names(Number.MAX_SAFE_INTEGER);
    return {
      columns: ['query', 'query token', 'key', 'key token', 'weight'],
      rows: rows.flatMap(({ weights }, i) =>
        arcsOfRow(weights, shown.keys, i, state.options.threshold, shown.keys.length)
          .reverse()
          .map(({ column, weight }) => [
            shown.queryTokens[i] ?? NaN,
            names.queries[i] ?? '',
            shown.keyTokens[column] ?? NaN,
            names.keys[column] ?? '',
            weight,
          ]),
      ),
    };
  },
};

function draw(state: State): Picture {
  const map = shownMap(state);
  const { locus, options } = state;
  if (!map || !locus) throw new Error('There are no arcs.');
  const shown = cellsOnShow(state);
  const places = Math.max(shown.queries.length, shown.keys.length);
  if (places > MOST_TOKENS) {
    throw new InspectorError(
      'text-too-long',
      `A picture of arcs holds up to ${MOST_TOKENS} tokens; this one would have ${places}. Export the heat map instead.`,
    );
  }
  const inks = readInks();
  const palette = viewPalette(state);
  const names = shown.names(LABEL_LIMIT);
  const room = (list: readonly string[]): number =>
    Math.max(...list.map(name => monoWidth(name, FONT_SIZE)), 24) + 16;
  const sides = { queries: room(names.queries), keys: room(names.keys) };
  const layout = layoutArcs(WIDTH, sides, 0);
  const perRow = Math.max(1, Math.floor(MOST_ARCS / shown.queries.length));
  const choice = chooseArcs(map.codes, map.keys, shown, options.threshold, perRow);
  const marked = shown.rowOf.get(locus.query) ?? -1;
  const markedKey = shown.columnOf.get(locus.key ?? -1) ?? -1;
  const weightAt = (row: number, column: number): number =>
    codeWeight(map.codes[(shown.queries[row] ?? 0) * map.keys + (shown.keys[column] ?? 0)] ?? 0);
  const path = (row: number, column: number, width: number, stroke: string, opacity: number) =>
    tag('path', {
      d: arcPath(arcEnds(row, column, layout)),
      fill: 'none',
      stroke,
      'stroke-width': width,
      'stroke-opacity': opacity,
    });
  const faint = choice.rows.flatMap((columns, row) =>
    row === marked
      ? []
      : columns.map(column =>
          path(row, column, arcWidth(0.4 * weightAt(row, column)), inks.muted, 0.3),
        ),
  );
  const weights = shownRow(state, locus.query)?.weights ?? new Float32Array();
  const most = weights.reduce((a, b) => Math.max(a, b), 0);
  const strong = arcsOfRow(weights, shown.keys, marked, options.threshold, perRow).flatMap(
    ({ column, weight }) => [
      path(marked, column, arcWidth(weight) + 1.5, column === markedKey ? inks.key : inks.text, 1),
      path(marked, column, arcWidth(weight), weightColor(palette, weight, most), 1),
    ],
  );
  const label = (words: string, x: number, place: number, end: boolean, fill: string): string =>
    text(words, {
      x,
      y: rowMiddle(place) + 4,
      fill,
      'text-anchor': end ? 'end' : undefined,
      'font-family': MONO,
      'font-size': FONT_SIZE,
    });
  return {
    width: layout.width,
    height: places * ARC_ROW,
    content: [
      ...faint,
      ...strong,
      ...names.queries.map((name, i) =>
        label(name, layout.left - 6, i, true, i === marked ? inks.query : inks.text),
      ),
      ...names.keys.map((name, i) =>
        label(name, layout.right + 6, i, false, i === markedKey ? inks.key : inks.text),
      ),
    ].join(''),
    note: `Arcs of ${weight2(options.threshold)} and more hold ${percent(choice.kept)} of the weight; those of the query are coloured.`,
  };
}
