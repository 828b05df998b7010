import { interpolateCividis, interpolateViridis, rgb } from 'd3';
import { fitToGamut, labToRgb, type Lab, type Rgb } from './oklab';

/** 256 colours, from the lowest value to the highest. */
export type ColorRamp = readonly Rgb[];

/** The sequential maps that people can choose for weights. */
export const COLOR_MAPS = ['Tide', 'Cividis', 'Viridis', 'Grey'] as const;
export type ColorMapName = (typeof COLOR_MAPS)[number];

/** Position in [0, 1], OKLab lightness, chroma, hue in degrees. */
type Stop = readonly [number, number, number, number];

const SIZE = 256;

/** Lightness piecewise linear, so that it stays monotone; chroma and hue Catmull-Rom. */
function spline(stops: readonly Stop[]): ColorRamp {
  const at = (i: number, k: 1 | 2 | 3): number =>
    stops[Math.max(0, Math.min(stops.length - 1, i))]?.[k] ?? 0;
  const position = (i: number): number => stops[i]?.[0] ?? 1;
  return Array.from({ length: SIZE }, (_, j) => {
    const t = j / (SIZE - 1);
    let i = 0;
    while (i < stops.length - 2 && t > position(i + 1)) i++;
    const u = (t - position(i)) / (position(i + 1) - position(i));
    const smooth = (k: 2 | 3): number => {
      const [a, b, c, d] = [at(i - 1, k), at(i, k), at(i + 1, k), at(i + 2, k)];
      return (
        0.5 *
        (2 * b +
          (c - a) * u +
          (2 * a - 5 * b + 4 * c - d) * u * u +
          (3 * b - a - 3 * c + d) * u ** 3)
      );
    };
    const lightness = at(i, 1) + (at(i + 1, 1) - at(i, 1)) * u;
    return labToRgb(fitToGamut(lightness, Math.max(0, smooth(2)), smooth(3)));
  });
}

/** Arms interpolated in OKLab, not by hue, so that no third hue appears near zero. */
function diverging(...stops: readonly (readonly [number, number, number])[]): ColorRamp {
  const points = stops.map(([l, c, h]) => fitToGamut(l, c, h));
  const grey: Lab = [0, 0, 0];
  return Array.from({ length: SIZE }, (_, j) => {
    const u = (j / (SIZE - 1)) * (points.length - 1);
    const i = Math.min(points.length - 2, Math.floor(u));
    const [from, to] = [points[i] ?? grey, points[i + 1] ?? grey];
    const mix = (k: 0 | 1 | 2): number => from[k] + (to[k] - from[k]) * (u - i);
    return labToRgb([mix(0), mix(1), mix(2)]);
  });
}

/** A published map, turned over on light backgrounds so that zero stays next to the background. */
function published(interpolate: (t: number) => string, dark: boolean): ColorRamp {
  return Array.from({ length: SIZE }, (_, j) => {
    const t = j / (SIZE - 1);
    const { r, g, b } = rgb(interpolate(dark ? t : 1 - t));
    return [r / 255, g / 255, b / 255];
  });
}

const sequential: Record<ColorMapName, (dark: boolean) => ColorRamp> = {
  Tide: dark =>
    dark
      ? spline([
          [0, 0.262, 0.01, 262],
          [0.2, 0.412, 0.095, 272],
          [0.45, 0.572, 0.125, 247],
          [0.7, 0.735, 0.115, 203],
          [0.88, 0.872, 0.098, 165],
          [1, 0.968, 0.055, 125],
        ])
      : spline([
          [0, 0.985, 0.004, 200],
          [0.12, 0.915, 0.04, 185],
          [0.32, 0.8, 0.085, 200],
          [0.58, 0.6, 0.125, 245],
          [0.8, 0.43, 0.125, 270],
          [1, 0.265, 0.095, 282],
        ]),
  Cividis: dark => published(interpolateCividis, dark),
  Viridis: dark => published(interpolateViridis, dark),
  Grey: dark =>
    dark
      ? spline([
          [0, 0.262, 0, 0],
          [1, 0.97, 0, 0],
        ])
      : spline([
          [0, 0.985, 0, 0],
          [1, 0.2, 0, 0],
        ]),
};

const ramps = new Map<string, ColorRamp>();

/** The 256 colours of a sequential map, for dark or light backgrounds. */
export function colorRamp(name: ColorMapName, dark: boolean): ColorRamp {
  const id = `${name} ${String(dark)}`;
  const known = ramps.get(id);
  if (known) return known;
  const ramp = sequential[name](dark);
  ramps.set(id, ramp);
  return ramp;
}

/** Signed values: coral below zero, background at zero, blue above. */
export function divergingRamp(dark: boolean): ColorRamp {
  return dark
    ? diverging(
        [0.8, 0.125, 52],
        [0.6, 0.135, 40],
        [0.285, 0.003, 260],
        [0.6, 0.115, 238],
        [0.83, 0.085, 215],
      )
    : diverging(
        [0.46, 0.14, 38],
        [0.7, 0.115, 48],
        [0.985, 0.002, 200],
        [0.7, 0.105, 238],
        [0.42, 0.125, 258],
      );
}
