import { scaleLinear } from 'd3';
import { surface } from './canvas';
import type { MapGeometry } from '../geometry';
import { isInSight, pixelsOf } from '../side';

/** Height of the lane in CSS pixels. */
export const MARGINAL_HEIGHT = 22;

/** Draws what each key receives, as bars hanging under its column, relative to the largest. */
export function drawMarginal(
  canvas: HTMLCanvasElement,
  geometry: MapGeometry,
  received: readonly number[],
  marked: number | null,
  inks: { readonly bar: string; readonly key: string },
): void {
  const { width, cell, across, ratio } = geometry;
  const context = surface(canvas, width, MARGINAL_HEIGHT, ratio);
  const largest = received.reduce((most, value) => Math.max(most, value), 0);
  const length = scaleLinear()
    .domain([0, largest || 1])
    .range([1, MARGINAL_HEIGHT - 3]);
  const bar = Math.max(1 / ratio, Math.min(7, cell - 2));
  const draw = (index: number): void => {
    const { from, to } = pixelsOf(across, index);
    const left = Math.floor((from + to - bar * ratio) / 2) / ratio;
    context.fillRect(left, 0, bar, length(received[index] ?? 0));
  };
  context.fillStyle = inks.bar;
  for (let i = 0; i < across.inSight; i++) draw(across.first + i);
  if (marked === null || !isInSight(across, marked)) return;
  context.fillStyle = inks.key;
  draw(marked);
}
