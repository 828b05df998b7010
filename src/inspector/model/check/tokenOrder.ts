import type { FoundSite } from '../../onnx/graph/site';
import type { Tensor } from '../../runtime/tensor';
import type { GraphRun, SiteTensors, StreamTensors } from '../graph/graphSession';
import type { LoadedGraph } from '../graph/loadGraph';
import type { ChangedRun } from '../probe/textRuns';

/** Smaller changes, relative to the largest one, are rounding. */
const ROUNDING = 1e-4;
/** The stream must have moved this much more at the changed token for the rows to be held against it. */
const CLEARLY = 2;
/** Rows that follow the stream by themselves do so within this factor of one another. */
const EVENLY = 4;
/** Rows that move less than this share of the changed token's are not held against the stream. */
const NOTICEABLE = 0.1;
/** A row that moves no more than this much of what the stream does elsewhere moves with that alone. */
const BACKGROUND = 1.5;

/**
 * Why row i or column j of a site is not token i or j: one token of the text is changed, and where the
 * residual stream moves at that token only (or far more than anywhere else), its query, key and value
 * must move, and before it none.
 */
export function orderFault(
  loaded: LoadedGraph,
  site: FoundSite,
  i: number,
  plain: GraphRun,
  changed: readonly ChangedRun[],
): string | undefined {
  const parts = [
    ['query', false],
    ['key', site.isCross],
    ['value', site.isCross],
  ] as const;
  for (const [part, isMemory] of parts) {
    const faults = changed.map(({ run, at }) => {
      const stream = streamBefore(loaded, site, isMemory, plain, run);
      return rowsFault(part, movedRows(plain.sites[i]?.[part], run.sites[i]?.[part]), stream, at);
    });
    // Chance moves one row more than another; only what happens at every token counts.
    const [first] = faults;
    if (first !== undefined && faults.every(fault => fault !== undefined)) return first;
  }
  return undefined;
}

/** What a change of one token did to the rows of one head. */
interface HeadRows {
  /** How far each row moved. */
  readonly moved: Float64Array;
  /** All rows are the same, whatever the token: a head that reads nothing. */
  readonly isConstant: boolean;
}

function movedRows(before: Tensor | undefined, after: Tensor | undefined): HeadRows[] {
  if (!before || !after || before.data.length !== after.data.length) return [];
  const [, heads = 1, rows = 1, width = 1] = before.dims;
  return Array.from({ length: heads }, (_, head) => {
    const start = head * rows * width;
    const own = before.data.subarray(start, start + rows * width);
    return {
      moved: distances(before, after, start, rows, width),
      isConstant: own.every((value, i) => value === own[i % width]),
    };
  });
}

function distances(
  { data: before }: Tensor,
  { data: after }: Tensor,
  start: number,
  rows: number,
  width: number,
): Float64Array {
  const moved = new Float64Array(rows);
  for (let at = 0; at < rows * width; at++) {
    const row = Math.floor(at / width);
    const difference = Math.abs((after[start + at] ?? 0) - (before[start + at] ?? 0));
    if (difference > (moved[row] ?? 0)) moved[row] = difference;
  }
  return moved;
}

/** What a change of one token did to the stream that a site reads, by token. */
interface StreamRows {
  readonly moved: Float64Array;
  /** The same as shares of how large each token's state is: norms make all of one size. */
  readonly share: Float64Array;
}

/** How far each token of the stream that a site reads moved; undefined where there is no such tensor. */
function streamBefore(
  { streams: { streams } }: LoadedGraph,
  site: FoundSite,
  isMemory: boolean,
  plain: GraphRun,
  run: GraphRun,
): StreamRows | undefined {
  // The query of cross-attention is projected after the self-attention of its layer.
  if (site.isCross && !isMemory) return undefined;
  const own = streams.findIndex(({ sites }) => sites.includes(site));
  const index = isMemory ? streams.findIndex(({ isEncoderOfAnother }) => isEncoderOfAnother) : own;
  const layer = streams[own]?.layerOf.get(site) ?? 0;
  const pick = ({ streams: all }: GraphRun): Tensor | undefined => {
    const stream: StreamTensors | undefined = all[index];
    return isMemory ? (stream?.normed ?? stream?.residual) : stream?.beforeLayers[layer];
  };
  const [before, after] = [pick(plain), pick(run)];
  if (before?.dims.length !== 3 || after?.data.length !== before.data.length) return undefined;
  const [, rows = 1, width = 1] = before.dims;
  const moved = distances(before, after, 0, rows, width);
  const share = moved.map((by, token) => {
    const state = before.data.subarray(token * width, (token + 1) * width);
    return by / state.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  });
  return { moved, share };
}

/** @param stream how far the residual stream moved, by token */
function rowsFault(
  part: keyof SiteTensors,
  heads: readonly HeadRows[],
  stream: StreamRows | undefined,
  at: number,
): string | undefined {
  const fault = stream && streamFault(stream.moved, at);
  if (fault !== undefined) return fault;
  if (stream && !leads(stream.moved, at)) return undefined;
  const elsewhere = stream ? largestBeside(stream.moved, at) / (stream.moved[at] ?? 1) : 0;
  const isAlone = stream !== undefined && elsewhere <= ROUNDING;
  for (const [head, { moved, isConstant }] of heads.entries()) {
    if (isConstant) continue;
    const most = Math.max(...moved);
    const top = moved.indexOf(most);
    const own = moved[at] ?? 0;
    if (most === 0) {
      if (!isAlone) continue;
      return `a change of token ${at} moves no ${part} of head ${head}: its ${plural(part)} are not the text's tokens`;
    }
    if (own <= ROUNDING * most) {
      return `a change of token ${at} moves ${part} ${top} instead: its ${plural(part)} stand in another order than the tokens`;
    }
    const earlier = moved.findIndex((by, row) => row < at && by > ROUNDING * most);
    if (isAlone && earlier >= 0) {
      return `a change of token ${at} moves ${part} ${earlier} too: its ${plural(part)} are mixed from several tokens`;
    }
    // Later rows may be mixed with the changed token: then their own token moves them as well.
    const isOther = top < at || own <= BACKGROUND * elsewhere * most;
    if (stream && !isAlone && top !== at && most > CLEARLY * own && isOther) {
      return `a change of token ${at} moves ${part} ${top} most: its ${plural(part)} stand in another order than the tokens`;
    }
  }
  const earlier = stream && !isAlone ? unevenRow(heads, stream, at) : -1;
  return earlier < 0
    ? undefined
    : `a change of token ${at} moves ${part} ${earlier} too, where the stream hardly moves: its ${plural(part)} are mixed from several tokens`;
}

/** The first row before the changed token that moves far more than its own token's stream does; -1 for none. */
function unevenRow(heads: readonly HeadRows[], { share }: StreamRows, at: number): number {
  const most = (row: number) => Math.max(...heads.map(({ moved }) => moved[row] ?? 0));
  const own = most(at);
  return share.findIndex(
    (by, row) =>
      row < at && most(row) > NOTICEABLE * own && most(row) * (share[at] ?? 0) > EVENLY * own * by,
  );
}

function largestBeside(values: Float64Array, at: number): number {
  return values.reduce((most, value, i) => (i !== at && value > most ? value : most), 0);
}

/** A token of the text moves its own row of the residual stream, whatever else moves. */
function streamFault(stream: Float64Array, at: number): string | undefined {
  const most = Math.max(...stream);
  if (most === 0 || (stream[at] ?? 0) > ROUNDING * most) return undefined;
  return `a change of token ${at} moves row ${stream.indexOf(most)} of the hidden state and not its own: its rows stand in another order than the tokens`;
}

/** Whether a token moved clearly more than all others. */
function leads(stream: Float64Array, at: number): boolean {
  const own = stream[at] ?? 0;
  return own > 0 && largestBeside(stream, at) * CLEARLY <= own;
}

function plural(part: keyof SiteTensors): string {
  return part === 'query' ? 'queries' : `${part}s`;
}
