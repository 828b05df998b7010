import { BLOCKED } from '../../../protocol/weightCode';
import { colorRamp } from '../../color/maps';
import { packPixel } from '../../color/palette';
import { el, fill } from '../../dom';
import type { Panel } from '../../panel';
import { showPixels } from '../../render/canvas';
import { paintCells } from '../../render/cells';
import { createHatch } from '../../render/hatch';
import { isDark, themeColor } from '../../theme';
import { cellsHold, groupingNote } from '../../measure';
import { siteAt } from '../../capture';
import { shownScale } from '../../viewPalette';

const RAMP = { width: 120, height: 8 };
const SWATCH = { width: 18, height: 10 };

/** Ends of the colour map by scale, and what they refer to. */
export const DOMAINS = {
  Linear: ['0', '1', ''],
  Log: ['≤ .001', '1', 'log'],
  'Row max': ['0', 'row maximum', 'per row'],
} as const;

/** The colour map with its domain, the hatch where something is blocked, and the level of detail. */
export function createLegend({ store }: Panel): {
  element: HTMLElement;
  /** Says that pixels stand for several weights; empty where they do not. */
  stateDetail: (text: string) => void;
} {
  const ramp = el('canvas', { attributes: { 'aria-hidden': 'true' } });
  const swatch = el('canvas', { attributes: { 'aria-hidden': 'true' } });
  const scale = el('span', { class: 'legend-item' });
  const blocked = el('span', { class: 'legend-item' }, swatch, 'blocked by the mask');
  const holds = el('span', { class: 'legend-item holds' });
  const detail = el('span', { class: 'legend-item detail' });
  store.select(
    state => [shownScale(state), state.options.colorMap, state.theme, state.themeVersion],
    (shown, colorMap, theme) => {
      const ratio = window.devicePixelRatio || 1;
      const colors = colorRamp(colorMap, isDark(theme)).map(color => packPixel(color));
      const [width, height] = [RAMP.width * ratio, RAMP.height * ratio].map(Math.round) as [
        number,
        number,
      ];
      const image = new Uint32Array(width * height);
      image.forEach((_, i) => {
        image[i] = colors[Math.round(((i % width) / (width - 1)) * 255)] ?? 0;
      });
      showPixels(ramp, image, width, height, ratio);
      const [low, high, note] = DOMAINS[shown];
      fill(scale, text(low), ramp, text(high), note !== '' && text(`(${note})`));
      drawSwatch(swatch, ratio);
    },
  );
  store.select(
    state => [state.locus, state.capture, state.options.grouping],
    (locus, capture, grouping) => {
      if (!locus || !capture) return;
      const heads = siteAt(capture, locus.block, locus.layer)?.heads ?? 0;
      holds.textContent = [cellsHold(locus, heads), groupingNote(grouping)]
        .filter(Boolean)
        .join('; ');
    },
  );
  store.select(
    state => [state.map],
    map => (blocked.hidden = !map?.value.codes.includes(BLOCKED)),
  );
  return {
    element: el('div', { class: 'legend' }, scale, holds, blocked, detail),
    stateDetail: text => {
      detail.textContent = text;
      detail.hidden = text === '';
    },
  };
}

const text = (words: string): HTMLElement => el('span', { text: words });

function drawSwatch(canvas: HTMLCanvasElement, ratio: number): void {
  const width = Math.round(SWATCH.width * ratio);
  const height = Math.round(SWATCH.height * ratio);
  const image = new Uint32Array(width * height);
  const grid = { codes: new Uint8Array(width * height), rows: height, columns: width };
  const hatch = createHatch(themeColor('--hatch'), ratio);
  paintCells({ image, stride: width, left: 0, top: 0 }, grid, new Uint32Array(256), hatch, 1, 0);
  showPixels(canvas, image, width, height, ratio);
}
