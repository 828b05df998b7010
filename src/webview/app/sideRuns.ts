import { toErrorReport } from '../../protocol/errors';
import type { PanelApi, SideSlot } from '../../protocol/panel';
import type { Caller, Params } from '../../protocol/rpc';
import type { State } from './state';
import type { Store } from './store';
import { openView, type Presence } from './presence';

export type SideWish = Params<PanelApi, 'runSide'>;

/** Runs beside the main one that a view shows while it is open. */
export interface RunsBeside {
  readonly slots: readonly SideSlot[];
  /** They are made once people have changed nothing for this long, in milliseconds. */
  readonly settled: number;
  /** Where it is said that one could not be asked for. */
  readonly fault: 'sliceError' | 'wishError';
  /** What they are made with; none for a slot that is to be empty. */
  wished(state: State): readonly SideWish[];
}

interface Asker {
  readonly id: string;
  readonly runs?: RunsBeside;
  presence?(state: State): Presence;
}

/** Asks the host for the runs that the open view shows, and lets go of them after. */
export class SideRuns {
  private readonly asked = new Map<SideSlot, string>();

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
    private readonly views: readonly Asker[],
  ) {
    for (const view of views) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      store.select(
        state => [JSON.stringify(this.wishesOf(view, state))],
        () => {
          clearTimeout(timer);
          const { settled = 0 } = view.runs ?? {};
          if (settled === 0) this.follow(view);
          else timer = setTimeout(() => this.follow(view), settled);
        },
      );
    }
  }

  /** Runs again what failed or was cancelled. */
  again(...slots: readonly SideSlot[]): void {
    for (const slot of slots) this.asked.delete(slot);
    for (const view of this.views) this.follow(view);
  }

  private follow(view: Asker): void {
    const { runs } = view;
    if (!runs) return;
    const { state } = this.store;
    const wishes = this.wishesOf(view, state);
    const open = openView(this.views, state);
    for (const slot of runs.slots) {
      // The open view says what is in a slot that both have.
      if (open !== view && open?.runs?.slots.includes(slot)) continue;
      const wish = wishes.find(one => one.slot === slot);
      const wanted = wish && JSON.stringify(wish);
      if (wanted === this.asked.get(slot)) continue;
      if (wish && wanted !== undefined) {
        this.asked.set(slot, wanted);
        this.send('runSide', wish, runs);
      } else {
        this.asked.delete(slot);
        this.send('closeSide', { slot }, runs);
      }
    }
  }

  private wishesOf(view: Asker, state: State): readonly SideWish[] {
    if (!view.runs || !state.capture || openView(this.views, state) !== view) return [];
    return view.runs.wished(state);
  }

  private send<M extends 'runSide' | 'closeSide'>(
    method: M,
    params: Params<PanelApi, M>,
    { fault }: RunsBeside,
  ): void {
    this.api
      .call(method, params)
      .catch((error: unknown) => this.store.set({ [fault]: toErrorReport(error) }));
  }
}
