import { button } from '../kit/controls';
import { el, fill } from '../kit/dom';

/**
 * Says in `place` how far runs beside the main one have come, why one failed, or what else is to be
 * said; hidden where nothing is.
 * @param doing label of what is under way; null where nothing is
 * @param problem why there is no run; null where there is one, or may yet be
 * @param again runs again what failed; null where that would fail again
 */
export function drawRunStatus(
  place: HTMLElement,
  {
    doing,
    problem,
    otherwise,
  }: {
    readonly doing: string | null;
    readonly problem: string | null;
    readonly otherwise: string | null;
  },
  { cancel, again }: { readonly cancel: () => void; readonly again: (() => void) | null },
): void {
  place.classList.toggle('failed', problem !== null);
  const offer = (text: string, act: () => void) => button(text, act, { secondary: true });
  if (doing !== null) fill(place, el('span.muted', `${doing}…`), offer('Cancel', cancel));
  else if (problem !== null) {
    fill(place, el('span', problem), again && offer('Run again', again));
  } else fill(place, otherwise !== null && el('span.muted', otherwise));
  place.hidden = place.childElementCount === 0;
}
