import { scaleLinear } from 'd3';
import { runningSum } from './facts';
import { number, signed } from '../../reading/numbers';
import { svg } from '../../kit/svgElement';

const HEIGHT = 104;
const AXIS = 16;
/** Room for the number at the end. */
const END_ROOM = 58;
/** Products that get their number written on them. */
const NAMED = 3;

/**
 * The running sum of q · k over the dimensions, as steps up and down.
 * @param upTo dimensions that are summed so far
 */
export function waterfall(
  q: Float32Array,
  k: Float32Array,
  width: number,
  upTo: number,
): SVGSVGElement {
  const { products, sums } = runningSum(q, k);
  const count = products.length;
  const room = Math.max(80, Math.min(width - END_ROOM, count * 11));
  const x = scaleLinear([0, count], [0, room]);
  const y = scaleLinear([Math.min(0, ...sums), Math.max(0, ...sums)], [HEIGHT - 8, 16]);
  const pitch = room / count;
  const parts: SVGElement[] = [svg('line', { class: 'zero', x1: 0, x2: room, y1: y(0), y2: y(0) })];
  products.forEach((product, i) => {
    const [before, after] = [i === 0 ? 0 : (sums[i - 1] ?? 0), sums[i] ?? 0];
    const state = i >= upTo ? ' is-later' : i === upTo - 1 && upTo < count ? ' is-now' : '';
    parts.push(
      svg('rect', {
        class: `${product < 0 ? 'negative' : 'positive'}${state}`,
        x: x(i) + Math.min(1, pitch / 8),
        y: Math.min(y(before), y(after)),
        width: Math.max(0.5, pitch - Math.min(2, pitch / 4)),
        height: Math.max(1, Math.abs(y(before) - y(after))),
      }),
    );
  });
  const largest = [...products.keys()]
    .filter(i => i < upTo)
    .sort((a, b) => Math.abs(products[b] ?? 0) - Math.abs(products[a] ?? 0));
  for (const i of apart(largest, Math.ceil(30 / pitch)).slice(0, NAMED)) {
    const product = products[i] ?? 0;
    const top = Math.min(y(i === 0 ? 0 : (sums[i - 1] ?? 0)), y(sums[i] ?? 0));
    parts.push(text(signed(product, 1), x(i) + pitch / 2, top - 4, 'middle'));
  }
  for (const i of ticks(count)) {
    parts.push(text(String(i), x(i) + pitch / 2, HEIGHT + AXIS - 4, 'middle', 'tick'));
  }
  const sum = upTo === 0 ? 0 : (sums[upTo - 1] ?? 0);
  parts.push(
    svg('line', { class: 'end', x1: room, x2: room + 6, y1: y(sum), y2: y(sum) }),
    text(number(sum, 2), room + 9, y(sum) + 4, 'start', 'total'),
  );
  const element = svg('svg', {
    class: 'waterfall',
    width: room + END_ROOM,
    height: HEIGHT + AXIS,
    role: 'img',
    'aria-label': `Running sum of the products of q and k: ${number(sum, 2)} after ${upTo} of ${count} dimensions`,
  });
  element.append(...parts);
  return element;
}

/** Indices in their order without those too near to an earlier one. */
function apart(indices: readonly number[], distance: number): number[] {
  const kept: number[] = [];
  for (const index of indices) {
    if (kept.every(other => Math.abs(other - index) >= distance)) kept.push(index);
  }
  return kept;
}

/** Dimensions that are named under the chart: every quarter, and the last. */
function ticks(count: number): number[] {
  const step = Math.max(1, Math.ceil(count / 4));
  const even = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
  return [...even.filter(i => count - 1 - i > step / 2), count - 1];
}

function text(
  value: string,
  x: number,
  y: number,
  anchor: 'start' | 'middle',
  kind = 'label',
): SVGTextElement {
  return svg('text', { class: kind, x, y, 'text-anchor': anchor }, value);
}
