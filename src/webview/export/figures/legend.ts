import { colorRamp } from '../../color/maps';
import { packPixel } from '../../color/palette';
import type { State } from '../../state';
import { isDark } from '../../theme';
import { shownScale } from '../../viewPalette';
import { DOMAINS } from '../../views/attention/legend';
import { SANS, type Inks } from '../inks';
import { tag, text } from '../svg';

export const LEGEND_HEIGHT = 20;

const RAMP = { left: 60, width: 120, height: 8 };
const STOPS = 16;

/** The colour map with the ends of its domain, and the hatch where something is blocked. */
export function legendMarkup(state: State, inks: Inks, hasBlocked: boolean): string {
  const [low, high, note] = DOMAINS[shownScale(state)];
  const ramp = colorRamp(state.options.colorMap, isDark(state.theme));
  const stops = Array.from({ length: STOPS + 1 }, (_, i) => {
    const color = ramp[Math.round((i / STOPS) * 255)] ?? [0, 0, 0];
    return tag('stop', { offset: `${(100 * i) / STOPS}%`, 'stop-color': hexOf(packPixel(color)) });
  });
  const font = { fill: inks.muted, 'font-family': SANS, 'font-size': 11 };
  const end = RAMP.left + RAMP.width + 8;
  return [
    tag('linearGradient', { id: 'ramp' }, ...stops),
    text(low, { x: RAMP.left - 8, y: 12, 'text-anchor': 'end', ...font }),
    tag('rect', {
      x: RAMP.left,
      y: 4,
      width: RAMP.width,
      height: RAMP.height,
      fill: 'url(#ramp)',
    }),
    text(`${high}${note === '' ? '' : ` (${note})`}`, { x: end, y: 12, ...font }),
    hasBlocked
      ? [
          tag('rect', { x: end + 120, y: 3, width: 18, height: 10, fill: 'url(#hatch)' }),
          text('blocked by the mask', { x: end + 144, y: 12, ...font }),
        ].join('')
      : '',
  ].join('');
}

/** A packed pixel as `#rrggbb`, whichever way this machine orders its bytes. */
function hexOf(pixel: number): string {
  const [r = 0, g = 0, b = 0] = new Uint8Array(new Uint32Array([pixel]).buffer);
  return `#${[r, g, b].map(part => part.toString(16).padStart(2, '0')).join('')}`;
}
