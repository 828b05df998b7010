import { siteAt } from '../../reading/capture';
import { BLOCKED } from '../../../protocol/weightCode';
import { layerCount } from '../../../protocol/model';
import { missingLayers, missingWords } from '../../reading/missingLayers';
import { shorten } from '../../reading/tokenText';
import { squareMarks } from '../../draw/cells';
import { LEGEND, legendMarks } from '../../draw/legend';
import { INK, lettering, mark, shifted, type Picture } from '../../draw/marks';
import { displayCodes } from '../../draw/pixels/displayMap';
import type { State } from '../../app/state';
import { viewPalette, weightRamp } from '../../app/viewPalette';
import { range } from '../../draw/file/figureTable';

/** Side of a small map in CSS pixels, and from one to the next. */
const SIDE = 64;
const STEP = 72;
const NAMES = 28;
const HEADINGS = 20;

const word = lettering('ui', 11);

/** Small maps of all heads of a block, the one on show framed. */
export function overviewPicture(state: State): Picture | null {
  const { capture, locus, overview } = state;
  if (!capture || !locus || !overview) return null;
  const { pixels, scale } = viewPalette(state);
  const { heads, rows, columns, codes, isSampled } = overview.value;
  const layers = Math.max(overview.value.layers, layerCount(capture.model, locus.block.stack));
  const cell = SIDE / Math.max(rows, columns);
  const left = (head: number): number => NAMES + head * STEP;
  const top = (layer: number): number => HEADINGS + layer * STEP;
  const ring = mark('rect', {
    x: -3,
    y: -3,
    width: columns * cell + 6,
    height: rows * cell + 6,
    fill: 'none',
    stroke: INK.text,
    'stroke-width': 1.5,
  });
  const maps = range(layers).flatMap(layer =>
    range(siteAt(capture, locus.block, layer)?.heads ?? 0).map(head => {
      const start = (layer * heads + head) * rows * columns;
      const part = { codes: codes.subarray(start, start + rows * columns), rows, columns };
      const grid = displayCodes(part, { queries: range(rows), keys: range(columns) }, scale);
      const isHere = layer === locus.layer && head === locus.head;
      const cells = squareMarks(grid, pixels, cell);
      return shifted(left(head), top(layer), isHere ? [...cells, ring] : cells);
    }),
  );
  const missing = missingLayers(capture, locus.block);
  return {
    width: Math.max(left(heads), LEGEND.width),
    height: top(layers) + LEGEND.height,
    marks: [
      ...range(heads).map(head => word(`H${head}`, { x: left(head), y: 12 })),
      ...range(layers).map(layer => word(`L${layer}`, { x: 0, y: top(layer) + 12 })),
      ...maps,
      ...missing.map(one =>
        word(shorten(missingWords(one), 80), { x: NAMES, y: top(one.layer) + 12 }),
      ),
      shifted(0, top(layers), legendMarks(weightRamp(state), codes.includes(BLOCKED))),
    ],
    note: isSampled
      ? 'Each row of a small map is one query; each column the maximum of its keys.'
      : 'Each cell of a small map is the maximum of what it covers.',
  };
}
