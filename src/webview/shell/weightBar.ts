import type { Palette } from '../draw/color/palette';
import { el } from '../kit/dom';
import { weightColor } from '../app/viewPalette';

interface Weight {
  readonly weight: number;
  /** Weight of the longest bar beside it. */
  readonly largest: number;
}

/** What the bars on show stand for, so that other colours need no other bars. */
const weights = new WeakMap<Element, Weight>();

/** A bar of a share of its lane. */
export const shareBar = (share: number): HTMLElement =>
  el('i', { style: { width: `${share * 100}%` } });

/** A bar in its lane, which screen readers leave out. */
export const barLane = (...bars: readonly Node[]): HTMLElement =>
  el('span.bar-lane', { 'aria-hidden': 'true' }, ...bars);

/** What stands in a row of bars: its name, its lane, and numbers. */
export const barParts = (
  name: string | Node,
  lane: HTMLElement,
  ...numbers: readonly string[]
): HTMLElement[] => [
  el('span.bar-name', name),
  lane,
  ...numbers.map(text => el('span.number', { text })),
];

/**
 * A bar as long as its weight's share of the largest one, in the colour of the weight; the whole lane,
 * which the style sheet hatches, where the mask blocks its key.
 */
export function weightBar(
  weight: number,
  largest: number,
  palette: Palette,
  isAllowed = true,
): HTMLElement {
  if (!isAllowed) return el('i', { style: { width: '100%', 'background-color': 'transparent' } });
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
