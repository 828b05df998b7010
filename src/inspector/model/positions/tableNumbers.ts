import { positionTable, type PositionTable } from '../../onnx/find/positionTables';
import { readElements } from '../../onnx/graph/constants';
import type { GraphModel } from '../check/graphModel';
import { readTensors } from '../probe/readTensors';

/** Rows that the positions of a text get added to their embeddings. */
export interface TableNumbers {
  readonly isSinusoidal: boolean;
  readonly rows: number;
  readonly dims: number;
  /** `[rows, dims]`, row 0 = the first token's. */
  readonly values: Float32Array;
  /** Tokens that there are rows for. */
  readonly total: number;
  /** Rows of the stored table before the first token's. */
  readonly skipped: number;
  /** Which stored row is the first token's was found by its numbers: packed tables do not show it. */
  readonly knowsFirst: boolean;
  /** There is no stored table: the graph computes the rows. */
  readonly isComputed: boolean;
}

/** Rows that are read at most. */
const MOST_ROWS = 512;
/** Tables begin with few rows that stand for no position: two in OPT, BART and RoBERTa. */
const MOST_SKIPPED = 8;
const USUALLY_SKIPPED = 2;

/** Reads the table as the graph adds it, whatever its precision and wherever its first row is. */
export async function tableNumbers(
  graph: GraphModel,
  firstLayer: string,
): Promise<TableNumbers | undefined> {
  const found = positionTable(graph.loaded.analysis, firstLayer);
  if (!found) return undefined;
  const read = async (length: number) =>
    (await readTensors(graph.loaded, [found.added], length))[0];
  const start = await read(2);
  const dims = start?.dims.at(-1) ?? 0;
  if (!start || dims === 0) return undefined;
  const isExact = found.isWhole || !found.stored;
  const matched = isExact ? 0 : skippedRows(found, start.data.subarray(0, dims));
  const room = graph.maximumPositions ?? (found.rows === undefined ? MOST_ROWS : Infinity);
  const total = Math.min((found.rows ?? Infinity) - (matched ?? 0), room);
  const numbers = async (total: number): Promise<TableNumbers | undefined> => {
    const rows = Math.min(MOST_ROWS, total);
    const values = (await read(rows))?.data.slice(0, rows * dims);
    if (values?.length !== rows * dims) return undefined;
    const { isSinusoidal, stored } = found;
    const knowsFirst = !isExact && matched !== undefined;
    const facts = { isSinusoidal, isComputed: !stored, skipped: matched ?? 0, knowsFirst };
    return { ...facts, rows, dims, values, total };
  };
  if (matched !== undefined) return numbers(total);
  // A packed table does not show which of its rows is the first token's: the last ones may not exist.
  return numbers(total).catch(() => numbers(total - USUALLY_SKIPPED));
}

/** Which stored row the first token gets; undefined where the stored numbers are not those that are added. */
function skippedRows({ stored, rows = 0 }: PositionTable, first: Float32Array): number | undefined {
  const width = first.length;
  for (let row = 0; stored && row < Math.min(rows, MOST_SKIPPED); row++) {
    const values = readElements(stored, row * width, width);
    if (values?.every((value, i) => value === first[i])) return row;
  }
  return undefined;
}
