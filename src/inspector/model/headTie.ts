import type { StoredTensor } from '../onnx/file/types';
import { storedMatrix } from '../onnx/find/storedMatrix';
import { tokenTable } from '../onnx/find/tokenTable';
import { readElements } from '../onnx/graph/constants';
import type { Part } from './part';
import type { Missing } from './projection';

/** Rows of the table of embeddings that are compared, and columns where the head lies across. */
const SAMPLED = { rows: 64, columns: 16 };
/** More nodes than these do not lie between a product and the logits. */
const MOST_NODES = 6;

/** A matrix, or the other way round. */
interface Matrix {
  readonly tensor: StoredTensor;
  readonly isTransposed: boolean;
}

/**
 * The cosine between the matrix of a graph's output head and its table of embeddings, over some of their
 * numbers: 1 where the head is tied to the embeddings.
 */
export function headTie({ graph }: Part): number | Missing {
  const { analysis, streams } = graph.loaded;
  if (!streams.hasHead) return { missing: 'there is no output head' };
  const table = storedMatrix(analysis, tokenTable(analysis)?.name);
  const head = headMatrix(graph.loaded);
  if (typeof table === 'string') return { missing: `of the embeddings, ${table}` };
  if (typeof head === 'string') return { missing: `of the output head, ${head}` };
  // As a table of embeddings lies, `[vocabulary, width]`.
  const [rows = 0, width = 0] = table.tensor.dims;
  const [entries = 0, depth = 0] = head.isTransposed
    ? head.tensor.dims.toReversed()
    : head.tensor.dims;
  if (table.isTransposed || width !== depth) return { missing: 'its matrix has another width' };
  if (table.tensor === head.tensor) return 1;
  const cosine = cosineOf(table, head, spread(Math.min(rows, entries), SAMPLED.rows), width);
  return cosine ?? { missing: 'its numbers are stored in a form that cannot be read' };
}

/** The matrix that the last hidden state is multiplied with, seen as `[vocabulary, width]`. */
function headMatrix({ analysis, streams }: Part['graph']['loaded']): Matrix | string {
  let node = analysis.index.producer(streams.output ?? '');
  for (let step = 0; node && step < MOST_NODES; step++) {
    if (['MatMul', 'Gemm', 'FusedMatMul'].includes(node.operator)) {
      const found = storedMatrix(analysis, node.inputs[1]);
      if (typeof found === 'string') return found;
      const isTurned = (node.attributes.get('transB')?.int ?? 0) !== 0;
      // A product takes `[width, vocabulary]`.
      return { tensor: found.tensor, isTransposed: found.isTransposed === isTurned };
    }
    const { inputs } = node;
    const input = inputs.find(each => analysis.labels.isHidden(each));
    node = analysis.index.producer(input ?? '');
  }
  return 'no product with a stored matrix gives the logits';
}

function cosineOf(
  table: Matrix,
  head: Matrix,
  rows: readonly number[],
  width: number,
): number | undefined {
  const columns = head.isTransposed ? spread(width, SAMPLED.columns) : spread(width, width);
  const across = head.isTransposed
    ? columns.map(column => lineOf(head.tensor, column))
    : rows.map(row => lineOf(head.tensor, row));
  let [both, own, others] = [0, 0, 0];
  for (const [i, row] of rows.entries()) {
    const embedding = lineOf(table.tensor, row);
    for (const [j, column] of columns.entries()) {
      const a = embedding?.[column];
      const b = head.isTransposed ? across[j]?.[row] : across[i]?.[column];
      if (a === undefined || b === undefined) return undefined;
      both += a * b;
      own += a * a;
      others += b * b;
    }
  }
  return both / Math.sqrt(own * others);
}

/** One line of a stored matrix, as it lies. */
function lineOf(tensor: StoredTensor, line: number) {
  const [, length = 0] = tensor.dims;
  return readElements(tensor, line * length, length);
}

/** Numbers below `count`, spread evenly. */
function spread(count: number, most: number): readonly number[] {
  const some = Math.min(count, most);
  return Array.from({ length: some }, (_, i) => Math.floor((i * count) / some));
}
