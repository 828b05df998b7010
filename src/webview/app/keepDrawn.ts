import type { State } from './state';
import type { Store } from './store';

/**
 * Draws now, and again whenever the run, the locus, the theme, whether charts are read as tables, or one
 * of `parts` is another one.
 */
export const keepDrawn = (
  store: Store<State>,
  parts: (state: State) => readonly unknown[],
  draw: (state: State) => void,
): void => {
  store.select(
    state => [state.capture, state.locus, state.themeVersion, state.options.table, ...parts(state)],
    () => draw(store.state),
  );
};
