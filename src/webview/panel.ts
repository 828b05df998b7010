import type { Actions } from './actions';
import type { Commands } from './commands';
import type { State } from './state';
import type { Store } from './store';

/** What every view is given: the state to draw, the actions to offer and the commands to answer. */
export interface Panel {
  readonly store: Store<State>;
  readonly actions: Actions;
  readonly commands: Commands;
}
