import { InspectorError } from '../../protocol/errors';
import { layerCount } from '../../protocol/model';
import type { Sweep } from '../../protocol/patching';
import { isBlocked } from '../attention/masks';
import type { PieceEdit } from '../model/pieces/piecesOf';
import type { PointAt } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import { effectsOf, type SweepRun, type Swept } from './sweepRun';

/** An edge from a query to a key; in all heads, or in one. */
interface EdgeCell {
  readonly head?: number;
  readonly key: number;
}

/**
 * Each edge of a query blocked, alone (attention knock-out, Geva et al. 2023): head by head in one layer
 * `[heads, keys]`, or in all layers and heads together `[1, keys]`. What the mask blocks already changes
 * nothing; the only key of a query cannot be taken from it, and is NaN.
 * @throws InspectorError `inputs-wrong` where there is no such query or layer
 */
export async function edgesOff(
  run: SweepRun,
  { query, layer }: Extract<Sweep, { readonly kind: 'edges' }>,
): Promise<Swept> {
  const { card, stack, kind, pieces, plain, tokens, heed } = run;
  const layers = layerCount(card, stack);
  if (query >= tokens || (layer !== undefined && layer >= layers)) {
    const what =
      query >= tokens
        ? `token ${query}: it has ${tokens}`
        : `layer ${layer ?? 0}: the ${stack} has ${layers}`;
    throw new InspectorError('inputs-wrong', `This run has no ${what}.`);
  }
  const wanted = layer === undefined ? Array.from({ length: layers }, (_, i) => i) : [layer];
  const places = wanted.map((one): PointAt => ({
    stack,
    layer: one,
    kind,
    point: 'maskedScores',
  }));
  const missing = [...new Set(places.flatMap(place => pieces.missing(place) ?? []))];
  const usable = places.filter(place => pieces.missing(place) === undefined);
  const scores = await pieces.values(plain, usable, heed);
  const [first] = scores;
  // Where one layer cannot be cut, the edge is not out of the run.
  if (!first || usable.length < places.length) {
    return { effects: new Float32Array(), rows: 0, columns: 0, missing };
  }
  const [, heads = 1, , all = 1] = first.dims;
  const keys = Math.min(all, kind === 'cross' ? all : tokens);
  const rows = layer === undefined ? 1 : heads;
  const cells = Array.from({ length: rows * keys }, (_, i): EdgeCell => {
    const key = i % keys;
    return layer === undefined ? { key } : { head: Math.floor(i / keys), key };
  });
  const effects = new Float32Array(cells.length);
  const tried: number[] = [];
  for (const [i, cell] of cells.entries()) {
    const state = stateOf(scores, query, cell);
    if (state === 'open') tried.push(i);
    else effects[i] = state === 'only' ? NaN : 0;
  }
  const found = await effectsOf(run, tried.length, (from, end) => {
    const some = tried.slice(from, end).flatMap(i => cells[i] ?? []);
    return blocking(usable, scores, query, some);
  });
  for (const [i, cell] of tried.entries()) effects[cell] = found[i] ?? NaN;
  run.progress(1);
  return { effects, rows, columns: keys, missing };
}

/** Whether an edge can be blocked: it is blocked already, it is the only one of its query, or it is open. */
function stateOf(
  scores: readonly Tensor[],
  query: number,
  { head, key }: EdgeCell,
): 'blocked' | 'only' | 'open' {
  let isOpen = false;
  for (const { dims, data } of scores) {
    const [, heads = 1, queries = 1, keys = 1] = dims;
    const ofHeads = head === undefined ? [...Array(heads).keys()] : [head];
    for (const one of ofHeads) {
      const at = (one * queries + query) * keys;
      const row = data.subarray(at, at + keys);
      if (isBlocked(row[key] ?? NaN)) continue;
      isOpen = true;
      if (row.reduce((open, score) => open + (isBlocked(score) ? 0 : 1), 0) < 2) return 'only';
    }
  }
  return isOpen ? 'open' : 'blocked';
}

/** −∞ at one edge in each row; layers of one shape share the numbers that say so. */
function blocking(
  places: readonly PointAt[],
  scores: readonly Tensor[],
  query: number,
  cells: readonly EdgeCell[],
): readonly PieceEdit[] {
  const made = new Map<string, Omit<PieceEdit, 'at'>>();
  return places.map((place, i) => {
    const dims = scores[i]?.dims ?? [];
    const known = made.get(dims.join()) ?? blocked(dims, query, cells);
    made.set(dims.join(), known);
    return { at: place, ...known };
  });
}

function blocked(
  [, heads = 1, queries = 1, keys = 1]: readonly number[],
  query: number,
  cells: readonly EdgeCell[],
): Omit<PieceEdit, 'at'> {
  const mask = new Uint8Array(cells.length * heads * queries * keys);
  for (const [row, { head, key }] of cells.entries()) {
    for (let one = head ?? 0; one < (head === undefined ? heads : head + 1); one++) {
      mask[((row * heads + one) * queries + query) * keys + key] = 1;
    }
  }
  const value = new Float32Array(heads * queries * keys).fill(-Infinity);
  return {
    mask: { dims: [cells.length, heads, queries, keys], data: mask },
    value: { dims: [1, heads, queries, keys], data: value },
  };
}
