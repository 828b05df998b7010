import { rgb } from 'd3';

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
