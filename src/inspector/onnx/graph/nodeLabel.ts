import { shortened } from '../../files/shortened';
import type { Node } from '../file/types';

/** How people find a node in their graph: `Softmax “/layer.0/Softmax”`. */
export function nodeLabel({ domain, operator, name, outputs }: Node): string {
  const title = shortened(domain ? `${domain}.${operator}` : operator);
  const shown = shortened(name || (outputs.find(Boolean) ?? ''));
  return name ? `${title} “${shown}”` : `${title} (node of “${shown}”)`;
}

/** What a node is called in the middle of a sentence: its name, else its operator. */
export function shortName({ name, operator }: Node): string {
  return shortened(name || operator);
}
