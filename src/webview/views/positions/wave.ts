import { scaleLinear } from 'd3';
import { number } from '../../reading/numbers';
import { chartWords, ruled, SCREEN } from '../../draw/chartLook';
import { elements, INK, shape, type Mark } from '../../draw/marks';
import type { PositionPlace } from './positionPlace';
import type { TableWindow } from './tables';
import { svg } from '../../kit/svgElement';
import type { ChartBox } from '../../draw/matrixChart';

/** Room that a wave takes right of its table, in CSS pixels. */
export const WAVE_ROOM = 84;
const LEFT = 16;
const WIDTH = 60;

const words = chartWords(SCREEN);

/** The numbers of one dimension down the positions of a table, with the two positions marked. */
export class Wave {
  readonly element = svg('svg', { class: 'chart-axes wave', 'aria-hidden': 'true' });

  draw(window: TableWindow, dimension: number, box: ChartBox, place: PositionPlace): void {
    const { first, rows, dims, values, limit } = window;
    const x = scaleLinear([-limit, limit], [LEFT, LEFT + WIDTH]);
    const y = (row: number): number => box.top + (row + 0.5) * box.cellHeight;
    const at = (row: number): number => values[row * dims + dimension] ?? 0;
    const path = Array.from(
      { length: rows },
      (_, row) => `${x(at(row)).toFixed(1)} ${y(row).toFixed(1)}`,
    );
    const turn = window.wave(dimension);
    const most = number(limit, limit < 0.1 ? 2 : 1).replace('.0', '');
    const word = (text: string, left: number, top: number): Mark =>
      words(text, left, top, 'middle');
    const dots = [
      { position: place.key, ink: INK.key },
      { position: place.query, ink: INK.query },
    ].flatMap(({ position, ink }) =>
      position === null || position < first || position >= first + rows
        ? []
        : [shape('circle', { cx: x(at(position - first)), cy: y(position - first), r: 3 }, ink)],
    );
    const bottom = box.top + box.height;
    this.element.setAttribute('width', String(WAVE_ROOM));
    this.element.setAttribute('height', String(bottom + 18));
    this.element.style.left = `${box.left + box.width}px`;
    const line = { d: `M${path.join('L')}`, 'stroke-width': 1.6, 'stroke-linejoin': 'round' };
    this.element.replaceChildren(
      ...elements([
        ruled([x(0), box.top], [x(0), bottom], SCREEN.quiet, { class: 'chart-rule' }),
        shape('path', line, 'none', INK.bar),
        ...dots,
        word(turn === null ? `dim ${dimension}` : `λ ${turn.toPrecision(3)}`, x(0), box.top - 6),
        word(`−${most}`, x(-limit), bottom + 12),
        word(most, x(limit), bottom + 12),
      ]),
    );
  }
}
