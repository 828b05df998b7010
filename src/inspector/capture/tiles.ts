import { maskOf } from '../../protocol/change';
import { InspectorError } from '../../protocol/errors';
import { toHalf } from '../../protocol/float16';
import type { InspectorApi } from '../../protocol/inspector';
import type { AttentionSite } from '../../protocol/model';
import type { Params } from '../../protocol/rpc';
import type { HeadVectors } from '../../protocol/scoreBlock';
import { ROWS_AT_ONCE, type HeadScores } from '../../protocol/tileKernel';
import type {
  HeadOfCapture,
  RowStatistics,
  RowStatisticsParams,
  SinkShares,
  Tile,
  TileParams,
  TilePlan,
  Vectors,
} from '../../protocol/tiles';
import { DerivedRows } from '../attention/derivedRows';
import { isDerivable } from '../attention/deriveWeights';
import { headScores } from '../attention/headScores';
import { HeadTiles } from '../attention/headTiles';
import { StoredRows } from '../attention/storedRows';
import type { SiteCapture } from '../model/run';
import { breaths } from '../runtime/breathe';
import type { Capture } from './capture';
import { checkIndex } from './mapSource';

/** Heads whose statistics and block maxima are kept for each capture. */
const KEPT_HEADS = 4;
/** Largest magnitude that float16 holds. */
const LARGEST_HALF = 65_504;

/** How the map of a head is to be drawn: with `derived`, its weights follow from query and key. */
interface LongHead {
  readonly derived: { readonly head: HeadScores; readonly rows: DerivedRows } | undefined;
  readonly site: AttentionSite;
  readonly queries: number;
  readonly keys: number;
  readonly tiles: HeadTiles;
}

const opened = new WeakMap<Capture, Map<string, LongHead>>();

/** How the map of one head of a long text is to be looked at. */
export function tilePlan(capture: Capture, params: HeadOfCapture): TilePlan {
  const { derived, queries, keys, site } = headOf(capture, params);
  if (!derived) return { kind: 'tiles', queries, keys, ...(site.sink ? { hasSink: true } : {}) };
  const { query, key, scale, mask } = derived.head;
  if (![query, key].every(fitsHalf)) return { kind: 'tiles', queries, keys };
  return { kind: 'vectors', queries, keys, headDim: query.headDim, scale, mask };
}

/** What a sink takes of every row of one head. @throws InspectorError `internal` where it has none */
export async function sinkShares(capture: Capture, params: HeadOfCapture): Promise<SinkShares> {
  const { stack, kind, layer, head } = params;
  const found = capture.siteAt({ stack, kind }, layer);
  const { queries } = headOf(capture, params);
  const [sink, largest] = [new Float32Array(queries), new Float32Array(queries)];
  const breathe = breaths();
  for (let from = 0; from < queries; from += ROWS_AT_ONCE) {
    const length = Math.min(ROWS_AT_ONCE, queries - from);
    const rows = Array.from({ length }, (_, i) => from + i);
    const some = await capture.someRows(found, head, rows);
    if (!some.sink) throw new InspectorError('internal', 'This head has no sink.');
    sink.set(some.sink, from);
    for (let i = 0; i < some.weights.length; i++) {
      const row = from + Math.floor(i / some.keys);
      largest[row] = Math.max(largest[row] ?? 0, some.weights[i] ?? 0);
    }
    await breathe();
  }
  return { sink, largest };
}

/** Rows of one head's query, or of the key that it reads, as float16. */
export function vectors(capture: Capture, params: Params<InspectorApi, 'vectors'>): Vectors {
  const { from, count, part } = params;
  const { derived } = headOf(capture, params);
  if (!derived) {
    throw new InspectorError('internal', 'This head is drawn from tiles, not from its vectors.');
  }
  const { headDim, data } = derived.head[part];
  const length = data.length / headDim;
  checkIndex(part, from, length);
  const rows = data.subarray(from * headDim, Math.min(length, from + count) * headDim);
  return { from, headDim, data: Uint16Array.from(rows, toHalf) };
}

/** Statistics of rows `from`, `from + stride`, …; gives way to other requests while it computes. */
export async function rowStatistics(
  capture: Capture,
  params: RowStatisticsParams,
): Promise<RowStatistics> {
  const { from, count, stride = 1 } = params;
  const { derived, queries } = headOf(capture, params);
  if (!derived) {
    throw new InspectorError('internal', 'This head is drawn from tiles, not from its scores.');
  }
  checkIndex('query', from, queries);
  const length = Math.min(count, Math.ceil((queries - from) / stride));
  const rows = Array.from({ length }, (_, i) => from + i * stride);
  const breathe = breaths();
  for (let at = 0; at < length; at += ROWS_AT_ONCE) {
    await derived.rows.measure(rows.slice(at, at + ROWS_AT_ONCE));
    await breathe();
  }
  const of = (all: Float32Array) => Float32Array.from(rows, row => all[row] ?? NaN);
  return {
    from,
    stride,
    logSumExp: of(derived.rows.logSumExp),
    largest: of(derived.rows.largest),
  };
}

/** A rectangle of the map of one head, clipped to it. */
export async function tile(capture: Capture, params: TileParams): Promise<Tile> {
  const { queries, keys, tiles } = headOf(capture, params);
  checkIndex('query', params.row, queries);
  checkIndex('key', params.column, keys);
  return tiles.tile(params);
}

/** One head, with what was computed of it before. */
function headOf(capture: Capture, { stack, kind, layer, head }: HeadOfCapture): LongHead {
  const heads = opened.get(capture) ?? new Map<string, LongHead>();
  opened.set(capture, heads);
  const name = [stack, kind, layer, head].join();
  const known = heads.get(name) ?? openHead(capture, capture.siteAt({ stack, kind }, layer), head);
  heads.delete(name);
  heads.set(name, known);
  for (const oldest of heads.keys()) {
    if (heads.size <= KEPT_HEADS) break;
    heads.delete(oldest);
  }
  return known;
}

function openHead(capture: Capture, found: SiteCapture, head: number): LongHead {
  const { site, query, key, weights } = found;
  checkIndex('head', head, site.heads);
  const queries = query?.dims[2] ?? weights?.dims[2] ?? 0;
  const keys = key?.dims[2] ?? weights?.dims[3] ?? 0;
  const isOwnMask = maskOf(capture.summary) === undefined;
  if (query && key && isOwnMask && isDerivable(site, keys)) {
    const scores = headScores(site, query, key, head);
    const rows = new DerivedRows(scores);
    return { derived: { head: scores, rows }, site, queries, keys, tiles: new HeadTiles(rows) };
  }
  const rows = new StoredRows(queries, keys, some => capture.someRows(found, head, some));
  return { derived: undefined, site, queries, keys, tiles: new HeadTiles(rows) };
}

function fitsHalf({ data }: HeadVectors): boolean {
  return data.every(value => !(Math.abs(value) > LARGEST_HALF));
}
