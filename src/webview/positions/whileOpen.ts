import type { State } from '../state';
import { POSITIONS_VIEW } from './options';

/** A selection that stands still while another view is open, so that nothing is drawn unseen. */
export function whileOpen<T extends readonly unknown[]>(
  selector: (state: State) => readonly [...T],
): (state: State) => readonly [...T] {
  let last: readonly [...T] | undefined;
  return state => {
    if (last && state.options.view !== POSITIONS_VIEW) return last;
    last = selector(state);
    return last;
  };
}
