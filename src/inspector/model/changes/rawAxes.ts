import { InspectorError } from '../../../protocol/errors';
import type { Layout } from '../../onnx/graph/site';
import { sizeOf, type Tensor } from '../../runtime/tensor';
import type { Numbers } from '../run';

/**
 * Dimensions by which numbers are known whatever the graph's own: `[batch, heads, rows, columns]`, where some
 * graphs split their heads in two. States count as one head.
 */
const BATCH = 0;
const HEADS = 1;
const SPLIT = 2;
const ROWS = 3;
const COLUMNS = 4;
type Axis = 0 | 1 | 2 | 3 | 4;

/** How a tensor of the graph is made of batch, heads, rows and columns: those that each dimension runs through. */
export interface RawAxes {
  readonly axes: readonly (readonly Axis[])[];
  /** Sizes of all five; the batch is that of the run. */
  readonly sizes: readonly number[];
}

/** What tells the dimensions of a tensor apart. */
export interface SeenTensor {
  readonly dims: readonly number[];
  readonly batch: number;
  /** Tokens of the texts of the run. */
  readonly lengths: ReadonlySet<number>;
}

/** How a tensor of one attention is made, told from its layout and a run. */
export function siteAxes(layout: Layout, { dims, batch }: SeenTensor): RawAxes {
  if (layout.kind === 'packed' && dims.length < 4) {
    const [rows = 1, width = 1] = dims.slice(-2);
    const packed: readonly (readonly Axis[])[] =
      dims.length === 3
        ? [[BATCH], [ROWS], [HEADS, COLUMNS]]
        : [
            [BATCH, ROWS],
            [HEADS, COLUMNS],
          ];
    const count = dims.length === 3 ? rows : rows / batch;
    return { axes: packed, sizes: [batch, layout.heads, 1, count, width / layout.heads] };
  }
  const order = layout.kind === 'permuted' ? layout.order : dims.map((_, i) => i);
  const shape = order.map(dim => dims[dim] ?? 1);
  const lead = shape.slice(0, -2);
  const [rows = 1, columns = 1] = shape.slice(-2);
  const isTurned = layout.kind === 'transposed';
  const last: readonly (readonly Axis[])[] = isTurned ? [[COLUMNS], [ROWS]] : [[ROWS], [COLUMNS]];
  const { axes, heads, split } = leading(lead, batch);
  const all = [...axes, ...last];
  const raw: (readonly Axis[])[] = [];
  for (const [i, dim] of order.entries()) raw[dim] = all[i] ?? [];
  const ends = isTurned ? [columns, rows] : [rows, columns];
  return { axes: raw, sizes: [batch, heads, split, ...ends] };
}

/** Batch and heads: exporters merge them, split heads into groups, or drop a batch of one. */
function leading(
  lead: readonly number[],
  batch: number,
): {
  readonly axes: readonly (readonly Axis[])[];
  readonly heads: number;
  readonly split: number;
} {
  const heads = sizeOf(lead) / batch;
  const whole = { heads, split: 1 };
  if (lead.length === 0) return { axes: [], ...whole };
  if (lead.length === 1) return { axes: [[BATCH, HEADS]], ...whole };
  const isBatched = lead[0] === batch;
  if (lead.length === 2 && isBatched) return { axes: [[BATCH], [HEADS]], ...whole };
  const groups = isBatched ? lead.slice(1) : lead;
  const [first = 1, second = 1, ...more] = groups;
  if (more.length > 0 || (!isBatched && batch > 1)) throw unknownShape(lead);
  const split = [[HEADS], [SPLIT]] as const;
  return { axes: isBatched ? [[BATCH], ...split] : split, heads: first, split: second };
}

/**
 * How a tensor of the residual stream is made: `[batch, tokens, modelDim]`, tokens first, turned over, or
 * with all tokens of all texts in one dimension.
 */
export function stateAxes({ dims, batch, lengths }: SeenTensor): RawAxes {
  const [first = 1, second = 1, third = 1] = dims;
  if (dims.length === 2) {
    return { axes: [[BATCH, ROWS], [COLUMNS]], sizes: [batch, 1, 1, first / batch, second] };
  }
  if (dims.length !== 3) throw unknownShape(dims);
  const isTurned = first === batch && !lengths.has(second) && lengths.has(third);
  if (isTurned) return { axes: [[BATCH], [COLUMNS], [ROWS]], sizes: [batch, 1, 1, third, second] };
  if (first === batch)
    return { axes: [[BATCH], [ROWS], [COLUMNS]], sizes: [batch, 1, 1, second, third] };
  if (second !== batch) throw unknownShape(dims);
  return { axes: [[ROWS], [BATCH], [COLUMNS]], sizes: [batch, 1, 1, first, third] };
}

function unknownShape(dims: readonly number[]): InspectorError {
  return new InspectorError(
    'model-unsupported',
    `Numbers of the shape [${dims.join(', ')}] cannot be changed in this model: choose another export.`,
  );
}

/**
 * Numbers in the shape that the graph has. Dimensions of 1 stay where the graph's own has nothing else in it,
 * as the runtime repeats them; fewer heads than there are stand for groups of them.
 */
export function toRaw<E extends Float32Array | Uint8Array>(
  { dims, data }: Numbers<E>,
  { axes, sizes }: RawAxes,
  batch: number,
): { readonly dims: readonly number[]; readonly data: E } {
  const full = [batch, ...sizes.slice(1)];
  const [rowsOfBatch = 1, heads = 1, rows = 1, columns = 1] = dims;
  const given = [rowsOfBatch, heads, heads, rows, columns];
  const shape = axes.map(group =>
    group.every(axis => given[axis] === 1) ? 1 : sizeOf(group.map(axis => full[axis] ?? 1)),
  );
  const all = (full[HEADS] ?? 1) * (full[SPLIT] ?? 1);
  const made = new (data.constructor as { new (length: number): E })(sizeOf(shape));
  const at = [0, 0, 0, 0, 0];
  for (let raw = 0; raw < made.length; raw++) {
    let rest = raw;
    for (let dim = axes.length - 1; dim >= 0; dim--) {
      const size = shape[dim] ?? 1;
      let within = rest % size;
      rest = Math.floor(rest / size);
      const group = axes[dim] ?? [];
      for (let i = group.length - 1; i >= 0; i--) {
        const axis = group[i] ?? 0;
        const length = size === 1 ? 1 : (full[axis] ?? 1);
        at[axis] = within % length;
        within = Math.floor(within / length);
      }
    }
    const [row = 0, head = 0, split = 0, token = 0, column = 0] = at;
    const whole = head * (full[SPLIT] ?? 1) + split;
    const own = heads === 1 ? 0 : Math.floor((whole * heads) / all);
    const text = rowsOfBatch === 1 ? 0 : row;
    const line = (text * heads + own) * rows + (rows === 1 ? 0 : token);
    made[raw] = data[line * columns + (columns === 1 ? 0 : column)] ?? 0;
  }
  return { dims: shape, data: made };
}

/** A tensor of the graph as `[batch, heads, rows, columns]`. */
export function fromRaw({ data }: Tensor, { axes, sizes }: RawAxes, batch: number): Tensor {
  const full = [batch, ...sizes.slice(1)];
  const steps = [0, 0, 0, 0, 0];
  let step = 1;
  for (const axis of axes.flat().reverse()) {
    steps[axis] = step;
    step *= full[axis] ?? 1;
  }
  const [texts = 1, heads = 1, split = 1, rows = 1, columns = 1] = full;
  const dims = [texts, heads * split, rows, columns];
  const read = new Float32Array(sizeOf(dims));
  const [ofText = 0, ofHead = 0, ofSplit = 0, ofRow = 0, ofColumn = 0] = steps;
  let to = 0;
  for (let text = 0; text < texts; text++) {
    for (let head = 0; head < heads * split; head++) {
      const start = text * ofText + Math.floor(head / split) * ofHead + (head % split) * ofSplit;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          read[to++] = data[start + row * ofRow + column * ofColumn] ?? NaN;
        }
      }
    }
  }
  return { dims, data: read };
}
