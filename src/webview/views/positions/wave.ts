import { scaleLinear } from 'd3';
import { number } from '../../computation/numbers';
import type { PositionPlace } from '../../positions/place';
import type { TableWindow } from '../../positions/tables';
import { svg } from '../../svg';
import type { ChartBox } from './matrixChart';

/** Room that a wave takes right of its table, in CSS pixels. */
export const WAVE_ROOM = 84;
const LEFT = 16;
const WIDTH = 60;

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
    const word = (text: string, left: number, top: number): SVGTextElement =>
      svg('text', { x: left, y: top, 'text-anchor': 'middle' }, text);
    const dots = [
      { position: place.key, ink: 'key' },
      { position: place.query, ink: 'query' },
    ].flatMap(({ position, ink }) =>
      position === null || position < first || position >= first + rows
        ? []
        : [
            svg('circle', {
              class: `wave-dot ${ink}`,
              cx: x(at(position - first)),
              cy: y(position - first),
              r: 3,
            }),
          ],
    );
    const bottom = box.top + box.height;
    this.element.setAttribute('width', String(WAVE_ROOM));
    this.element.setAttribute('height', String(bottom + 18));
    this.element.style.left = `${box.left + box.width}px`;
    this.element.replaceChildren(
      svg('line', { class: 'chart-rule', x1: x(0), x2: x(0), y1: box.top, y2: bottom }),
      svg('path', { class: 'chart-line own', d: `M${path.join('L')}` }),
      ...dots,
      word(turn === null ? `dim ${dimension}` : `λ ${turn.toPrecision(3)}`, x(0), box.top - 6),
      word(`−${most}`, x(-limit), bottom + 12),
      word(most, x(limit), bottom + 12),
    );
  }
}
