import { BLOCKED, codeWeight, weightCode } from '../../../protocol/weightCode';
import { colorRamp, type ColorMapName } from './maps';
import type { Rgb } from './oklab';

/** How weights are spread over the colours. */
export const SCALES = ['Linear', 'Log', 'Row max'] as const;
export type ScaleName = (typeof SCALES)[number];

/** Lowest weight that the logarithmic scale tells apart. */
const LOG_FLOOR = 1e-3;

/** Colour of every weight code: the only way from a weight to a colour. */
export interface Palette {
  /** Packed pixels for `ImageData` by weight code; `BLOCKED` is transparent. */
  readonly pixels: Uint32Array;
  /** CSS colour of a weight. */
  css(weight: number): string;
  readonly scale: ScaleName;
}

/** Position of a weight on the colour map, in [0, 1]. */
export function scalePosition(weight: number, scale: ScaleName): number {
  if (scale !== 'Log') return Math.min(1, weight);
  if (weight <= LOG_FLOOR) return 0;
  return Math.min(1, 1 - Math.log(weight) / Math.log(LOG_FLOOR));
}

const byte = (c: number): number => Math.round(c * 255);
const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** One pixel of an `ImageData` seen as 32-bit numbers. */
export function packPixel([r, g, b]: Rgb, alpha = 255): number {
  const [first, second, third, last] = littleEndian
    ? [byte(r), byte(g), byte(b), alpha]
    : [alpha, byte(b), byte(g), byte(r)];
  return first + second * 2 ** 8 + third * 2 ** 16 + last * 2 ** 24;
}

const ramps = new Map<string, Uint32Array>();

/** The packed colours of a map from the lowest value to the highest; the same array for the same map. */
export function rampPixels(map: ColorMapName, dark: boolean): Uint32Array {
  const id = `${map} ${String(dark)}`;
  const pixels = ramps.get(id) ?? Uint32Array.from(colorRamp(map, dark), color => packPixel(color));
  ramps.set(id, pixels);
  return pixels;
}

/** A packed pixel as `#rrggbb`: its bytes lie in memory as red, green, blue. */
export function pixelHex(pixel: number): string {
  const [r = 0, g = 0, b = 0] = new Uint8Array(new Uint32Array([pixel]).buffer);
  return `#${[r, g, b].map(part => part.toString(16).padStart(2, '0')).join('')}`;
}

const palettes = new Map<string, Palette>();

/** The 256 entries for a colour map, a background and a scale; the same object for the same three. */
export function createPalette(map: ColorMapName, dark: boolean, scale: ScaleName): Palette {
  const id = [map, dark, scale].join();
  const palette = palettes.get(id) ?? build(map, dark, scale);
  palettes.set(id, palette);
  return palette;
}

function build(map: ColorMapName, dark: boolean, scale: ScaleName): Palette {
  const ramp = colorRamp(map, dark);
  const colorOf = (code: number): Rgb =>
    ramp[Math.round(scalePosition(codeWeight(code), scale) * 255)] ?? [0, 0, 0];
  const pixels = new Uint32Array(256);
  for (let code = BLOCKED + 1; code < 256; code++) pixels[code] = packPixel(colorOf(code));
  return {
    pixels,
    scale,
    css: weight => {
      const [r, g, b] = colorOf(weightCode(weight));
      return `rgb(${byte(r)} ${byte(g)} ${byte(b)})`;
    },
  };
}
