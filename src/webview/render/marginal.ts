import { scaleLinear } from 'd3';
import { surface } from './canvas';
import type { MapGeometry } from './geometry';

/** Height of the lane in CSS pixels. */
export const MARGINAL_HEIGHT = 22;

/** Draws what each key receives, as bars hanging under its column, relative to the largest. */
export function drawMarginal(
  canvas: HTMLCanvasElement,
  geometry: MapGeometry,
  received: readonly number[],
  marked: number | null,
  inks: { readonly bar: string; readonly key: string },
  ratio: number,
): void {
  const { width, cell, firstColumn, columnsInSight } = geometry;
  const context = surface(canvas, width, MARGINAL_HEIGHT, ratio);
  const largest = received.reduce((most, value) => Math.max(most, value), 0);
  const length = scaleLinear()
    .domain([0, largest || 1])
    .range([1, MARGINAL_HEIGHT - 3]);
  const bar = Math.max(1 / ratio, Math.min(7, cell - 2));
  const draw = (index: number): void => {
    context.fillRect(
      (index - firstColumn + 0.5) * cell - bar / 2,
      0,
      bar,
      length(received[index] ?? 0),
    );
  };
  context.fillStyle = inks.bar;
  for (let i = 0; i < columnsInSight; i++) draw(firstColumn + i);
  if (marked === null || marked < firstColumn || marked >= firstColumn + columnsInSight) return;
  context.fillStyle = inks.key;
  draw(marked);
}
