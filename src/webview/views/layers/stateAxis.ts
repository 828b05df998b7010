import { INK, words, type Mark } from '../../draw/marks';
import { stateName } from './facts';

/** Least room of a state's name, in CSS pixels. */
const ROOM = 26;

/** Names of the states under a chart: as many as have room, and always the chosen one. */
export function stateAxis(
  states: number,
  x: (state: number) => number,
  y: number,
  here: number,
): Mark[] {
  const length = Math.abs(x(states - 1) - x(0));
  const step = Math.max(1, Math.ceil((ROOM * (states - 1)) / Math.max(1, length)));
  const shown = Array.from({ length: states }, (_, state) => state).filter(
    state =>
      state === here || (state % step === 0 && (step === 1 || Math.abs(state - here) >= step)),
  );
  return shown.map(state =>
    words(
      stateName(state),
      {
        x: x(state),
        y,
        'text-anchor': 'middle',
        ...(state === here ? { 'font-weight': 600 } : {}),
      },
      state === here ? INK.text : INK.muted,
    ),
  );
}
