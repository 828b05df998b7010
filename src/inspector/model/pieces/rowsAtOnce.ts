import type * as ort from '../../runtime/ort';
import type { Part } from '../part';
import { rowsOf } from '../probe/probe';

/** What the largest tensors of a batch may take, each. */
const BATCH_BYTES = 64e6;
/** Widths of the stream that the widest state within a layer has. */
const WIDENING = 4;
/** Rows beyond which a batch is no quicker for each. */
const MOST_ROWS = 256;

/** Operators that quantise all rows by one range: what is in one row would change the others. */
const sharingRanges = new Set([
  'DynamicQuantizeLinear',
  'DynamicQuantizeLSTM',
  'DynamicQuantizeMatMul',
]);

/**
 * Rows that a model is run on at once.
 * @param states what its stages give for one row
 */
export function rowsAtOnce(
  parts: readonly Part[],
  states: readonly ort.Tensor[],
  vocabulary: number,
  isWhole: boolean,
): number {
  const isAlone = parts.some(({ graph }) => {
    const { signature, analysis } = graph.loaded;
    const isShared = analysis.index.nodes.some(({ operator }) => sharingRanges.has(operator));
    return graph.takesOneRow || rowsOf(signature) !== undefined || isShared;
  });
  if (isAlone) return 1;
  const heads = parts.flatMap(({ sites }) => sites.map(site => site.heads));
  const modelDim = Math.max(...parts.map(({ graph }) => graph.modelDim));
  const largest = Math.max(...states.map(({ size }) => size));
  const tokens = isWhole ? largest / vocabulary : largest / modelDim;
  const width = Math.max(WIDENING * modelDim, Math.max(1, ...heads) * tokens);
  const numbers = isWhole
    ? tokens * Math.max(width, vocabulary)
    : Math.max(tokens * width, vocabulary);
  const rows = Math.floor(BATCH_BYTES / (numbers * Float32Array.BYTES_PER_ELEMENT));
  return Math.max(1, Math.min(MOST_ROWS, rows));
}
