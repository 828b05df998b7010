import { rgb } from 'd3';
import { packPixel } from '../color/palette';

/** The 45° hatch that marks what the mask blocks, as one period along a pixel row. */
export interface Hatch {
  readonly pixels: Uint32Array;
}

/** CSS pixels from line to line along a row. */
const PERIOD = 6;

/** Hatch lines in a CSS colour with its opacity, for a device pixel ratio. */
export function createHatch(color: string, ratio: number): Hatch {
  const { r, g, b, opacity } = rgb(color);
  const period = Math.max(3, Math.round(PERIOD * ratio));
  const width = Math.SQRT2 * ratio;
  const pixels = Uint32Array.from({ length: period }, (_, x) => {
    const covered = Math.max(0, Math.min(1, width - x));
    return covered === 0
      ? 0
      : packPixel([r / 255, g / 255, b / 255], Math.round(255 * opacity * covered));
  });
  return { pixels };
}
