import type { AttentionRow, CaptureSummary } from '../protocol/capture';
import { InspectorError, toErrorReport } from '../protocol/errors';
import type { PanelApi } from '../protocol/panel';
import type { Caller } from '../protocol/rpc';
import {
  address,
  layerRowsParams,
  mapParams,
  pairParams,
  predictedParams,
  rowParams,
} from './addresses';
import { Lane } from './lane';
import { isLong, isTiled } from './capture';
import { carryLocus } from './locus';
import { MASKING_VIEW } from './masking/sideWishes';
import { STACK_MAPS } from './masking/wanted';
import { openingPlace, type OpeningNumbers } from './openingPlace';
import { rowsOfHeads, strongestKey } from './rowFacts';
import { NO_SLICES, type Locus, type Slice, type Slices, type State } from './state';
import type { Store } from './store';
import { keyUnits } from './units';

type Params<M extends keyof PanelApi> = Parameters<PanelApi[M]>[0];

/** Whether a map is worked out from others, which not every model or kind of attention allows. */
const isDerived = ({ head, measure }: Partial<Pick<Params<'map'>, 'head' | 'measure'>>): boolean =>
  head === 'rollout' || measure === 'norm';

const isCancelled = (error: unknown): boolean =>
  error instanceof InspectorError && error.code === 'cancelled';

/** Fetches the numbers that the locus and the preview call for and puts them into the store. */
export class SliceLoader {
  private readonly lanes;
  private adopting = '';
  /** Where a capture was opened without anybody's choice: another text opens by itself again. */
  private opened: Locus | null = null;

  constructor(
    api: Caller<PanelApi>,
    private readonly store: Store<State>,
    private readonly restored: () => Locus | null,
  ) {
    const lane = <M extends 'overview' | 'map' | 'row' | 'pair' | 'headFacts'>(
      method: M,
      slot: keyof Slices,
      capacity: number,
      failed: (error: unknown, params: Params<M>) => void = error => this.fail(error),
    ) =>
      new Lane<Params<M>, Awaited<ReturnType<PanelApi[M]>>>(
        params => api.call(method, params as never) as never,
        slice => this.store.set({ [slot]: slice }),
        failed,
        capacity,
      );
    const rowFailed = (error: unknown, params: Params<'row' | 'layerRows'>): void => {
      if (!isDerived(params)) this.fail(error);
    };
    this.lanes = {
      overview: lane('overview', 'overview', 4),
      map: lane('map', 'map', 24, (error, params) => {
        if (isDerived(params) || this.isLong(params)) this.refuse('mapError', error, params);
        else this.fail(error);
      }),
      row: lane('row', 'row', 512, rowFailed),
      previewRow: lane('row', 'previewRow', 512, rowFailed),
      pair: lane('pair', 'pair', 256),
      headFacts: lane('headFacts', 'headFacts', 4, (error, params) =>
        this.refuse('headFactsError', error, params),
      ),
      layerRows: new Lane<ReturnType<typeof layerRowsParams>, readonly AttentionRow[]>(
        async params => rowsOfHeads(await api.call('layerRows', params)),
        layerRows => this.store.set({ layerRows }),
        rowFailed,
        64,
      ),
      predicted: new Lane<{ capture: string; tokens: number }, readonly string[]>(
        async ({ capture, tokens }) => {
          const at = (token: number) => api.call('predictions', { capture, token, count: 1 });
          const found = await Promise.all(Array.from({ length: tokens }, (_, token) => at(token)));
          return found.map(({ best }) => best[0]?.text ?? '');
        },
        predicted => this.store.set({ predicted }),
        () => undefined,
        4,
      ),
    };
    store.select(
      state => [
        state.capture,
        state.locus,
        state.options.grouping,
        state.options.picture,
        state.options.view,
      ],
      (capture, locus) => {
        if (capture && locus) this.follow(capture, locus);
      },
    );
    store.select(
      state => [state.preview?.query ?? null],
      query => this.followPreview(query),
    );
  }

  /**
   * Shows a new capture once its overview, map and row are here, so that the previous one gives
   * way to a complete picture.
   */
  async adopt(
    capture: CaptureSummary,
    before: Locus | null = this.chosenBefore(capture),
  ): Promise<void> {
    if (capture.id === this.adopting) return;
    this.adopting = capture.id;
    const carried = before && carryLocus(capture, before, this.store.state.capture);
    const locus = before ? carried : await openingPlace(capture, this.numbers(capture.id));
    if (this.adopting !== capture.id) return;
    if (!locus) {
      this.store.set({ ...NO_SLICES, capture, locus, preview: null, sliceError: null });
      return;
    }
    const { grouping } = this.store.state.options;
    try {
      const [{ key, row, pair }, overview, map] = await Promise.all([
        this.rowAndPair(capture, locus),
        this.lanes.overview.get({ capture: capture.id, block: locus.block }),
        isLong(capture, locus.block)
          ? null
          : this.lanes.map.get(mapParams(capture.id, locus, grouping)),
      ]);
      if (this.adopting !== capture.id) return;
      const slices = { ...NO_SLICES, overview, map, row, pair };
      const shown = { ...locus, key };
      if (!before) this.opened = shown;
      this.store.set({
        ...slices,
        capture,
        locus: shown,
        preview: null,
        sliceError: null,
      });
    } catch (error) {
      if (this.adopting !== capture.id) return;
      this.adopting = '';
      const { run } = this.store.state;
      const isOnShow = run.kind === 'ready' && run.capture.id === capture.id;
      if (isCancelled(error) && isOnShow) {
        // The process was ended for another run, which was cancelled: what is there is asked again.
        await this.adopt(capture, before);
        return;
      }
      const derived = isDerived(mapParams(capture.id, locus, grouping));
      if (derived && before) await this.adopt(capture, { ...before, aggregate: 'head' });
      else this.fail(error);
    }
  }

  /** Where people stand, or stood before a reload; null where they have chosen nothing for this text. */
  private chosenBefore(capture: CaptureSummary): Locus | null {
    const { locus, capture: shown } = this.store.state;
    if (locus && locus === this.opened && shown?.text !== capture.text) return null;
    return locus ?? this.restored();
  }

  private numbers(capture: string): OpeningNumbers {
    const { overview, map } = this.lanes;
    return {
      overview: async ({ block }) => (await overview.get({ capture, block })).value,
      map: async locus => (await map.get(mapParams(capture, locus, 'token'))).value,
    };
  }

  /** Asked for first, so that the pair is on its way while the pictures are computed. */
  private async rowAndPair(capture: CaptureSummary, locus: Locus) {
    const { grouping } = this.store.state.options;
    const row = await this.lanes.row.get(rowParams(capture, locus, grouping, locus.query));
    const key = locus.key ?? this.strongestOf(row.value, capture, locus);
    const pair =
      key === null ? null : await this.lanes.pair.get(pairParams(capture.id, locus, key));
    return { key, row, pair };
  }

  /** The row of any query of the shown head, from memory where possible. */
  async row(query: number): Promise<Slice<Awaited<ReturnType<PanelApi['row']>>> | null> {
    const { capture, locus } = this.store.state;
    if (!capture || !locus) return null;
    const { grouping } = this.store.state.options;
    return this.lanes.row.get(rowParams(capture, locus, grouping, query));
  }

  /** The key that the query's row of the shown head gives most to; null where it sees none. */
  async strongestKey(query: number): Promise<number | null> {
    const { capture, locus } = this.store.state;
    const row = await this.row(query).catch(() => null);
    return capture && locus && row ? this.strongestOf(row.value, capture, locus) : null;
  }

  private strongestOf(row: AttentionRow, capture: CaptureSummary, locus: Locus): number | null {
    const unit = strongestKey(row);
    const { grouping } = this.store.state.options;
    return unit === null ? null : keyUnits(capture, locus.block, grouping).first(unit);
  }

  private follow(capture: CaptureSummary, locus: Locus): void {
    const { grouping, picture, view } = this.store.state.options;
    const block = { capture: capture.id, block: locus.block };
    this.lanes.overview.want(block);
    const map = mapParams(capture.id, locus, grouping);
    if (isTiled(capture, locus, grouping)) {
      this.lanes.map.drop();
      this.store.set({ map: null });
    } else if (!this.isRefused('mapError', map)) this.lanes.map.want(map);
    this.lanes.row.want(rowParams(capture, locus, grouping, locus.query));
    if (!this.isRefused('headFactsError', block)) this.lanes.headFacts.want(block);
    if (picture === 'arcs') this.lanes.layerRows.want(layerRowsParams(capture, locus, grouping));
    else this.lanes.layerRows.drop();
    const isBeside = view === MASKING_VIEW && capture.model.stacks.length > 1;
    const predicted = predictedParams(
      capture,
      isBeside ? { ...locus, block: STACK_MAPS.crossMap } : locus,
    );
    if (predicted) this.lanes.predicted.want(predicted);
    if (locus.key === null) {
      this.lanes.pair.drop();
      this.store.set({ pair: null });
    } else {
      this.lanes.pair.want(pairParams(capture.id, locus, locus.key));
    }
    this.followPreview(this.store.state.preview?.query ?? null);
  }

  private followPreview(query: number | null): void {
    const { capture, locus } = this.store.state;
    if (query === null || !capture || !locus) {
      this.lanes.previewRow.drop();
      this.store.set({ previewRow: null });
    } else {
      const { grouping } = this.store.state.options;
      this.lanes.previewRow.want(rowParams(capture, locus, grouping, query));
    }
  }

  /** Keeps why one picture cannot be had, beside everything that can. */
  private refuse(slot: 'mapError' | 'headFactsError', error: unknown, params: object): void {
    const stale = slot === 'mapError' ? { row: null, previewRow: null, layerRows: null } : {};
    this.store.set({ [slot]: { at: address(params), value: toErrorReport(error) }, ...stale });
  }

  private isLong({ block }: Params<'map'>): boolean {
    const { capture } = this.store.state;
    return capture !== null && isLong(capture, block);
  }

  private isRefused(slot: 'mapError' | 'headFactsError', params: object): boolean {
    return this.store.state[slot]?.at === address(params);
  }

  private fail(error: unknown): void {
    if (isCancelled(error)) return;
    this.store.set({ sliceError: toErrorReport(error) });
  }
}
