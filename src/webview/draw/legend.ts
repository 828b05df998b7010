import { divergingPixels } from './color/diverging';
import { pixelHex, type ScaleName } from './color/palette';
import { isDark, type ThemeKind } from '../kit/theme';
import { HATCHED, lettering, mark, type Mark } from './marks';

export const LEGEND = { width: 460, height: 20 };

/** Ends of the colour map by scale, and what they refer to. */
export const DOMAINS: Record<ScaleName, readonly [low: string, high: string, note: string]> = {
  Linear: ['0', '1', ''],
  Log: ['≤ .001', '1', 'log'],
  'Row max': ['0', 'row maximum', 'per row'],
};

const RAMP = { left: 60, width: 120, height: 8 };
const STOPS = 16;

/** Colours from the lowest value to the highest, and what its ends are called. */
export interface Ramp {
  readonly pixels: Uint32Array;
  readonly low: string;
  readonly high: string;
}

/** The colours of numbers on both sides of zero. */
export const signedRamp = (
  { theme }: { readonly theme: ThemeKind },
  low: string,
  high: string,
): Ramp => ({
  pixels: divergingPixels(isDark(theme)).subarray(1),
  low,
  high,
});

const word = lettering('ui', 11);

/** The colour map with the ends of its domain, and the hatch where something is blocked. */
export function legendMarks({ pixels, low, high }: Ramp, hasBlocked: boolean): Mark[] {
  const stops = Array.from({ length: STOPS + 1 }, (_, i) => {
    const pixel = pixels[Math.round((i / STOPS) * (pixels.length - 1))] ?? 0;
    return mark('stop', { offset: `${(100 * i) / STOPS}%`, 'stop-color': pixelHex(pixel) });
  });
  const end = RAMP.left + RAMP.width + 8;
  const lane = { x: RAMP.left, y: 4, width: RAMP.width, height: RAMP.height };
  const swatch = { x: end + 120, y: 3, width: 18, height: 10, fill: HATCHED };
  return [
    mark('linearGradient', { id: 'ramp' }, stops),
    word(low, { x: RAMP.left - 8, y: 12, 'text-anchor': 'end' }),
    mark('rect', { ...lane, fill: 'url(#ramp)' }),
    word(high, { x: end, y: 12 }),
    ...(hasBlocked ? [mark('rect', swatch), word('blocked', { x: end + 144, y: 12 })] : []),
  ];
}
