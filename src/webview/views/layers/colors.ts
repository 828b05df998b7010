import { weightCode } from '../../../protocol/weightCode';
import { createPalette, pixelHex } from '../../draw/color/palette';
import type { State } from '../../app/state';
import { isDark } from '../../kit/theme';

/** Colours of probabilities and similarities from 0 to 1: the weights' colour map, always linear. */
export function shareColors({
  options,
  theme,
}: Pick<State, 'options' | 'theme'>): (value: number) => string {
  const { pixels } = createPalette(options.colorMap, isDark(theme), 'Linear');
  return value => pixelHex(pixels[weightCode(Math.max(0, Math.min(1, value)))] ?? 0);
}
