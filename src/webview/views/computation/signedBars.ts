import { svg } from '../../kit/svgElement';

/** A vector as bars up and down from a line; hidden from screen readers, which get its numbers elsewhere. */
export function signedBars(
  vector: Float32Array,
  limit: number,
  width: number,
  height: number,
): SVGSVGElement {
  const pitch = width / vector.length;
  const middle = height / 2;
  const bars = Array.from(vector, (value, i) => {
    const size = Math.max(0.6, (Math.abs(value) / limit) * middle);
    return svg('rect', {
      class: value < 0 ? 'negative' : 'positive',
      x: (i * pitch + Math.min(0.5, pitch / 10)).toFixed(2),
      y: (value < 0 ? middle : middle - size).toFixed(2),
      width: Math.max(0.5, pitch - Math.min(1, pitch / 5)).toFixed(2),
      height: size.toFixed(2),
    });
  });
  return svg(
    'svg',
    {
      class: 'signed-bars',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    },
    svg('line', { class: 'zero', x1: 0, x2: width, y1: middle, y2: middle }),
    ...bars,
  );
}
