import { InspectorError } from '../../../protocol/errors';
import { INK, shape, words, type Mark, type Picture } from '../marks';
import { count } from '../../reading/format';
import type { GridContent } from '../stateCells';

const CELL = { width: 64, height: 22 };
const LEFT = 40;
const TOP = 24;
const RAMP = { width: 120, height: 8, steps: 48 };
/** Most columns of a picture. */
const MOST_COLUMNS = 256;

/**
 * States by tokens as coloured words; null for nothing.
 * @throws InspectorError where there are too many tokens for a picture
 */
export function statePicture(
  content: GridContent | null,
  color: (value: number) => string,
): Picture | null {
  if (!content) return null;
  const { states, columns, here } = content;
  if (columns.length > MOST_COLUMNS) {
    throw new InspectorError(
      'text-too-long',
      `This picture would have ${count(columns.length)} columns; pictures have up to ${MOST_COLUMNS}. Save the table instead.`,
    );
  }
  const height = TOP + states.length * CELL.height;
  const step = RAMP.width / RAMP.steps;
  return {
    width: LEFT + columns.length * CELL.width,
    height: height + 26,
    marks: [
      ...columns.map(({ label }, column) => {
        const ink = column === here?.column ? INK.query : INK.text;
        return words(label, centred(column, TOP - 8), ink, 'mono');
      }),
      ...states.flatMap((name, row) => [
        words(name, { x: LEFT - 6, y: TOP + row * CELL.height + 15, 'text-anchor': 'end' }),
        ...columns.flatMap((_, column) => cellMarks(content, row, column)),
      ]),
      ...Array.from({ length: RAMP.steps }, (_, i) => {
        const at = { x: LEFT + 14 + i * step, y: height + 12 };
        const box = { ...at, width: step + 0.5, height: RAMP.height };
        return shape('rect', box, color(i / (RAMP.steps - 1)));
      }),
      words('0', { x: LEFT + 6, y: height + 20, 'text-anchor': 'end' }),
      words('1 probability', { x: LEFT + 22 + RAMP.width, y: height + 20 }),
    ],
    note: 'Emb: the embeddings; L0: after layer 0. Dot: what really stands there. Bold: the final answer first appears.',
  };
}

const centred = (column: number, y: number) => ({
  x: LEFT + (column + 0.5) * CELL.width,
  y,
  'text-anchor': 'middle',
  'font-size': 11,
});

function cellMarks(content: GridContent, row: number, column: number): Mark[] {
  const cell = content.cell(row, column);
  const at = { x: LEFT + column * CELL.width, y: TOP + row * CELL.height };
  const box = { ...at, width: CELL.width - 1, height: CELL.height - 1 };
  const isHere = content.here?.row === row && content.here.column === column;
  const ink = cell?.ink ?? INK.muted;
  const bold = cell?.isBold ? { 'font-weight': 700 } : {};
  return [
    shape('rect', box, cell?.background ?? '--soft', isHere ? INK.query : undefined),
    ...(cell ? [words(cell.text, { ...centred(column, at.y + 15), ...bold }, ink, 'mono')] : []),
    ...(cell?.isMarked
      ? [shape('circle', { cx: at.x + CELL.width - 6, cy: at.y + 5, r: 2 }, ink)]
      : []),
  ];
}
