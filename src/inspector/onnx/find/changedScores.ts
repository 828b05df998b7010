import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { projections, transparent } from '../graph/operatorKinds';
import { isProduct } from './product';
import { isWeighted } from './weightPath';

/** A product of queries and keys that is no more what the softmax reads. */
export interface ChangedScores {
  readonly product: Node;
  /** What happens to the scores, to be read after “is not shown: ”. */
  readonly reason: string;
}

/** Tensors between a softmax and the product that its scores come from, at most. */
const MOST_TENSORS = 24;
/** Weights that mix heads have no more rows and columns than this; others project. */
const MOST_HEADS = 128;

const mixed = 'its scores are mixed between heads or keys before the softmax';
const moved = 'its scores change places before the softmax';
const joined = 'attention sinks or other columns that are no keys are joined to its scores';
/** Operators that leave scores unrecognisable, and why. */
const changing: Readonly<Record<string, string>> = {
  AveragePool: mixed,
  Concat: joined,
  Conv: mixed,
  Einsum: mixed,
  Gather: moved,
  GatherElements: moved,
  GatherND: moved,
  Gemm: mixed,
  MatMul: mixed,
  Pad: joined,
  Slice: moved,
  Split: moved,
};

/**
 * The product of queries and keys behind a softmax that reads something else made of it. Undefined where
 * there is none near, as before a router or a classifier.
 */
export function changedScores(analysis: Analysis, softmaxInput: string): ChangedScores | undefined {
  const { index, labels } = analysis;
  const reasons = new Map<string, string | undefined>([[softmaxInput, undefined]]);
  for (const [tensor, reason] of reasons) {
    const node = index.producer(tensor);
    if (!node || reasons.size > MOST_TENSORS) continue;
    if (isProduct(analysis, node)) {
      if (reason === undefined || isWeighted(analysis, node)) continue;
      return { product: node, reason };
    }
    const own = transparent.has(node.operator) ? undefined : changeBy(analysis, node);
    if (own === undefined && !transparent.has(node.operator)) continue;
    for (const input of node.inputs) {
      if (labels.isHidden(input) && !reasons.has(input)) reasons.set(input, reason ?? own);
    }
  }
  return undefined;
}

/** Why scores are not recognisable behind a node; undefined for one that projects hidden states. */
function changeBy({ constants }: Analysis, node: Node): string | undefined {
  const reason = changing[node.operator];
  if (!projections.has(node.operator)) return reason;
  const sizes = node.inputs.map(input => constants.of(input)?.dims);
  const [rows = 0, columns = 0] = sizes.find(dims => dims && dims.length >= 2)?.slice(-2) ?? [];
  const isOfHeads = node.operator === 'Conv' || (rows === columns && rows <= MOST_HEADS);
  return isOfHeads ? reason : undefined;
}
