import { divergingPixels } from '../../color/diverging';
import { colorRamp } from '../../color/maps';
import { packPixel } from '../../color/palette';
import { weight2 } from '../../format';
import type { State } from '../../state';
import { isDark } from '../../theme';
import { shownScale } from '../../viewPalette';
import { DOMAINS } from '../../views/attention/legend';
import { pixelHex, SANS, type Inks } from '../inks';
import { tag, text } from '../svg';

export const LEGEND_HEIGHT = 20;
export const LEGEND_WIDTH = 460;

const RAMP = { left: 60, width: 120, height: 8 };
const STOPS = 16;

/** Colours from the lowest value to the highest, and what its ends are called. */
export interface Ramp {
  readonly pixels: Uint32Array;
  readonly low: string;
  readonly high: string;
}

/** The colours of weights on the scale on show. */
export function weightRamp(state: State): Ramp {
  const [low, high, note] = DOMAINS[shownScale(state)];
  const ramp = colorRamp(state.options.colorMap, isDark(state.theme));
  return {
    pixels: Uint32Array.from(ramp, color => packPixel(color)),
    low,
    high: note === '' ? high : `${high} (${note})`,
  };
}

/** The colours of differences up to `limit` on both sides. */
export const differenceRamp = (state: State, limit: number): Ramp => ({
  pixels: divergingPixels(isDark(state.theme)).subarray(1),
  low: `−${weight2(limit)}`,
  high: `+${weight2(limit)}`,
});

/** The colour map with the ends of its domain, and the hatch where something is blocked. */
export function legendMarkup({ pixels, low, high }: Ramp, inks: Inks, hasBlocked: boolean): string {
  const stops = Array.from({ length: STOPS + 1 }, (_, i) => {
    const pixel = pixels[Math.round((i / STOPS) * (pixels.length - 1))] ?? 0;
    return tag('stop', { offset: `${(100 * i) / STOPS}%`, 'stop-color': pixelHex(pixel) });
  });
  const font = { fill: inks.muted, 'font-family': SANS, 'font-size': 11 };
  const end = RAMP.left + RAMP.width + 8;
  const ramp = { x: RAMP.left, y: 4, width: RAMP.width, height: RAMP.height, fill: 'url(#ramp)' };
  return [
    tag('linearGradient', { id: 'ramp' }, ...stops),
    text(low, { x: RAMP.left - 8, y: 12, 'text-anchor': 'end', ...font }),
    tag('rect', ramp),
    text(high, { x: end, y: 12, ...font }),
    hasBlocked
      ? [
          tag('rect', { x: end + 120, y: 3, width: 18, height: 10, fill: 'url(#hatch)' }),
          text('blocked by the mask', { x: end + 144, y: 12, ...font }),
        ].join('')
      : '',
  ].join('');
}
