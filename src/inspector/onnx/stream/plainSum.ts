import type { GraphIndex } from '../graph/graphIndex';
import { renaming } from '../graph/operatorKinds';

const sums = new Set(['Add', 'Sum']);
const keeping = new Set([...renaming, 'Transpose']);

/** Whether a tensor is a sum that another one is a term of: nothing but additions lies between them. */
export function isSumWith(index: GraphIndex, tensor: string, term: string): boolean {
  const seen = new Set([tensor]);
  for (const current of seen) {
    if (current === term) return true;
    const node = index.producer(current);
    if (!node) continue;
    const terms = sums.has(node.operator) ? node.inputs : node.inputs.slice(0, 1);
    if (!sums.has(node.operator) && !keeping.has(node.operator)) continue;
    for (const input of terms) if (input) seen.add(input);
  }
  return false;
}
