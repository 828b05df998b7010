import { rgb } from 'd3';
import { weightCode } from '../../../protocol/weightCode';
import { divergingPixels } from '../../draw/color/diverging';
import { createPalette, pixelHex } from '../../draw/color/palette';
import type { State } from '../../app/state';
import { isDark } from '../../kit/theme';

const CODES = { zero: 128, steps: 127 };

/** Colours of probabilities and similarities from 0 to 1: the weights' colour map, always linear. */
export function shareColors({
  options,
  theme,
}: Pick<State, 'options' | 'theme'>): (value: number) => string {
  const { pixels } = createPalette(options.colorMap, isDark(theme), 'Linear');
  return value => pixelHex(pixels[weightCode(Math.max(0, Math.min(1, value)))] ?? 0);
}

/** Colours of values from −1 to 1. */
export function signedColors({ theme }: Pick<State, 'theme'>): (value: number) => string {
  const pixels = divergingPixels(isDark(theme));
  return value => pixelHex(pixels[CODES.zero + Math.round(value * CODES.steps)] ?? 0);
}

/** Relative luminance above which black is read better than white (WCAG 2.2, contrast ratio). */
const TURNING_POINT = 0.179;

/** Black or white, whichever is read better on a colour; their contrast is at least 4.5. */
export function inkOn(color: string): string {
  const { r, g, b } = rgb(color);
  const linear = (part: number): number => {
    const c = part / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  return luminance > TURNING_POINT ? '#000000' : '#ffffff';
}
