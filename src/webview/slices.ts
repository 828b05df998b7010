import type { CaptureSummary } from '../protocol/capture';
import { InspectorError, toErrorReport } from '../protocol/errors';
import type { PanelApi } from '../protocol/panel';
import type { Caller } from '../protocol/rpc';
import { address, mapParams, pairParams, rowParams } from './addresses';
import { carryLocus, openingLocus } from './locus';
import { strongestKey } from './rowFacts';
import { NO_SLICES, type Locus, type Slice, type State } from './state';
import type { Store } from './store';

/** Fetches one kind of slice: remembers the latest ones and never queues more than the newest wish. */
class Lane<P extends object, T> {
  private readonly known = new Map<string, Slice<T>>();
  private wish: { params: P; at: string } | null = null;
  private busy = false;

  constructor(
    private readonly fetch: (params: P) => Promise<T>,
    private readonly deliver: (slice: Slice<T>) => void,
    private readonly failed: (error: unknown) => void,
    private readonly capacity: number,
  ) {}

  /** The slice now, from memory or from the host. */
  async get(params: P): Promise<Slice<T>> {
    const at = address(params);
    const known = this.known.get(at);
    if (known) {
      this.known.delete(at);
      this.known.set(at, known);
      return known;
    }
    const slice = { at, value: await this.fetch(params) };
    this.known.set(at, slice);
    const oldest = this.known.keys().next();
    if (this.known.size > this.capacity && !oldest.done) this.known.delete(oldest.value);
    return slice;
  }

  /** Asks for delivery; a newer call replaces one that has not been sent yet. */
  want(params: P): void {
    const at = address(params);
    const known = this.known.get(at);
    this.wish = known ? null : { params, at };
    if (known) this.deliver(known);
    else if (!this.busy) void this.work();
  }

  /** Forgets an open wish. */
  drop(): void {
    this.wish = null;
  }

  private async work(): Promise<void> {
    this.busy = true;
    while (this.wish) {
      const { params, at } = this.wish;
      try {
        const slice = await this.get(params);
        if ((this.wish as typeof this.wish | null)?.at === at) {
          this.wish = null;
          this.deliver(slice);
        }
      } catch (error) {
        if (this.wish?.at === at) this.wish = null;
        this.failed(error);
      }
    }
    this.busy = false;
  }
}

/** Fetches the numbers that the locus and the preview call for and puts them into the store. */
export class SliceLoader {
  private readonly lanes;
  private adopting = '';

  constructor(
    api: Caller<PanelApi>,
    private readonly store: Store<State>,
    private readonly restored: () => Locus | null,
  ) {
    const failed = (error: unknown): void => this.fail(error);
    const lane = <M extends 'overview' | 'map' | 'row' | 'pair'>(
      method: M,
      slot: 'overview' | 'map' | 'row' | 'previewRow' | 'pair',
      capacity: number,
    ) =>
      new Lane<Parameters<PanelApi[M]>[0], Awaited<ReturnType<PanelApi[M]>>>(
        params => api.call(method, params as never) as never,
        slice => this.store.set({ [slot]: slice }),
        failed,
        capacity,
      );
    this.lanes = {
      overview: lane('overview', 'overview', 4),
      map: lane('map', 'map', 24),
      row: lane('row', 'row', 512),
      previewRow: lane('row', 'previewRow', 512),
      pair: lane('pair', 'pair', 256),
    };
    store.select(
      state => [state.capture, state.locus],
      (capture, locus) => {
        if (capture && locus) this.follow(capture.id, locus);
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
  async adopt(capture: CaptureSummary): Promise<void> {
    if (capture.id === this.adopting) return;
    this.adopting = capture.id;
    const before = this.store.state.locus ?? this.restored();
    const locus = before
      ? carryLocus(capture, before, this.store.state.capture)
      : openingLocus(capture);
    if (!locus) {
      this.store.set({ ...NO_SLICES, capture, locus, preview: null, sliceError: null });
      return;
    }
    try {
      const map = mapParams(capture.id, locus);
      const [overview, weights, row] = await Promise.all([
        this.lanes.overview.get({ capture: capture.id, block: locus.block }),
        this.lanes.map.get(map),
        this.lanes.row.get(rowParams(capture.id, locus, locus.query)),
      ]);
      const key = locus.key ?? strongestKey(row.value);
      const pair =
        key === null ? null : await this.lanes.pair.get(pairParams(capture.id, locus, key));
      if (this.adopting !== capture.id) return;
      const slices = { overview, map: weights, row, pair, previewRow: null };
      this.store.set({
        ...slices,
        capture,
        locus: { ...locus, key },
        preview: null,
        sliceError: null,
      });
    } catch (error) {
      if (this.adopting !== capture.id) return;
      this.adopting = '';
      this.fail(error);
    }
  }

  /** The row of any query of the shown head, from memory where possible. */
  async row(query: number): Promise<Slice<Awaited<ReturnType<PanelApi['row']>>> | null> {
    const { capture, locus } = this.store.state;
    if (!capture || !locus) return null;
    return this.lanes.row.get(rowParams(capture.id, locus, query));
  }

  private follow(capture: string, locus: Locus): void {
    this.lanes.overview.want({ capture, block: locus.block });
    this.lanes.map.want(mapParams(capture, locus));
    this.lanes.row.want(rowParams(capture, locus, locus.query));
    if (locus.key === null) {
      this.lanes.pair.drop();
      this.store.set({ pair: null });
    } else {
      this.lanes.pair.want(pairParams(capture, locus, locus.key));
    }
    this.followPreview(this.store.state.preview?.query ?? null);
  }

  private followPreview(query: number | null): void {
    const { capture, locus } = this.store.state;
    if (query === null || !capture || !locus) {
      this.lanes.previewRow.drop();
      this.store.set({ previewRow: null });
    } else this.lanes.previewRow.want(rowParams(capture.id, locus, query));
  }

  private fail(error: unknown): void {
    if (error instanceof InspectorError && error.code === 'cancelled') return;
    this.store.set({ sliceError: toErrorReport(error) });
  }
}
