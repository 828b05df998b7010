import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import type { FoundSite, Layout } from '../graph/site';

/** What multiplies the head outputs before W_O (Qiu et al. 2025, “Gated Attention”). */
export interface Gate {
  readonly tensor: string;
  /** Head outputs times it. */
  readonly product: string;
  /** Which comes first in both. */
  readonly order: NonNullable<FoundSite['gate']>;
}

/** A gate where a node multiplies heads with something else that the text has a say in. */
export function gateAt(
  { labels }: Analysis,
  node: Node,
  heads: string,
  order: Gate['order'],
): Gate | undefined {
  const [product] = node.outputs;
  const others = node.inputs.filter(input => input !== heads);
  const [tensor] = others;
  if (node.operator !== 'Mul' || !product || !tensor || others.length !== 1) return undefined;
  return labels.isHidden(tensor) ? { tensor, product, order } : undefined;
}

/**
 * Whether heads or queries come first in head outputs.
 * @param from the layout that they begin with, or the order before `node`
 * @returns undefined where nothing tells
 */
export function headOrder(
  from: Layout | Gate['order'] | undefined,
  node?: Node,
): Gate['order'] | undefined {
  if (from === undefined) return undefined;
  if (typeof from !== 'string') return orderOf(from);
  if (node?.operator !== 'Transpose') return from;
  const perm = node.attributes.get('perm')?.ints?.join();
  const swaps = perm === '0,2,1,3' || perm === '1,0,2';
  return swaps ? (from === 'heads' ? 'queries' : 'heads') : undefined;
}

function orderOf(layout: Layout): Gate['order'] | undefined {
  if (layout.kind === 'heads') return 'heads';
  if (layout.kind === 'packed') return 'queries';
  const isSwapped = layout.kind === 'permuted' && layout.order.join() === '0,2,1,3';
  return isSwapped ? 'queries' : undefined;
}
