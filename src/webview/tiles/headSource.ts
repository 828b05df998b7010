import type { PanelApi } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import {
  BASE_STEP,
  type HeadOfCapture,
  type SinkShares,
  type TilePlan,
} from '../../protocol/tiles';
import {
  detailOf,
  filled,
  tilesInView,
  type Detail,
  type MapView,
  type TileInView,
} from './mapView';
import { RowKnowledge, type RowRun } from './rowKnowledge';
import type { CachedTile, TileCache } from './tileCache';
import type { TileComputer } from './tileComputer';
import { jobTask, stripTask, type FillParts, type Job, type Task } from './tileTasks';
import { VectorFeed } from './vectorFeed';
import { rowsOfCells, sampledRun, statisticsRows, WORK_AHEAD } from './workload';

/** Requests to the host that are under way at one time. */
const AT_ONCE = 2;

/** What a source is made of. */
export interface SourceContext {
  readonly api: Pick<Caller<PanelApi>, 'call'>;
  readonly computer: TileComputer;
  readonly cache: TileCache;
  /** The picture of the view has got further. */
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

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
  private readonly parts: FillParts;
  private readonly steps = new Set<number>();
  private view: MapView | null = null;
  private isSinkAsked = false;
  private sink: SinkShares | null = null;
  private requests = 0;
  /** Multiply-adds that the worker has before it. */
  private ahead = 0;
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
    this.parts = {
      ...context,
      head,
      plan,
      name: this.name,
      rows: this.rows,
      busy: new Set(),
    };
    this.feed = plan.kind === 'vectors' ? new VectorFeed(plan) : null;
    if (plan.kind === 'vectors') context.computer.open({ ...plan, name: this.name });
  }

  /** Bytes that are held for the head besides its tiles. */
  get bytes(): number {
    return this.rows.bytes + (this.feed?.bytes ?? 0) + 2 * (this.sink?.sink.byteLength ?? 0);
  }

  /** What a sink takes of each row; null until that is known, and where there is none. */
  get sinkShares(): SinkShares | null {
    return this.sink;
  }

  /** Everything that the worker needs for any part of the map is here. */
  get isComplete(): boolean {
    return this.canCompute && this.rows.isComplete;
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
    while (this.view && this.ahead < WORK_AHEAD) {
      const job = this.nextJob(this.view);
      if (!job) break;
      this.ahead += job.work;
      void this.run(this.orWithoutWorker(job.task)).finally(() => {
        this.ahead -= job.work;
        this.work();
      });
    }
  }

  private async run(task: Task): Promise<void> {
    try {
      if (await task()) this.context.changed();
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
        : stripTask(this.parts, empty, view.step > 1)) ??
      this.vectors() ??
      this.sinks() ??
      (this.hasWorker && view.step < BASE_STEP
        ? this.statistics(tiles.map(one => rowsOfCells(one, 0, one.bottom, this.queries)))
        : stripTask(
            this.parts,
            tiles.filter(one => (this.cached(one)?.exact ?? 0) < one.bottom),
            false,
          )) ??
      this.remainingStatistics(view)
    );
  }

  /** What the sink takes of all rows, once. */
  private sinks(): Task | null {
    const { plan } = this;
    if (this.isSinkAsked || plan.kind !== 'tiles' || !plan.hasSink) return null;
    this.isSinkAsked = true;
    return async () => {
      this.sink = await this.context.api.call('sinkShares', this.head);
      return true;
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
      return false;
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
        return this.rows.isComplete;
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

  private nextJob({ step, relative }: MapView): Job | null {
    if (!this.canCompute || !this.view || step >= BASE_STEP) return null;
    const tiles = this.tiles(this.view);
    const empty = tiles.filter(one => step > 1 && filled(this.cached(one)) < one.bottom);
    const rough = tiles.filter(one => (this.cached(one)?.exact ?? 0) < one.bottom);
    for (const [wanted, sampled] of [
      [empty, true],
      [rough, false],
    ] as const) {
      for (const one of wanted) {
        const job = jobTask(this.parts, one, sampled, relative);
        if (job) return job;
      }
    }
    return null;
  }

  /** Without a worker the inspector makes the tiles. */
  private orWithoutWorker(task: Task): Task {
    return async () => {
      try {
        return await task();
      } catch {
        this.hasWorker = false;
        return false;
      }
    };
  }

  private cached({ address }: TileInView): CachedTile | undefined {
    return this.context.cache.get(address);
  }
}
