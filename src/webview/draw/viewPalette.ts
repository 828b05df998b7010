import { keyTokens, queryTokens } from '../reading/capture';
import { createPalette, type Palette, type ScaleName } from './color/palette';
import type { State } from '../app/state';
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
