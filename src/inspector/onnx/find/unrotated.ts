import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { rotates } from '../graph/origin';
import type { FoundSite, Origin } from '../graph/site';

/**
 * The tensors that the rotary encoding takes: the last ones before it that every way from the projection
 * to the product passes. Undefined where the graph rotates inside an operator or not at all.
 */
export function unrotated(
  analysis: Analysis,
  site: FoundSite,
): { readonly query?: string; readonly key?: string } {
  const { node, views } = site;
  // What it rotates inside is derived.
  if (node.operator === 'GroupQueryAttention') return {};
  const query = beforeRotation(analysis, site.query, views.query?.tensor);
  const key = beforeRotation(analysis, site.key, views.key?.tensor);
  return { ...(query ? { query } : {}), ...(key ? { key } : {}) };
}

function beforeRotation(
  analysis: Analysis,
  origin: Origin,
  end: string | undefined,
): string | undefined {
  const { index, labels } = analysis;
  if (!origin.rotary || end === undefined) return undefined;
  const rotating = [...origin.nodes].filter(node => rotates(analysis, node));
  const orderOf = (tensor: string) => {
    const producer = index.producer(tensor);
    return producer ? index.order(producer) : -1;
  };
  const candidates = new Set(
    [...origin.nodes].flatMap(({ inputs }) => inputs.filter(input => labels.isHidden(input))),
  );
  return [...candidates]
    .sort((a, b) => orderOf(b) - orderOf(a))
    .find(tensor => {
      const passed = nodesBehind(analysis, origin, end, tensor);
      return (
        passed &&
        rotating.some(node => passed.has(node)) &&
        rotating.every(node => passed.has(node) || index.order(node) < orderOf(tensor))
      );
    });
}

/** The nodes between `end` and `tensor`; undefined where a way back from `end` avoids `tensor`. */
function nodesBehind(
  { index, labels }: Analysis,
  origin: Origin,
  end: string,
  tensor: string,
): ReadonlySet<Node> | undefined {
  const passed = new Set<Node>();
  const seen = new Set([end]);
  for (const current of seen) {
    if (current === tensor) continue;
    const node = index.producer(current);
    // A projection, or an input of the graph: the way led past the tensor.
    if (!node || !origin.nodes.has(node)) return undefined;
    passed.add(node);
    for (const input of node.inputs) if (labels.isHiddenOrPast(input)) seen.add(input);
  }
  return passed;
}
