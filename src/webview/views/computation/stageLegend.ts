import { limitsOf } from './facts';
import { number } from '../../reading/numbers';
import { shownComputation } from './shown';
import { el, fill } from '../../kit/dom';
import { divergingColors } from '../../draw/vectorCells';
import type { State } from '../../app/state';
import { isDark } from '../../kit/theme';

/** The colours of the vectors with their limits, and the keys for stepping. */
export function drawLegend(place: HTMLElement, state: State): void {
  const shown = shownComputation(state);
  if (!shown) return;
  const colors = divergingColors(isDark(state.theme));
  const limits = limitsOf(shown);
  const stops = Array.from({ length: 9 }, (_, i) => colors[Math.round((i / 8) * 255)] ?? '');
  const limit = (name: string, value: number): string => `${name}\u00a0±\u00a0${number(value, 2)}`;
  fill(
    place,
    el(
      'div.legend-item',
      el('span', '−'),
      el('i.ramp', {
        'aria-hidden': 'true',
        style: { background: `linear-gradient(to right, ${stops.join(', ')})` },
      }),
      el('span', '+'),
      el('span', 'vector entries'),
    ),
    el(
      'div',
      [
        limit('q', limits.q),
        limit('k', limits.k),
        limit('q ∘ k', limits.product),
        ...(shown.value.v ? [limit('v', limits.v)] : []),
      ].join(' · '),
    ),
    el('div.legend-item', el('kbd', 'F10'), 'step over', el('kbd', 'F11'), 'step into'),
  );
}
