import type { Palette } from '../color/palette';
import { el } from '../dom';
import { weightColor } from '../viewPalette';

interface Weight {
  readonly weight: number;
  /** Weight of the longest bar beside it. */
  readonly largest: number;
}

/** What the bars on show stand for, so that other colours need no other bars. */
const weights = new WeakMap<Element, Weight>();

/** A bar as long as its weight's share of the largest one, in the colour of the weight. */
export function weightBar(weight: number, largest: number, palette: Palette): HTMLElement {
  const bar = el('i', {
    style: {
      width: `${(weight / (largest || 1)) * 100}%`,
      'background-color': weightColor(palette, weight, largest),
    },
  });
  weights.set(bar, { weight, largest });
  return bar;
}

/** Gives the bars inside `place` the colours of another palette. */
export function recolorBars(place: HTMLElement, palette: Palette): void {
  for (const bar of place.querySelectorAll('i')) {
    const known = weights.get(bar);
    if (known) bar.style.backgroundColor = weightColor(palette, known.weight, known.largest);
  }
}
