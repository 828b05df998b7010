import { shortened } from '../../files/shortened';
import type { Unmatched } from '../../onnx/find/softmaxSites';
import { nodeLabel } from '../../onnx/graph/nodeLabel';

/**
 * Sentences about what may be attention and is not shown: one for each reason, however many nodes it
 * holds for, since a mixture of experts has a softmax in the router of every layer.
 * @param graph what the graph is called
 */
export function unmatchedNotes(graph: string, unmatched: readonly Unmatched[]): string[] {
  const name = shortened(graph);
  const byReason = new Map<string, Unmatched[]>();
  for (const each of unmatched) {
    const same = byReason.get(each.reason);
    if (same) same.push(each);
    else byReason.set(each.reason, [each]);
  }
  return [...byReason].flatMap(([reason, [first, ...others]]) => {
    if (!first) return [];
    const label = nodeLabel(first.node);
    return others.length === 0
      ? [`${label} in ${name} is not shown: ${reason}.`]
      : [`${label} and ${others.length} more in ${name} are not shown, each for this: ${reason}.`];
  });
}
