import type { Actions } from './actions';
import type { Commands } from './commands';
import type { Interventions } from './interventions/interventions';
import type { SideRuns } from './sideRuns';
import type { State } from './state';
import type { Store } from './store';
import type { TileService } from '../tiles/tileService';

/** What every view is given: the state to draw, the actions to offer and the commands to answer. */
export interface Panel {
  readonly store: Store<State>;
  readonly actions: Actions;
  readonly commands: Commands;
  /** Maps of long texts. */
  readonly tiles: TileService;
  /** Runs beside the main one. */
  readonly sides: SideRuns;
  /** The list of interventions. */
  readonly interventions: Interventions;
}
