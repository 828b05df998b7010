import { divergingRamp } from './maps';
import { packPixel, pixelHex } from './palette';

/** Steps of a signed code in each direction. */
export const SIGNED_STEPS = 127;

const known = new Map<boolean, Uint32Array>();

/** Pixels of signed values by code: 1 for the largest loss, 128 for zero, 255 for the largest gain. */
export function divergingPixels(dark: boolean): Uint32Array {
  const made = known.get(dark) ?? new Uint32Array(256);
  if (!known.has(dark)) {
    const ramp = divergingRamp(dark);
    for (let code = 1; code < 256; code++) {
      const place = ((code - 1) / (2 * SIGNED_STEPS)) * (ramp.length - 1);
      made[code] = packPixel(ramp[Math.round(place)] ?? [0, 0, 0]);
    }
    known.set(dark, made);
  }
  return made;
}

/** Colours of values from −1 to 1; those beyond have the colours of the ends. */
export const signedColors = (dark: boolean): ((value: number) => string) => {
  const pixels = divergingPixels(dark);
  return value => {
    const step = Math.round(Math.max(-1, Math.min(1, value)) * SIGNED_STEPS);
    return pixelHex(pixels[1 + SIGNED_STEPS + step] ?? 0);
  };
};
