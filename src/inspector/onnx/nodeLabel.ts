import type { Node } from './types';

/** How people find a node in their graph: `Softmax “/layer.0/Softmax”`. */
export function nodeLabel({ domain, operator, name, outputs }: Node): string {
  const title = domain ? `${domain}.${operator}` : operator;
  return name ? `${title} “${name}”` : `${title} (node of “${outputs.find(Boolean) ?? ''}”)`;
}
