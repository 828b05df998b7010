/** Query or key of one head, `[tokens, headDim]`. */
export interface HeadVectors {
  readonly data: Float32Array;
  readonly headDim: number;
}

/** Queries and keys that a block of scores is made of; keys are `[first, end)`. */
export interface ScoreBlock {
  readonly queries: ArrayLike<number>;
  readonly first: number;
  readonly end: number;
}

/** Side of the blocks that are kept in registers. */
const SIDE = 4;
/** Keys that all queries meet before the next ones are loaded, so that they stay in the cache. */
const KEYS_AT_ONCE = 128;

/**
 * Scores of some queries and a run of keys, q·k × scale. Four queries and four keys at a time, so
 * that every number that is loaded is used four times.
 * @param output receives `[queries, end - first]`
 */
export function scoreBlock(
  query: HeadVectors,
  key: HeadVectors,
  scale: number,
  { queries, first, end }: ScoreBlock,
  output: Float32Array,
): void {
  const width = end - first;
  const last = queries.length - 1;
  for (let from = first; from < end; from += KEYS_AT_ONCE) {
    const to = Math.min(end, from + KEYS_AT_ONCE);
    for (let row = 0; row <= last; row += SIDE) {
      // What is left over at an edge is filled up with its last row or key, which comes out the same.
      const rows = [row, row + 1, row + 2, row + 3].map(at => Math.min(at, last));
      const starts = rows.map(at => (queries[at] ?? 0) * query.headDim);
      const targets = rows.map(at => at * width - first);
      scoreRows(query.data, key, scale, starts, from, to, output, targets);
    }
  }
}

/** Four rows of a block of scores. */
function scoreRows(
  q: Float32Array,
  { data: k, headDim }: HeadVectors,
  scale: number,
  starts: readonly number[],
  first: number,
  end: number,
  output: Float32Array,
  targets: readonly number[],
): void {
  const [a = 0, b = 0, c = 0, e = 0] = starts;
  const [ra = 0, rb = 0, rc = 0, re = 0] = targets;
  for (let column = first; column < end; column += SIDE) {
    const x = Math.min(column + 1, end - 1);
    const y = Math.min(column + 2, end - 1);
    const z = Math.min(column + 3, end - 1);
    const [kw, kx, ky, kz] = [column * headDim, x * headDim, y * headDim, z * headDim];
    let aw = 0,
      ax = 0,
      ay = 0,
      az = 0;
    let bw = 0,
      bx = 0,
      by = 0,
      bz = 0;
    let cw = 0,
      cx = 0,
      cy = 0,
      cz = 0;
    let ew = 0,
      ex = 0,
      ey = 0,
      ez = 0;
    for (let d = 0; d < headDim; d++) {
      const w = k[kw + d] ?? 0;
      const v = k[kx + d] ?? 0;
      const u = k[ky + d] ?? 0;
      const t = k[kz + d] ?? 0;
      let of = q[a + d] ?? 0;
      aw += of * w;
      ax += of * v;
      ay += of * u;
      az += of * t;
      of = q[b + d] ?? 0;
      bw += of * w;
      bx += of * v;
      by += of * u;
      bz += of * t;
      of = q[c + d] ?? 0;
      cw += of * w;
      cx += of * v;
      cy += of * u;
      cz += of * t;
      of = q[e + d] ?? 0;
      ew += of * w;
      ex += of * v;
      ey += of * u;
      ez += of * t;
    }
    output[ra + column] = aw * scale;
    output[ra + x] = ax * scale;
    output[ra + y] = ay * scale;
    output[ra + z] = az * scale;
    output[rb + column] = bw * scale;
    output[rb + x] = bx * scale;
    output[rb + y] = by * scale;
    output[rb + z] = bz * scale;
    output[rc + column] = cw * scale;
    output[rc + x] = cx * scale;
    output[rc + y] = cy * scale;
    output[rc + z] = cz * scale;
    output[re + column] = ew * scale;
    output[re + x] = ex * scale;
    output[re + y] = ey * scale;
    output[re + z] = ez * scale;
  }
}
