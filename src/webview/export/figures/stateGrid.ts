import { InspectorError } from '../../../protocol/errors';
import { chartMarkup, words, type Mark } from '../../layers/chart';
import { count } from '../../format';
import type { GridContent } from '../../views/layers/stateCells';
import type { Picture } from '../figure';

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
  const marks: Mark[] = [
    ...columns.map(({ label }, column) =>
      words(
        label,
        centred(column, TOP - 8),
        column === here?.column ? '--q' : '--vscode-foreground',
        'mono',
      ),
    ),
    ...states.flatMap((name, row) => [
      words(name, { x: LEFT - 6, y: TOP + row * CELL.height + 15, 'text-anchor': 'end' }),
      ...columns.flatMap((_, column) => cellMarks(content, row, column)),
    ]),
    ...Array.from({ length: RAMP.steps }, (_, i): Mark => {
      const step = RAMP.width / RAMP.steps;
      return {
        name: 'rect',
        at: { x: LEFT + 14 + i * step, y: height + 12, width: step + 0.5, height: RAMP.height },
        fill: color(i / (RAMP.steps - 1)),
      };
    }),
    words('0', { x: LEFT + 6, y: height + 20, 'text-anchor': 'end' }),
    words('1 probability', { x: LEFT + 22 + RAMP.width, y: height + 20 }),
  ];
  return {
    width: LEFT + columns.length * CELL.width,
    height: height + 26,
    content: chartMarkup({ marks }),
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
  const ink = cell?.ink ?? '--vscode-descriptionForeground';
  return [
    {
      name: 'rect',
      at: box,
      fill: cell?.background ?? '--soft',
      ...(isHere ? { stroke: '--q' } : {}),
    },
    ...(cell
      ? [
          words(
            cell.text,
            { ...centred(column, at.y + 15), ...(cell.isBold ? { 'font-weight': 700 } : {}) },
            ink,
            'mono',
          ),
        ]
      : []),
    ...(cell?.isMarked
      ? [
          {
            name: 'circle',
            at: { cx: at.x + CELL.width - 6, cy: at.y + 5, r: 2 },
            fill: ink,
          } as const,
        ]
      : []),
  ];
}
