import type { PanelApi } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import type { HeadOfCapture, TilePlan } from '../../protocol/tiles';
import type { TileInView } from './mapView';
import type { RowKnowledge } from './rowKnowledge';
import { spread, TILE, type CachedTile, type TileCache } from './tileCache';
import type { TileComputer } from './tileComputer';
import { jobRows, rowsOfCells, rowWork, sampledRun, stripRows } from './workload';

/** Tiles that one message may hold: 128 KB. */
const TILES_A_MESSAGE = 8;

/** Work on a map; tells whether the picture may look different then. */
export type Task = () => Promise<boolean>;

/** Work of the worker, with its multiply-adds. */
export interface Job {
  readonly task: Task;
  readonly work: number;
}

/** What the tiles of a head are filled with. */
export interface FillParts {
  readonly api: Pick<Caller<PanelApi>, 'call'>;
  readonly computer: TileComputer;
  readonly cache: TileCache;
  readonly head: HeadOfCapture;
  readonly plan: TilePlan;
  /** The head's name in cache and worker. */
  readonly name: string;
  readonly rows: RowKnowledge;
  /** Tiles that somebody is filling. */
  readonly busy: Set<CachedTile>;
}

/** Fetches the next rows of cells of some neighbouring tiles from the inspector. */
export function stripTask(
  parts: FillParts,
  tiles: readonly TileInView[],
  sampled: boolean,
): Task | null {
  const { api, cache, head, plan, busy } = parts;
  const kind = sampled ? 'sampled' : 'exact';
  const progress = (one: TileInView): number => cache.get(one.address)?.[kind] ?? 0;
  const free = tiles.filter(one => !isBusy(parts, one));
  const [first] = free;
  if (!first) return null;
  const from = progress(first);
  const run: TileInView[] = [];
  for (const one of free) {
    const isNext =
      one.address.row === first.address.row &&
      one.address.column === first.address.column + run.length &&
      progress(one) === from;
    if (isNext && run.length < TILES_A_MESSAGE) run.push(one);
  }
  const { step, relative, row, column } = first.address;
  const bottom = Math.max(...run.map(one => one.bottom));
  const width = run.reduce((sum, one) => sum + one.columns, 0);
  const queries = sampled
    ? sampledRun(first, plan.queries, from, bottom - from)
    : rowsOfCells(first, from, bottom, plan.queries);
  const keys = parts.rows.has(queries) ? width * step : plan.keys;
  const rows = Math.min(bottom - from, stripRows(plan, step, sampled, keys));
  const targets = run.map(one => cache.make(one.address, one.rows, one.columns));
  return occupying(busy, targets, async () => {
    const { codes } = await api.call('tile', {
      ...head,
      row: (row * TILE + from) * step,
      column: column * TILE * step,
      rows,
      columns: width,
      step,
      ...(sampled ? { sampled } : {}),
      ...(relative ? { relative } : {}),
    });
    spread(codes, rows, targets, from);
    for (const tile of targets) tile[kind] = from + rows;
    return true;
  });
}

/**
 * Lets the worker compute the next rows of cells of a tile from query and key; null until the
 * statistics of these rows are here.
 */
export function jobTask(
  parts: FillParts,
  one: TileInView,
  sampled: boolean,
  relative: boolean,
): Job | null {
  const { computer, cache, plan, rows, name, busy } = parts;
  if (isBusy(parts, one)) return null;
  const { step, column } = one.address;
  const kind = sampled ? 'sampled' : 'exact';
  const from = cache.get(one.address)?.[kind] ?? 0;
  const count = Math.min(one.bottom - from, jobRows(plan, one, sampled));
  const run = sampled
    ? sampledRun(one, plan.queries, from, count)
    : rowsOfCells(one, from, from + count, plan.queries);
  if (count <= 0 || !rows.has(run)) return null;
  const tile = cache.make(one.address, one.rows, one.columns);
  const task = occupying(busy, [tile], async () => {
    const codes = await computer.compute({
      head: name,
      from: run.from,
      stride: run.stride,
      offsets: rows.offsets(run, relative),
      perCell: sampled ? 1 : step,
      cells: { first: column * TILE * step, cells: one.columns, step },
    });
    tile.codes.set(codes, from * one.columns);
    tile[kind] = from + (sampled ? run.count : count);
    return true;
  });
  return { task, work: count * rowWork(plan, step, one.columns, sampled) };
}

/** Marks tiles as busy from now on until the task has ended. */
function occupying(busy: Set<CachedTile>, tiles: readonly CachedTile[], task: Task): Task {
  for (const tile of tiles) busy.add(tile);
  return async () => {
    try {
      return await task();
    } finally {
      for (const tile of tiles) busy.delete(tile);
    }
  };
}

function isBusy({ cache, busy }: FillParts, { address }: TileInView): boolean {
  const tile = cache.get(address);
  return tile !== undefined && busy.has(tile);
}
