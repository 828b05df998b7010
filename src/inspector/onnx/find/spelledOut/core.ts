import type { Node } from '../../file/types';
import type { Analysis } from '../../graph/analysis';
import { isProduct } from '../product';
import { followsFrom, isSpread, wayTo, type Way } from './way';

/** What a decay leads to, up to the node in which all of it meets. */
export interface Reach {
  readonly end: Node;
  /** Tensors that depend on the decay. */
  readonly decayed: ReadonlySet<string>;
}

/** A product in the core, by the vectors that its two operands are made of. */
export interface CoreProduct {
  readonly left: ReadonlySet<string>;
  readonly right: ReadonlySet<string>;
  readonly isDecayed: boolean;
}

/** A linear attention spelled out: what goes into it, and how that meets. */
export interface Core {
  /** Queries, keys, values and whatever else has a vector for each head, with the way to one of its uses. */
  readonly vectors: ReadonlyMap<string, Way>;
  /** What has one number for each head, with the vectors that it is multiplied with. */
  readonly rates: ReadonlyMap<string, ReadonlySet<string>>;
  readonly products: readonly CoreProduct[];
}

/** Passed on between products without a part of the decay in it. */
const between = new Set(['Neg', 'ReduceSum', 'Where']);

/** The core that ends in a node, read backwards from there. */
export function coreOf(analysis: Analysis, decay: string, { end, decayed }: Reach): Core {
  const { index } = analysis;
  const ways = new Map<string, Way>();
  const nodes = new Set([end]);
  for (const node of nodes) {
    for (const way of operands(analysis, node)) {
      const maker = index.producer(way.base);
      if (way.base === decay) continue;
      if (maker && isInside(analysis, maker, decayed)) nodes.add(maker);
      else if (!ways.has(way.base)) ways.set(way.base, way);
    }
  }
  const ordered = [...nodes].sort((a, b) => index.order(a) - index.order(b));
  const rateNames = new Set(ordered.flatMap(node => rateOf(analysis, node, ways) ?? []));
  const made = new Map<string, ReadonlySet<string>>();
  const rates = new Map([...rateNames].map(rate => [rate, new Set<string>()] as const));
  const products: CoreProduct[] = [];
  const partsOf = ({ base }: Way): ReadonlySet<string> =>
    made.get(base) ?? new Set(ways.has(base) && !rateNames.has(base) ? [base] : []);
  for (const node of ordered) {
    const all = operands(analysis, node);
    const isDecayed = node.outputs.some(output => decayed.has(output));
    const [left, right] = all;
    if (left && right && isJoint(analysis, node)) {
      const rate = [left, right].find(({ base }) => rateNames.has(base));
      const other = rate === left ? right : left;
      if (rate) for (const part of partsOf(other)) rates.get(rate.base)?.add(part);
      else products.push({ left: partsOf(left), right: partsOf(right), isDecayed });
    }
    const parts = new Set(all.flatMap(way => [...partsOf(way)]));
    for (const output of node.outputs) made.set(output, parts);
  }
  const vectors = new Map([...ways].filter(([base]) => !rateNames.has(base)));
  return { vectors, rates, products };
}

function operands({ index, labels }: Analysis, { inputs }: Node): readonly Way[] {
  return inputs.filter(input => labels.isHidden(input)).map(input => wayTo(index, input));
}

/** Whether a node belongs to the core rather than to what goes into it. */
function isInside(analysis: Analysis, node: Node, decayed: ReadonlySet<string>): boolean {
  if (node.outputs.some(output => decayed.has(output)) || isJoint(analysis, node)) return true;
  if (!between.has(node.operator)) return false;
  return operands(analysis, node).some(({ base }) => {
    const maker = analysis.index.producer(base);
    return maker !== undefined && isInside(analysis, maker, decayed);
  });
}

/** Whether a node multiplies two things of the text, neither of which is made of the other alone. */
function isJoint(analysis: Analysis, node: Node): boolean {
  if (isProduct(analysis, node)) return true;
  const [left = '', right = ''] = node.inputs;
  return (
    node.operator === 'Mul' &&
    analysis.labels.isHidden(left) &&
    analysis.labels.isHidden(right) &&
    !followsFrom(analysis, left, right) &&
    !followsFrom(analysis, right, left)
  );
}

/** What a node multiplies a vector with, number by number: one for each head. */
function rateOf(
  analysis: Analysis,
  node: Node,
  ways: ReadonlyMap<string, Way>,
): string | undefined {
  if (node.operator !== 'Mul') return undefined;
  const all = operands(analysis, node).filter(({ base }) => ways.has(base));
  const spread = all.filter(isSpread);
  return all.length === 2 && spread.length === 1 ? spread[0]?.base : undefined;
}
