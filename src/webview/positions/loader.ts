import { InspectorError, toErrorReport } from '../../protocol/errors';
import type { PanelApi } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import { address } from '../addresses';
import { Lane } from '../lane';
import type { Slice, State } from '../state';
import type { Store } from '../store';
import { POSITIONS_VIEW } from './options';
import { METHODS, NAMES, wantedFor, type Named } from './wanted';

/** Answers of each kind that are kept. */
const KEPT = 32;

/** Fetches what the Positions view reads while it is open. */
export class PositionsLoader {
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
        KEPT,
      );
    this.lanes = new Map(NAMES.map(name => [name, lane(name)]));
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
    for (const [name, lane] of this.lanes) {
      const params = wanted[name];
      const refused = params && state.positions.errors[name]?.at === address(params);
      if (params && !refused) lane.want(params);
      else lane.drop();
    }
  }

  private keep(part: 'found' | 'errors', name: Named, slice: Slice<unknown>): void {
    const { positions } = this.store.state;
    if ((positions[part][name] as Slice<unknown> | undefined) === slice) return;
    this.store.set({
      positions: { ...positions, [part]: { ...positions[part], [name]: slice } },
    });
  }

  private fail(name: Named, error: unknown, params: object): void {
    if (error instanceof InspectorError && error.code === 'cancelled') return;
    this.keep('errors', name, { at: address(params), value: toErrorReport(error) });
  }
}
