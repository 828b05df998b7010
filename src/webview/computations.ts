import { toErrorReport } from '../protocol/errors';
import type { Computation } from '../protocol/computation';
import type { PanelApi } from '../protocol/panel';
import type { Caller } from '../protocol/rpc';
import { keyTokens } from './capture';
import { chunkSize, computationParams } from './computation/shown';
import type { ShownComputation } from './computation/state';
import type { State } from './state';
import type { Store } from './store';

/** Name of the view that computations are drawn in. */
export const COMPUTATION_VIEW = 'computation';

/** Computations kept, for coming back to them. */
const KEPT = 16;

interface Wish {
  readonly at: string;
  readonly params: NonNullable<ReturnType<typeof computationParams>>;
  readonly from: number;
  readonly count: number;
}

/** Fetches the computation at the locus while its view is open; vectors of long texts as they come in sight. */
export class ComputationLoader {
  private readonly known = new Map<string, ShownComputation>();
  private isBusy = false;

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
  ) {
    store.select(
      state => [state.capture, state.locus, state.options.view, state.keysInSight],
      () => void this.follow(),
    );
  }

  /** Works off what is missing, always for the locus as it is by then. */
  private async follow(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    for (let wish = this.nextWish(); wish; wish = this.nextWish()) {
      try {
        const { params, from, count } = wish;
        this.keep(wish, await this.api.call('computation', { ...params, from, count }));
      } catch (thrown) {
        const error = toErrorReport(thrown);
        this.store.set({ computation: { at: wish.at, error } });
      }
    }
    this.isBusy = false;
  }

  /** The first thing that is missing at the locus; shows what is known of it. */
  private nextWish(): Wish | null {
    const { state } = this.store;
    const params = computationParams(state);
    const { capture, locus, keysInSight, options, computation } = state;
    if (!params || !capture || !locus || options.view !== COMPUTATION_VIEW) return null;
    const at = JSON.stringify(params);
    if (computation && computation.at === at && 'error' in computation) return null;
    const keys = keyTokens(capture, locus.block).length;
    if (keys === 0) return null;
    const size = chunkSize(keys);
    const known = this.known.get(at);
    if (known && computation !== known) this.store.set({ computation: known });
    const wanted = [locus.key ?? 0, keysInSight.first, keysInSight.last].map(
      key => Math.floor(Math.min(key, keys - 1) / size) * size,
    );
    const from = wanted.find(start => !known?.chunks.has(start));
    return from === undefined ? null : { at, params, from, count: size };
  }

  private keep({ at, from }: Wish, value: Computation): void {
    const before = this.known.get(at);
    const { k, v, kUnrotated } = value;
    const chunk = { from, k, ...(v ? { v } : {}), ...(kUnrotated ? { kUnrotated } : {}) };
    const chunks = new Map([...(before?.chunks ?? []), [from, chunk]]);
    this.known.delete(at);
    this.known.set(at, { at, value: before?.value ?? value, chunks });
    const oldest = this.known.keys().next();
    if (this.known.size > KEPT && !oldest.done) this.known.delete(oldest.value);
  }
}
