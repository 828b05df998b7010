import type { Actions } from './actions';
import type { State } from './state';
import type { Store } from './store';

/** What every view is given: the state to draw and the actions to offer. */
export interface Panel {
  readonly store: Store<State>;
  readonly actions: Actions;
}
