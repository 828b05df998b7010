import type { PanelApi } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import { BASE_STEP, type HeadOfCapture, type TilePlan } from '../../protocol/tiles';
import {
  detailOf,
  filled,
  tilesInView,
  type Detail,
  type MapView,
  type TileInView,
} from './mapView';
import { RowKnowledge, type RowRun } from './rowKnowledge';
import { TILE, type CachedTile, type TileCache } from './tileCache';
import type { TileComputer } from './tileComputer';
import { VectorFeed } from './vectorFeed';
import { jobRows, sampledRun, stripRows, statisticsRows, rowsOfCells } from './workload';

/** Requests to the host, and jobs of the worker, that are under way at one time. */
const AT_ONCE = 2;
/** Tiles that one message may hold: 256 KB. */
const TILES_A_MESSAGE = 4;

/** What a source is made of. */
export interface SourceContext {
  readonly api: Pick<Caller<PanelApi>, 'call'>;
  readonly computer: TileComputer;
  readonly cache: TileCache;
  /** The picture of the view has got further. */
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

type Task = () => Promise<void>;

/**
 * The map of one head of a long text. Nothing is queued: whenever a request or a job ends, the next
 * one is whatever the view on show needs most, so that what is no longer looked at is never asked
 * for. First anything at all, then query and key, then the exact picture, then the rest of the row
 * statistics.
 */
export class HeadSource {
  readonly name: string;
  readonly queries: number;
  readonly keys: number;
  private readonly rows: RowKnowledge;
  private readonly feed: VectorFeed | null;
  private readonly busy = new Set<CachedTile>();
  private readonly steps = new Set<number>();
  private view: MapView | null = null;
  private requests = 0;
  private jobs = 0;
  private hasWorker: boolean;

  constructor(
    private readonly head: HeadOfCapture,
    private readonly plan: TilePlan,
    private readonly context: SourceContext,
  ) {
    this.name = Object.values(head).join(' ');
    this.queries = plan.queries;
    this.keys = plan.keys;
    this.rows = new RowKnowledge(plan.queries);
    this.hasWorker = plan.kind === 'vectors';
    this.feed = plan.kind === 'vectors' ? new VectorFeed(plan) : null;
    if (plan.kind === 'vectors') context.computer.open({ ...plan, name: this.name });
  }

  /** Bytes that are held for the head besides its tiles. */
  get bytes(): number {
    return this.rows.bytes + (this.feed?.bytes ?? 0);
  }

  /** Whether the mask of the head blocks pairs; unknown where the inspector makes the tiles. */
  get isMasked(): boolean {
    return this.plan.kind === 'tiles' || this.plan.mask.kind !== 'bidirectional';
  }

  /** Works for this view from now on; null ends the work. */
  look(view: MapView | null): void {
    this.view = view;
    if (view) this.steps.add(view.step);
    this.work();
  }

  tiles(view: MapView): TileInView[] {
    return tilesInView(this.name, view, this);
  }

  detail(view: MapView): Detail {
    return detailOf(this.context.cache, this.tiles(view));
  }

  /** The coarser levels that were looked at, coarsest first. */
  coarserThan({ step }: MapView): number[] {
    return [...this.steps].filter(other => other > step).sort((a, b) => b - a);
  }

  /** Ends all work and frees what the worker holds. */
  close(): void {
    this.view = null;
    if (this.plan.kind === 'vectors') this.context.computer.close(this.name);
  }

  private work(): void {
    while (this.view && this.requests < AT_ONCE) {
      const task = this.nextRequest(this.view);
      if (!task) break;
      this.requests++;
      void this.run(task).finally(() => {
        this.requests--;
        this.work();
      });
    }
    while (this.view && this.jobs < AT_ONCE) {
      const task = this.nextJob(this.view);
      if (!task) break;
      this.jobs++;
      void this.run(task).finally(() => {
        this.jobs--;
        this.work();
      });
    }
  }

  private async run(task: Task): Promise<void> {
    try {
      await task();
      this.context.changed();
    } catch (error) {
      this.view = null;
      this.context.failed(error);
    }
  }

  private get canCompute(): boolean {
    return this.hasWorker && this.feed?.isReady === true;
  }

  private nextRequest(view: MapView): Task | null {
    const tiles = this.tiles(view);
    const empty = tiles.filter(one => filled(this.cached(one)) < one.bottom);
    const isLocal = this.canCompute && view.step < BASE_STEP;
    return (
      (isLocal
        ? this.statistics(
            empty.map(one => sampledRun(one, this.queries, this.cached(one)?.sampled ?? 0)),
          )
        : this.strip(empty, view.step > 1)) ??
      this.vectors() ??
      (this.hasWorker && view.step < BASE_STEP
        ? this.statistics(tiles.map(one => rowsOfCells(one, 0, one.bottom, this.queries)))
        : this.strip(
            tiles.filter(one => (this.cached(one)?.exact ?? 0) < one.bottom),
            false,
          )) ??
      this.remainingStatistics(view)
    );
  }

  /** The next rows of cells of some neighbouring tiles, from the inspector. */
  private strip(tiles: readonly TileInView[], sampled: boolean): Task | null {
    const first = tiles.find(one => !this.isBusy(one));
    if (!first) return null;
    const progress = (one: TileInView): number => {
      const tile = this.cached(one);
      return (sampled ? tile?.sampled : tile?.exact) ?? 0;
    };
    const from = progress(first);
    const run: TileInView[] = [];
    for (const one of tiles) {
      const isNext =
        one.address.row === first.address.row &&
        one.address.column === first.address.column + run.length &&
        progress(one) === from;
      if (isNext && !this.isBusy(one) && run.length < TILES_A_MESSAGE) run.push(one);
    }
    const rows = Math.min(first.rows - from, stripRows(this.plan, first.address.step, sampled));
    const targets = run.map(one => this.context.cache.make(one.address, one.rows, one.columns));
    for (const tile of targets) this.busy.add(tile);
    const { step, relative, row, column } = first.address;
    return async () => {
      try {
        const { codes } = await this.context.api.call('tile', {
          ...this.head,
          row: (row * TILE + from) * step,
          column: column * TILE * step,
          rows,
          columns: targets.reduce((sum, tile) => sum + tile.columns, 0),
          step,
          ...(sampled ? { sampled } : {}),
          ...(relative ? { relative } : {}),
        });
        spread(codes, rows, targets, from);
        for (const tile of targets) tile[sampled ? 'sampled' : 'exact'] = from + rows;
      } finally {
        for (const tile of targets) this.busy.delete(tile);
      }
    };
  }

  /** The next piece of query or key. */
  private vectors(): Task | null {
    const chunk = this.hasWorker ? this.feed?.next() : null;
    if (!chunk) return null;
    return async () => {
      const { api, computer } = this.context;
      const { from, data } = await api.call('vectors', { ...this.head, ...chunk });
      computer.vectors(this.name, chunk.part, from, data);
      this.feed?.arrived();
    };
  }

  /** The first rows of these runs that nobody asked for. */
  private statistics(runs: readonly RowRun[]): Task | null {
    const limit = statisticsRows(this.plan);
    for (const run of runs) {
      const asked = this.rows.ask(run, limit);
      if (!asked) continue;
      return async () => {
        this.rows.put(await this.context.api.call('rowStatistics', { ...this.head, ...asked }));
      };
    }
    return null;
  }

  /** From the view down, then from the top. */
  private remainingStatistics({ row }: MapView): Task | null {
    if (!this.canCompute) return null;
    const below = { from: row, stride: 1, count: this.queries - row };
    return this.statistics([below, { from: 0, stride: 1, count: row }]);
  }

  private nextJob({ step, relative }: MapView): Task | null {
    if (!this.canCompute || !this.view || step >= BASE_STEP) return null;
    const tiles = this.tiles(this.view).filter(one => !this.isBusy(one));
    const empty = tiles.filter(one => step > 1 && filled(this.cached(one)) < one.bottom);
    const rough = tiles.filter(one => (this.cached(one)?.exact ?? 0) < one.bottom);
    for (const [wanted, sampled] of [
      [empty, true],
      [rough, false],
    ] as const) {
      for (const one of wanted) {
        const task = this.job(one, sampled, relative);
        if (task) return task;
      }
    }
    return null;
  }

  /** The next rows of cells of a tile, from query and key, once the statistics of the rows are here. */
  private job(one: TileInView, sampled: boolean, relative: boolean): Task | null {
    const { step, column } = one.address;
    const from = this.cached(one)?.[sampled ? 'sampled' : 'exact'] ?? 0;
    const count = Math.min(one.rows - from, jobRows(this.plan, one, sampled));
    const run = sampled
      ? sampledRun(one, this.queries, from, count)
      : rowsOfCells(one, from, from + count, this.queries);
    if (count <= 0 || !this.rows.has(run)) return null;
    const made = sampled ? run.count : count;
    const tile = this.context.cache.make(one.address, one.rows, one.columns);
    this.busy.add(tile);
    return async () => {
      try {
        const codes = await this.context.computer.compute({
          head: this.name,
          from: run.from,
          stride: run.stride,
          offsets: this.rows.offsets(run, relative),
          perCell: sampled ? 1 : step,
          cells: { first: column * TILE * step, cells: one.columns, step },
        });
        tile.codes.set(codes, from * one.columns);
        tile[sampled ? 'sampled' : 'exact'] = from + made;
      } catch {
        // Without a worker the inspector makes the tiles.
        this.hasWorker = false;
      } finally {
        this.busy.delete(tile);
      }
    };
  }

  private cached({ address }: TileInView): CachedTile | undefined {
    return this.context.cache.get(address);
  }

  private isBusy(one: TileInView): boolean {
    const tile = this.cached(one);
    return tile !== undefined && this.busy.has(tile);
  }
}

/** Cuts the cells of a message into those of its tiles. */
function spread(
  codes: Uint8Array,
  rows: number,
  targets: readonly CachedTile[],
  from: number,
): void {
  const width = targets.reduce((sum, tile) => sum + tile.columns, 0);
  let left = 0;
  for (const tile of targets) {
    for (let row = 0; row < rows; row++) {
      const start = row * width + left;
      tile.codes.set(codes.subarray(start, start + tile.columns), (from + row) * tile.columns);
    }
    left += tile.columns;
  }
}
