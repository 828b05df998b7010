import type { PanelApi } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import type { Slice, State } from '../state';
import type { Store } from '../store';
import { WantedLanes } from '../wantedLanes';
import { POSITIONS_VIEW } from './options';
import { METHODS, NAMES, wantedFor, type Named } from './wanted';

/** Answers of each kind that are kept. */
const KEPT = 32;

/** Fetches what the Positions view reads while it is open. */
export class PositionsLoader {
  private readonly lanes: WantedLanes<Named>;

  constructor(
    api: Caller<PanelApi>,
    private readonly store: Store<State>,
  ) {
    this.lanes = new WantedLanes(NAMES, {
      call: (name, params) => api.call(METHODS[name], params as never),
      found: (name, slice) => this.keep('found', name, slice),
      failed: (name, slice) => this.keep('errors', name, slice),
      kept: () => KEPT,
    });
    store.select(
      state => [
        state.capture,
        state.locus,
        state.sides,
        state.options.view,
        state.options.positions,
        state.positions.arrangement,
      ],
      () => this.follow(),
    );
  }

  private follow(): void {
    const { state } = this.store;
    const wanted = state.options.view === POSITIONS_VIEW ? wantedFor(state) : {};
    this.lanes.follow(wanted, state.positions.errors);
  }

  private keep(part: 'found' | 'errors', name: Named, slice: Slice<unknown>): void {
    const { positions } = this.store.state;
    if ((positions[part][name] as Slice<unknown> | undefined) === slice) return;
    this.store.set({
      positions: { ...positions, [part]: { ...positions[part], [name]: slice } },
    });
  }
}
