import { BLOCKED } from '../../protocol/weightCode';
import { rampPixels } from '../draw/color/palette';
import { el, fill, hiddenCanvas } from '../kit/dom';
import { DOMAINS } from '../draw/legend';
import type { Panel } from '../app/panel';
import { drawHatchSwatch, drawRamp } from '../draw/pixels/swatches';
import { isDark } from '../kit/theme';
import { cellsHold, groupingNote } from '../draw/measure';
import { isTiled, siteAt } from '../reading/capture';
import { shownScale } from '../app/viewPalette';
import { blockedLegend } from '../reading/blocked';
import { mapPlace } from '../reading/place';

const RAMP_WIDTH = 120;

/** The colour map with its domain, the hatch where something is blocked, and the level of detail. */
export function createLegend({ store }: Panel): {
  element: HTMLElement;
  /** Says that pixels stand for several weights; empty where they do not. */
  stateDetail: (text: string) => void;
} {
  const ramp = hiddenCanvas();
  const swatch = hiddenCanvas();
  const scale = el('span.legend-item');
  const blockedBy = el('span');
  const blocked = el('span.legend-item', swatch, blockedBy);
  const holds = el('span.legend-item.holds');
  const detail = el('span.legend-item.detail');
  detail.hidden = true;
  store.select(
    state => [shownScale(state)],
    shown => {
      const [low, high, note] = DOMAINS[shown];
      fill(scale, text(low), ramp, text(high), note !== '' && text(`(${note})`));
    },
  );
  store.select(
    state => [state.options.colorMap, state.theme],
    (colorMap, theme) => {
      drawRamp(ramp, rampPixels(colorMap, isDark(theme)), RAMP_WIDTH);
    },
  );
  store.select(
    state => [state.themeVersion],
    () => drawHatchSwatch(swatch),
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
    state => [state.map, state.capture, state.locus, state.options.grouping],
    (map, capture, locus, grouping) => {
      const site = capture && locus && siteAt(capture, locus.block, locus.layer);
      const isLong = site && isTiled(capture, locus, grouping);
      const isMasked = site?.kind === 'self' && site.mask.kind !== 'bidirectional';
      if (capture && locus) blockedBy.textContent = blockedLegend(capture, mapPlace(locus));
      blocked.hidden = isLong ? !isMasked : !map?.value.codes.includes(BLOCKED);
    },
  );
  return {
    element: el('div.legend', scale, holds, blocked, detail),
    stateDetail: text => {
      if (detail.textContent === text) return;
      detail.textContent = text;
      detail.hidden = text === '';
    },
  };
}

const text = (words: string): HTMLElement => el('span', words);
