import type { Layout } from '../../onnx/graph/site';
import * as ort from '../../runtime/ort';
import { permute, transposeLast } from '../../runtime/layout';
import { sizeOf, type Tensor } from '../../runtime/tensor';
import { readView } from '../graph/siteTensors';

/** How a state `[rows, tokens, modelDim]` lies in a graph. */
export type StateLayout = 'rows' | 'flat' | 'tokensFirst' | 'turned';

/** How numbers lie in a graph: states, or those of heads. */
export type PieceLayout =
  | { readonly of: 'state'; readonly layout: StateLayout }
  | { readonly of: 'heads'; readonly layout: Layout };

/**
 * How a state lies in a tensor that one text gave.
 * @param isTurned it is known to have its tokens last
 */
export function stateLayout(dims: readonly number[], isTurned: boolean): StateLayout {
  if (isTurned) return 'turned';
  if (dims.length < 3) return 'flat';
  return dims[0] !== 1 && dims[1] === 1 ? 'tokensFirst' : 'rows';
}

/** A tensor of a graph as states `[rows, tokens, modelDim]` or `[rows, heads, tokens, width]`. */
export function inOrder(tensor: Tensor, { of, layout }: PieceLayout, rows: number): Tensor {
  if (of === 'heads') return readView(tensor, layout, rows);
  const { dims, data } = tensor;
  const width = dims.at(-1) ?? 1;
  switch (layout) {
    case 'rows':
      return tensor;
    case 'flat':
      return { dims: [rows, data.length / width / rows, width], data };
    case 'tokensFirst':
      return permute(tensor, [1, 0, 2]);
    case 'turned':
      return transposeLast(tensor);
  }
}

/**
 * The other way round: states or numbers of heads as the graph has them.
 * @param ordered with as many rows as the run or with one; the last axis may be 1, where it broadcasts
 * @param dims of the tensor in a run of one row
 */
export function asInGraph(
  ordered: Tensor,
  { of, layout }: PieceLayout,
  dims: readonly number[],
  rows: number,
): Tensor {
  if (of === 'heads') return headsInGraph(ordered, layout, dims, rows);
  switch (layout) {
    case 'rows':
      return ordered;
    case 'flat': {
      const all = tiled(ordered, rows);
      const width = all.dims[2] ?? 1;
      return { dims: [all.data.length / width, width], data: all.data };
    }
    case 'tokensFirst':
      return permute(ordered, [1, 0, 2]);
    case 'turned':
      return transposeLast(ordered);
  }
}

function headsInGraph(
  ordered: Tensor,
  layout: Layout,
  dims: readonly number[],
  rows: number,
): Tensor {
  switch (layout.kind) {
    case 'plain':
    case 'heads':
      return withLead(ordered, dims.slice(0, -2), rows);
    case 'transposed':
      return transposeLast(withLead(ordered, dims.slice(0, -2), rows));
    case 'packed': {
      if (dims.length === 4) return withLead(ordered, dims.slice(0, -2), rows);
      const [, heads = 1, tokens = 1] = ordered.dims;
      const width = (dims.at(-1) ?? 1) / heads;
      const { dims: [own = 1], data } = permute(wide(ordered, width), [0, 2, 1, 3]);
      if (dims.length === 3) return { dims: [own, tokens, heads * width], data };
      const all = tiled({ dims: [own, tokens, heads * width], data }, rows);
      return { dims: [all.data.length / (heads * width), heads * width], data: all.data };
    }
    case 'permuted': {
      const { order } = layout;
      const inOurs = order.map(axis => dims[axis] ?? 1);
      const led = withLead(ordered, inOurs.slice(0, -2), rows);
      return permute(
        led,
        order.map((_, axis) => order.indexOf(axis)),
      );
    }
    case 'column':
      throw new Error('A column of a tensor cannot be replaced.');
  }
}

/** `[rows, heads, …]` with the axes that the graph has for them, which may be merged or split. */
function withLead(ordered: Tensor, lead: readonly number[], rows: number): Tensor {
  const last = ordered.dims.slice(2);
  if (lead.length > 1) {
    return { dims: [ordered.dims[0] ?? 1, ...lead.slice(1), ...last], data: ordered.data };
  }
  const all = tiled(ordered, rows);
  return { dims: [all.data.length / sizeOf(last), ...last], data: all.data };
}

/** `[…, 1]` as `[…, width]`. */
function wide({ dims, data }: Tensor, width: number): Tensor {
  if (dims.at(-1) === width) return { dims, data };
  const all = new Float32Array(data.length * width);
  for (const [i, value] of data.entries()) all.fill(value, i * width, (i + 1) * width);
  return { dims: [...dims.slice(0, -1), width], data: all };
}

/** A tensor as the runtime takes it. */
export function fed({ dims, data }: Tensor): ort.Tensor {
  return new ort.Tensor('float32', data, dims);
}

/** A tensor of one row as one of several, all alike. */
export function tiled(tensor: Tensor, rows: number): Tensor {
  const [own = 1, ...rest] = tensor.dims;
  if (own === rows) return tensor;
  const data = new Float32Array((tensor.data.length / own) * rows);
  for (let row = 0; row < rows; row++) data.set(tensor.data, row * tensor.data.length);
  return { dims: [rows, ...rest], data };
}
