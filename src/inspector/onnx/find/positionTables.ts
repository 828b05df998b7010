import type { Node, StoredTensor } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { readElements } from '../graph/constants';
import { renaming } from '../graph/operatorKinds';

/** Vectors of positions that are added to the embeddings. */
export interface PositionTable {
  /** Its rows are sines and cosines. */
  readonly isSinusoidal: boolean;
  /** The table with one row for each position; absent where sines are computed in the graph. */
  readonly stored?: StoredTensor;
  readonly rows?: number;
  /**
   * The tensor that is added, `[batch or none, tokens, dims]`; of operators that look the positions up
   * themselves the table `[rows, dims]`.
   */
  readonly added: string;
  readonly isWhole: boolean;
}

/** More nodes than this do not lie between the embeddings and the first layer. */
const maximumNodes = 80;
/** More nodes than this do not lie between a table and the sum. */
const maximumLookup = 30;

/** The table of positions that the embeddings get before `firstLayer`, if there is one. */
export function positionTable(analysis: Analysis, firstLayer: string): PositionTable | undefined {
  const { index, labels } = analysis;
  const hidden = new Set([firstLayer]);
  for (const tensor of hidden) {
    const node = index.producer(tensor);
    if (!node || hidden.size > maximumNodes) continue;
    const isFused = node.operator === 'EmbedLayerNormalization';
    const candidates = isFused ? [node.inputs[3]] : node.inputs;
    for (const input of candidates) {
      if (input && labels.isHidden(input)) hidden.add(input);
      else if (input && (isFused || additions.has(node.operator))) {
        const found = tableBehind(analysis, input);
        if (found) return { ...found, isWhole: isFused };
      }
    }
  }
  return undefined;
}

const additions = new Set(['Add', 'Sum']);

/** Follows a summand back to a stored table with more than two rows: segments have two. */
function tableBehind(
  analysis: Analysis,
  summand: string,
): Omit<PositionTable, 'isWhole'> | undefined {
  // Which summand of a sum of tables each tensor belongs to.
  const seen = new Map([[summand, summand]]);
  for (const [current, added] of seen) {
    const stored = analysis.constants.of(current)?.stored;
    const table = stored && asTable(stored);
    if (table) return { ...table, stored, added };
    const node = analysis.index.producer(current);
    if (!node || seen.size > maximumLookup || looksUpSegments(analysis, node)) continue;
    if (node.operator === 'Sin' || node.operator === 'Cos') return { isSinusoidal: true, added };
    const isSum = additions.has(node.operator);
    for (const input of isSum ? node.inputs : node.inputs.slice(0, 1)) {
      if (input && !seen.has(input)) seen.set(input, isSum ? input : added);
    }
  }
  return undefined;
}

/** Whether a node looks up segments, tasks or languages of tokens, which say nothing of their place. */
function looksUpSegments({ index, roles }: Analysis, { operator, inputs }: Node): boolean {
  if (operator !== 'Gather') return false;
  let ids = inputs[1];
  for (let node = index.producer(ids); node && renaming.has(node.operator);) {
    ids = node.inputs[0];
    node = index.producer(ids);
  }
  return roles.get(ids ?? '') === 'segments';
}

function asTable(
  stored: StoredTensor,
): { readonly rows: number; readonly isSinusoidal: boolean } | undefined {
  const dims =
    stored.dims[0] === 1 && stored.dims.length === 3 ? stored.dims.slice(1) : stored.dims;
  const [rows = 0, width = 0] = dims;
  if (dims.length !== 2 || rows <= 2 || width <= 1) return undefined;
  return { rows, isSinusoidal: isSinusoidal(stored, rows, width) };
}

/** sin² + cos² = 1: in a row of sines and cosines, pairs half a row or one element apart sum to 1. */
function isSinusoidal(stored: StoredTensor, rows: number, width: number): boolean {
  const row = readElements(stored, (rows - 1) * width, width);
  if (!row || width % 2) return false;
  const pairs = (first: (i: number) => number, second: (i: number) => number) =>
    Array.from(
      { length: width / 2 },
      (_, i) => (row[first(i)] ?? 0) ** 2 + (row[second(i)] ?? 0) ** 2,
    );
  const areOnes = (sums: readonly number[]) => sums.every(sum => Math.abs(sum - 1) < 1e-2);
  return (
    areOnes(
      pairs(
        i => i,
        i => i + width / 2,
      ),
    ) ||
    areOnes(
      pairs(
        i => 2 * i,
        i => 2 * i + 1,
      ),
    )
  );
}
