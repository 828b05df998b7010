import type { Analysis } from '../../onnx/graph/analysis';
import { isRead } from '../../onnx/graph/inputRoles';
import type * as ort from '../../runtime/ort';
import { sizeOf } from '../../runtime/tensor';
import type { LoadedGraph } from '../graph/loadGraph';
import { maskFeed } from '../inputs/defaultFeeds';
import { completeFeeds } from '../inputs/feeds';
import { checkImposedSizes } from '../inputs/imposedSizes';
import { isMask } from '../inputs/inputSignature';
import { madePicture, type Picture } from '../inputs/picture';
import type { Feed, Feeds } from '../run';

/** Made-up inputs that a model is checked with. */
export interface Probe {
  readonly feeds: Record<string, ort.Tensor>;
  readonly batch: number;
  /** Tokens of the first text. */
  readonly length: number;
  /** Every position counts, so that what the mask blocks is the model's own doing. */
  readonly isUnpadded: boolean;
}

/** Positions that are masked in the second row of the padded probe. */
const padding = 3;

/** One row of `length` tokens without padding. */
export function plainProbe(loaded: LoadedGraph, length: number): Probe {
  return { ...probe(loaded, 1, length), isUnpadded: true };
}

/** One row of `length` tokens for each text that the graph reads. */
export function evenProbe(loaded: LoadedGraph, length: number): Probe {
  return { ...probe(loaded, 1, length, 0), isUnpadded: true };
}

/** Two rows, the second one padded at its end; undefined for graphs that take one row only. */
export function paddedProbe(loaded: LoadedGraph, length: number): Probe | undefined {
  const rows = rowsOf(loaded.signature);
  if (rows !== undefined && rows !== 2) return undefined;
  return { ...probe(loaded, 2, length), isUnpadded: false };
}

/** Several rows without padding; undefined for graphs that take another number of rows. */
export function evenRows(loaded: LoadedGraph, rows: number, length: number): Probe | undefined {
  const fixedRows = rowsOf(loaded.signature);
  if (fixedRows !== undefined && fixedRows !== rows) return undefined;
  const all = probe(loaded, rows, length, 2, { rows: 'all', count: 0 });
  return { ...all, isUnpadded: true };
}

/** One row, or as many as the graph takes, whose last `count` tokens are padding. */
export function fillingProbe(loaded: LoadedGraph, length: number, count: number): Probe {
  return { ...probe(loaded, 1, length, 0, { rows: 'all', count }), isUnpadded: false };
}

/** Rows that a graph takes at once, where that is fixed. */
export function rowsOf({ inputs, roles, axes }: LoadedGraph['signature']): number | undefined {
  if (axes) return 1;
  return fixed(inputs.find(({ name }) => isRead(roles.get(name)))?.dims?.[0]);
}

/** @param shorter tokens that each further text lacks, so that the two cannot be confused */
function probe(
  loaded: LoadedGraph,
  batch: number,
  length: number,
  shorter = 2,
  masked: Masked = { rows: 'second', count: padding },
): Omit<Probe, 'isUnpadded'> {
  const { signature, analysis } = loaded;
  checkImposedSizes(signature);
  const { axes } = signature;
  const given: Record<string, Feed> = {};
  const rows = rowsOf(signature) ?? batch;
  let count = 0;
  for (const { name, dims = [] } of signature.inputs) {
    const role = signature.roles.get(name);
    if (!isRead(role)) continue;
    if (role === 'picture' && signature.picture) {
      given[name] = rowsOfPicture(rows, signature.picture);
      continue;
    }
    const own = fixed(dims[axes ? 0 : 1]) ?? signature.lengths.get(name);
    const columns = own ?? Math.max(2, length - shorter * count);
    count++;
    given[name] =
      role === 'tokens'
        ? { dims: [rows, columns], data: ids(rows * columns, signature.vocabulary) }
        : states([rows, columns, fixed(dims[2]) ?? widthOf(analysis, name)]);
  }
  const feeds = completeFeeds(signature, { ...given, ...padded(signature, given, masked) }, true);
  const own = signature.picture?.patches.length ?? Object.values(given)[0]?.dims[1] ?? length;
  return { feeds, batch: rows, length: own };
}

/** The same made-up picture in every row. */
function rowsOfPicture(rows: number, { dims }: Picture): Feed {
  const { data } = madePicture(dims);
  const all = new Float32Array(rows * data.length);
  for (let row = 0; row < rows; row++) all.set(data, row * data.length);
  return { dims: [rows, ...dims], data: all };
}

/** Which rows of a probe end in padding. */
interface Masked {
  readonly rows: 'all' | 'second';
  readonly count: number;
}

/** Masks that hide the padding, where the graph has any that people did not set. */
function padded(signature: LoadedGraph['signature'], given: Feeds, { rows, count }: Masked): Feeds {
  const batch = Object.values(given)[0]?.dims[0] ?? 1;
  if (rows === 'second' && batch < 2) return {};
  const complete = completeFeeds(signature, given, true);
  const masks = signature.inputs.flatMap(input => {
    const { name } = input;
    const values = signature.values.get(name);
    const isGiven = signature.given?.[name] !== undefined;
    const dims = complete[name]?.dims ?? [];
    const length = dims.at(-1) ?? 0;
    if (isGiven || !isMask(signature, name) || !values || length <= count) return [];
    const isVisible = (row: number, token: number) =>
      (rows === 'second' && row !== 1) || token < length - count;
    return [[name, maskFeed(input, values, dims, isVisible)] as const];
  });
  return Object.fromEntries(masks);
}

/** Varied token ids, above those that tokenizers give to special tokens. */
function ids(count: number, vocabulary = 100): BigInt64Array {
  const first = vocabulary > 16 ? 5 : 0;
  const range = Math.max(1, vocabulary - first);
  return BigInt64Array.from({ length: count }, (_, i) => BigInt(first + ((i * 37 + 11) % range)));
}

/** Numbers as a hidden state has them: around 0, none like another. */
function states(dims: readonly number[]): Feed {
  const data = Float32Array.from({ length: sizeOf(dims) }, (_, i) => 2 * Math.sin(i * 12.9898 + 1));
  return { dims, data };
}

/** Width of a hidden state that comes in as input: what its projections take. */
function widthOf({ index, constants }: Analysis, input: string): number {
  const seen = new Set([input]);
  for (const tensor of seen) {
    for (const node of index.consumers(tensor)) {
      const dims = constants.of(node.inputs[1])?.dims;
      if (node.operator === 'MatMul' && dims?.length === 2) return dims[0] ?? 1;
      for (const output of seen.size < 20 ? node.outputs : []) seen.add(output);
    }
  }
  return 1;
}

function fixed(dim: number | string | undefined): number | undefined {
  return typeof dim === 'number' ? dim : undefined;
}
