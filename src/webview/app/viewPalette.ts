import { keyTokens, queryTokens } from '../reading/capture';
import { createPalette, type Palette, type ScaleName, rampPixels } from '../draw/color/palette';
import { DOMAINS, type Ramp } from '../draw/legend';
import type { State } from './state';
import { isDark } from '../kit/theme';

/** Above this many tokens single weights are small, and a linear scale would show nothing. */
const LINEAR_UP_TO = 64;

/** The scale that people chose, or the one that suits the length. */
export function shownScale({ options, capture, locus }: State): ScaleName {
  if (options.scale) return options.scale;
  if (!capture || !locus) return 'Linear';
  const length = Math.max(
    queryTokens(capture, locus.block).length,
    keyTokens(capture, locus.block).length,
  );
  return length > LINEAR_UP_TO ? 'Log' : 'Linear';
}

/** The palette that holds everywhere; the same object until an option or the theme's kind changes. */
export const viewPalette = (state: State): Palette =>
  createPalette(state.options.colorMap, isDark(state.theme), shownScale(state));

/** Colour of a weight beside others of its row. */
export function weightColor(palette: Palette, weight: number, rowMaximum: number): string {
  return palette.css(palette.scale === 'Row max' ? weight / (rowMaximum || 1) : weight);
}

/** The colours of weights on the scale on show. */
export function weightRamp(state: State): Ramp {
  const [low, high, note] = DOMAINS[shownScale(state)];
  return {
    pixels: rampPixels(state.options.colorMap, isDark(state.theme)),
    low,
    high: note === '' ? high : `${high} (${note})`,
  };
}
