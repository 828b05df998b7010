import type * as ort from '../runtime/ort';
import type { Analysis } from '../onnx/analysis';
import { sizeOf } from '../runtime/tensor';
import { completeFeeds } from './feeds';
import { checkImposedSizes } from './imposedSizes';
import type { Feed, Feeds } from './instrumentedModel';
import type { LoadedGraph } from './loadGraph';

/** Made-up inputs that a model is checked with. */
export interface Probe {
  readonly feeds: Record<string, ort.Tensor>;
  readonly batch: number;
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
  const { signature } = loaded;
  const ids = signature.inputs.find(({ name }) => isText(signature.roles.get(name)));
  if (typeof ids?.dims?.[0] === 'number' && ids.dims[0] !== 2) return undefined;
  return { ...probe(loaded, 2, length), isUnpadded: false };
}

/** @param shorter tokens that each further text lacks, so that the two cannot be confused */
function probe(
  loaded: LoadedGraph,
  batch: number,
  length: number,
  shorter = 2,
): Omit<Probe, 'isUnpadded'> {
  const { signature, analysis } = loaded;
  checkImposedSizes(signature);
  const given: Record<string, Feed> = {};
  let count = 0;
  for (const { name, dims = [] } of signature.inputs) {
    const role = signature.roles.get(name);
    if (!isText(role)) continue;
    const rows = fixed(dims[0]) ?? batch;
    const columns = fixed(dims[1]) ?? Math.max(2, length - shorter * count++);
    given[name] =
      role === 'tokens'
        ? { dims: [rows, columns], data: ids(rows * columns, signature.vocabulary) }
        : states([rows, columns, fixed(dims[2]) ?? widthOf(analysis, name)]);
  }
  const feeds = completeFeeds(signature, withPadding(signature, given, batch));
  return { feeds, batch: Object.values(given)[0]?.dims[0] ?? batch };
}

/** Masks the end of the second row where the graph has a mask of the usual shape. */
function withPadding(signature: LoadedGraph['signature'], given: Feeds, batch: number): Feeds {
  if (batch < 2) return given;
  const complete = completeFeeds(signature, given);
  const masks = signature.inputs.flatMap(({ name }) => {
    const mask = complete[name];
    const isUsual = signature.roles.get(name) === 'mask' && mask?.dims.length === 2;
    const length = mask?.dims[1] ?? 0;
    if (!isUsual || length <= padding) return [];
    const data = new BigInt64Array(batch * length).fill(1n);
    data.fill(0n, data.length - padding);
    return [[name, { dims: [batch, length], data }] as const];
  });
  return { ...given, ...Object.fromEntries(masks) };
}

function isText(role: string | undefined): boolean {
  return role === 'tokens' || role === 'hidden';
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
