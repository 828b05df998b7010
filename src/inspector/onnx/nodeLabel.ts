import { shortName } from '../shortName';
import type { Node } from './types';

/** How people find a node in their graph: `Softmax “/layer.0/Softmax”`. */
export function nodeLabel({ domain, operator, name, outputs }: Node): string {
  const title = shortName(domain ? `${domain}.${operator}` : operator);
  const shown = shortName(name || (outputs.find(Boolean) ?? ''));
  return name ? `${title} “${shown}”` : `${title} (node of “${shown}”)`;
}
