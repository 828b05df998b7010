import { shownRow } from '../../app/addresses';
import { codeWeight } from '../../../protocol/weightCode';
import { InspectorError } from '../../../protocol/errors';
import { NAME_LIMIT } from '../../draw/gridPicture';
import { INK, mark, type Ink, type Mark, type Picture } from '../../draw/marks';
import { percent, weight2 } from '../../reading/format';
import { monoWidth } from '../../draw/textWidth';
import type { State } from '../../app/state';
import { viewPalette, weightColor } from '../../app/viewPalette';
import { arcsOfRow, chooseArcs, MOST_ARCS } from './arcChoice';
import { ARC_ROW, arcEnds, arcPath, arcWidth, layoutArcs, rowMiddle } from './arcGeometry';
import { cellsOnShow, shownMap } from './heatMapFigure';

const WIDTH = 640;
const FONT_SIZE = 12;
/** Most tokens on a side of a picture. */
const MOST_TOKENS = 512;

/**
 * Arcs from queries to keys, those of the query in the colours of their weights.
 * @throws InspectorError where there are too many tokens for a picture
 */
export function arcsPicture(state: State): Picture | null {
  const map = shownMap(state);
  const shown = cellsOnShow(state);
  const { locus, options } = state;
  if (!map || !shown || !locus) return null;
  const places = Math.max(shown.queries.length, shown.keys.length);
  if (places > MOST_TOKENS) {
    throw new InspectorError(
      'text-too-long',
      `A picture of arcs holds up to ${MOST_TOKENS} tokens; this one would have ${places}. Export the heat map instead.`,
    );
  }
  const palette = viewPalette(state);
  const names = shown.names(NAME_LIMIT);
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
  const arc = (row: number, column: number, width: number, ink: Ink, opacity = 1): Mark =>
    mark('path', {
      d: arcPath(arcEnds(row, column, layout)),
      fill: 'none',
      stroke: ink,
      'stroke-width': width,
      'stroke-opacity': opacity,
    });
  const faint = choice.rows.flatMap((columns, row) =>
    (row === marked ? [] : columns).map(column =>
      arc(row, column, arcWidth(0.4 * weightAt(row, column)), INK.muted, 0.3),
    ),
  );
  const weights = shownRow(state, locus.query)?.weights ?? new Float32Array();
  const most = weights.reduce((a, b) => Math.max(a, b), 0);
  const strong = arcsOfRow(weights, shown.keys, marked, options.threshold, perRow).flatMap(
    ({ column, weight }) => [
      arc(marked, column, arcWidth(weight) + 1.5, column === markedKey ? INK.key : INK.text),
      arc(marked, column, arcWidth(weight), weightColor(palette, weight, most)),
    ],
  );
  const name = (text: string, x: number, place: number, fill: Ink, anchor?: 'end'): Mark =>
    mark(
      'text',
      {
        x,
        y: rowMiddle(place) + 4,
        fill,
        'text-anchor': anchor,
        'font-family': 'mono',
        'font-size': FONT_SIZE,
      },
      text,
    );
  return {
    width: layout.width,
    height: places * ARC_ROW,
    marks: [
      ...faint,
      ...strong,
      ...names.queries.map((text, i) =>
        name(text, layout.left - 6, i, i === marked ? INK.query : INK.text, 'end'),
      ),
      ...names.keys.map((text, i) =>
        name(text, layout.right + 6, i, i === markedKey ? INK.key : INK.text),
      ),
    ],
    note: `Arcs of ${weight2(options.threshold)} and more hold ${percent(choice.kept)} of the weight; those of the query are coloured.`,
  };
}
