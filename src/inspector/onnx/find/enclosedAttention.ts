import type { LocalFunction, Model, Node } from '../file/types';
import { isAttention } from './findAttention';
import type { Unmatched } from './softmaxSites';

/**
 * Nodes of a graph that may compute attention where nothing can be read: in their subgraphs (`Loop`,
 * `Scan`, `If`), or in a function that the model defines for them.
 */
export function enclosedAttention({ graph, functions }: Model): Unmatched[] {
  const attending = attendingFunctions(functions);
  const encloses = enclosing(attending);
  return graph.nodes.filter(encloses).map(node => ({
    node,
    reason: attending.has(keyOf(node.domain, node.operator))
      ? 'it calls a function of the model that computes a softmax: export the model with its functions inlined'
      : 'it computes a softmax in a subgraph, where attention cannot be read',
  }));
}

/** Functions that may compute attention themselves or through others. */
function attendingFunctions(functions: readonly LocalFunction[]): ReadonlySet<string> {
  const attending = new Set<string>();
  const encloses = enclosing(attending);
  for (let found = -1; found !== attending.size;) {
    found = attending.size;
    for (const { domain, name, nodes } of functions) {
      if (nodes.some(node => isAttention(node) || encloses(node))) {
        attending.add(keyOf(domain, name));
      }
    }
  }
  return attending;
}

function enclosing(attending: ReadonlySet<string>): (node: Node) => boolean {
  const encloses = (node: Node): boolean =>
    attending.has(keyOf(node.domain, node.operator)) ||
    [...node.attributes.values()].some(({ graph }) =>
      graph?.nodes.some(inner => isAttention(inner) || encloses(inner)),
    );
  return encloses;
}

function keyOf(domain: string, name: string): string {
  return `${domain}:${name}`;
}
