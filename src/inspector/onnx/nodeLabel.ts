import type { Node } from './types';

/** How people find a node in their graph: `Softmax “/layer.0/Softmax”`. */
export function nodeLabel({ domain, operator, name, outputs }: Node): string {
  const title = domain ? `${domain}.${operator}` : operator;
  return name ? `${title} “${name}”` : `${title} (node of “${outputs.find(Boolean) ?? ''}”)`;
}

/** What a node is called in the middle of a sentence: its name, else its operator. */
export function shortName({ name, operator }: Node): string {
  return name || operator;
}
