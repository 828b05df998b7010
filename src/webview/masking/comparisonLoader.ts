import type { PanelApi } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import type { Slice, State } from '../state';
import type { Store } from '../store';
import { WantedLanes } from '../wantedLanes';
import { MASKING_VIEW } from './sideWishes';
import { METHODS, NAMES, wantedFor, type Named } from './wanted';

/** Answers of each kind that are kept: maps are large, rows are many. */
const KEPT: Partial<Record<(typeof METHODS)[Named], number>> = { map: 8, difference: 8, row: 256 };
const KEPT_OTHERWISE = 16;

/** Fetches what the Masking view reads while it is open. */
export class ComparisonLoader {
  private readonly lanes: WantedLanes<Named>;

  constructor(
    api: Caller<PanelApi>,
    private readonly store: Store<State>,
  ) {
    this.lanes = new WantedLanes(NAMES, {
      call: (name, params) => api.call(METHODS[name], params as never),
      found: (name, slice) => this.keep('found', name, slice),
      failed: (name, slice) => this.keep('errors', name, slice),
      kept: name => KEPT[METHODS[name]] ?? KEPT_OTHERWISE,
    });
    store.select(
      state => [state.capture, state.locus, state.preview, state.sides, state.options.view],
      () => this.follow(),
    );
  }

  private follow(): void {
    const { state } = this.store;
    const isOpen = state.options.view === MASKING_VIEW;
    const wanted = isOpen ? wantedFor(state) : {};
    this.lanes.follow(wanted, state.comparisons.errors);
  }

  private keep(part: 'found' | 'errors', name: Named, slice: Slice<unknown>): void {
    const { comparisons } = this.store.state;
    const kept = comparisons[part][name] as Slice<unknown> | undefined;
    if (kept === slice) return;
    this.store.set({
      comparisons: { ...comparisons, [part]: { ...comparisons[part], [name]: slice } },
    });
  }
}
