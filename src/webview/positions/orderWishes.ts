import { toErrorReport } from '../../protocol/errors';
import type { PanelApi } from '../../protocol/panel';
import type { Caller, Params } from '../../protocol/rpc';
import type { State } from '../state';
import type { Store } from '../store';
import { changesOf } from '../../protocol/change';
import { POSITIONS_VIEW } from './options';
import { ORDER_SLOTS, wishedRuns, type OrderSlot } from './wanted';

/** An order is run once people have stopped moving tokens for this long. */
const SETTLED_MS = 400;

/** Asks the host for the runs in another order while the Positions view is open, and lets go of them after. */
export class OrderWishes {
  private readonly asked = new Map<OrderSlot, string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
  ) {
    store.select(
      state => [
        state.capture,
        state.options.view,
        state.options.positions,
        state.positions.arrangement,
      ],
      () => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.follow(), SETTLED_MS);
      },
    );
  }

  /** Runs again what failed or was cancelled. */
  again(): void {
    this.asked.clear();
    this.follow();
  }

  private follow(): void {
    const { state } = this.store;
    const isOpen = state.options.view === POSITIONS_VIEW && state.capture !== null;
    const runs = isOpen ? wishedRuns(state) : new Map<OrderSlot, never>();
    for (const slot of ORDER_SLOTS) {
      const order = runs.get(slot);
      const wanted = order && JSON.stringify(order);
      if (wanted === this.asked.get(slot)) continue;
      if (order && wanted !== undefined) {
        this.asked.set(slot, wanted);
        this.send('runSide', { slot, model: null, text: null, changes: changesOf({ order }) });
      } else {
        this.asked.delete(slot);
        this.send('closeSide', { slot });
      }
    }
  }

  private send<M extends 'runSide' | 'closeSide'>(method: M, params: Params<PanelApi, M>): void {
    this.api
      .call(method, params)
      .catch((error: unknown) => this.store.set({ wishError: toErrorReport(error) }));
  }
}
