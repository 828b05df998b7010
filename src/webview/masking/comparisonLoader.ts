import { InspectorError, toErrorReport } from '../../protocol/errors';
import type { PanelApi } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import { address } from '../addresses';
import { Lane } from '../lane';
import type { Slice, State } from '../state';
import type { Store } from '../store';
import { MASKING_VIEW } from './sideWishes';
import { METHODS, NAMES, wantedFor, type Named } from './wanted';

/** Answers of each kind that are kept: maps are large, rows are many. */
const KEPT: Partial<Record<(typeof METHODS)[Named], number>> = { map: 8, difference: 8, row: 256 };
const KEPT_OTHERWISE = 16;

/** Fetches what the Masking view reads while it is open. */
export class ComparisonLoader {
  private readonly lanes: ReadonlyMap<Named, Lane<object, unknown>>;

  constructor(
    api: Caller<PanelApi>,
    private readonly store: Store<State>,
  ) {
    const lane = (name: Named): Lane<object, unknown> =>
      new Lane<object, unknown>(
        params => api.call(METHODS[name], params as never),
        slice => this.keep('found', name, slice),
        (error, params) => this.fail(name, error, params),
        KEPT[METHODS[name]] ?? KEPT_OTHERWISE,
      );
    this.lanes = new Map(NAMES.map(name => [name, lane(name)]));
    store.select(
      state => [state.capture, state.locus, state.preview, state.sides, state.options.view],
      () => this.follow(),
    );
  }

  private follow(): void {
    const { state } = this.store;
    const isOpen = state.options.view === MASKING_VIEW;
    const wanted = isOpen ? wantedFor(state) : {};
    for (const [name, lane] of this.lanes) {
      const params = wanted[name];
      const refused = params && state.comparisons.errors[name]?.at === address(params);
      if (params && !refused) lane.want(params);
      else lane.drop();
    }
  }

  private keep(part: 'found' | 'errors', name: Named, slice: Slice<unknown>): void {
    const { comparisons } = this.store.state;
    const kept = comparisons[part][name] as Slice<unknown> | undefined;
    if (kept === slice) return;
    this.store.set({
      comparisons: { ...comparisons, [part]: { ...comparisons[part], [name]: slice } },
    });
  }

  private fail(name: Named, error: unknown, params: object): void {
    if (error instanceof InspectorError && error.code === 'cancelled') return;
    this.keep('errors', name, { at: address(params), value: toErrorReport(error) });
  }
}
