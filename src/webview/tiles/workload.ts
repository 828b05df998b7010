import { sampledQuery, type TilePlan } from '../../protocol/tiles';
import type { TileInView } from './mapView';
import type { RowRun } from './rowKnowledge';
import { TILE } from './tileCache';

/** Multiply-adds of one request to the inspector: some 50 ms, so that it stays answerable. */
const REQUEST_WORK = 4e8;
/** Weights that one request may read where they are stored. */
const STORED_WORK = 2e7;
/** Multiply-adds of one job of the worker: about a frame, so that a new view need not wait for long. */
const JOB_WORK = 2e7;
/** Multiply-adds that the worker is given at one time: enough that it never waits for the page. */
export const WORK_AHEAD = 2 * JOB_WORK;

const within = (rows: number, most: number): number =>
  Math.max(1, Math.min(most, Math.floor(rows)));

/** Rows whose statistics one request asks for. */
export const statisticsRows = (plan: TilePlan): number =>
  plan.kind === 'tiles' ? 1 : within(REQUEST_WORK / (plan.keys * plan.headDim), 1024);

/**
 * Rows of cells that one request to the inspector asks for.
 * @param keys of each query that are worked on: all of them where its statistics are not known yet
 */
export function stripRows(plan: TilePlan, step: number, sampled: boolean, keys: number): number {
  const queries = sampled ? 1 : step;
  const most =
    plan.kind === 'tiles'
      ? STORED_WORK / (queries * plan.keys)
      : REQUEST_WORK / (queries * keys * plan.headDim);
  return within(most, TILE);
}

/** Rows of cells that one job of the worker makes. */
export function jobRows(
  plan: TilePlan,
  { address, columns }: TileInView,
  sampled: boolean,
): number {
  return within(JOB_WORK / rowWork(plan, address.step, columns, sampled), TILE);
}

/** Multiply-adds of one row of so many cells. */
export function rowWork(plan: TilePlan, step: number, columns: number, sampled: boolean): number {
  const queries = sampled ? 1 : step;
  return queries * columns * step * (plan.kind === 'vectors' ? plan.headDim : 1);
}

/** The queries of some rows of a tile's cells. */
export function rowsOfCells(
  { address }: TileInView,
  from: number,
  to: number,
  queries: number,
): RowRun {
  const first = (address.row * TILE + from) * address.step;
  const end = Math.min(queries, (address.row * TILE + to) * address.step);
  return { from: first, stride: 1, count: Math.max(0, end - first) };
}

/**
 * The one query of each row of a tile's cells that is looked at first, from row `from` on; a last
 * row that is cut off by the map's end has a run of its own.
 */
export function sampledRun(
  { address, bottom }: TileInView,
  queries: number,
  from: number,
  count = bottom - from,
): RowRun {
  const { step } = address;
  const start = sampledQuery((address.row * TILE + from) * step, step, queries);
  const fitting = Math.ceil((queries - start) / step);
  return { from: start, stride: step, count: Math.max(0, Math.min(count, fitting)) };
}
