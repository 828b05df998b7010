import { ElementType, type ValueInfo } from '../file/types';
import type { Analysis } from '../graph/analysis';
import type { Dominators } from '../graph/dominators';
import type { GraphIndex } from '../graph/graphIndex';
import type { FoundSite } from '../graph/site';

/** The output that depends on most sites; of several, one shaped like logits or hidden states. */
export function mainOutput(
  { index, labels, constants }: Analysis,
  dominators: Dominators,
  sites: readonly FoundSite[],
): ValueInfo | undefined {
  const vocabularies = new Set(
    index.nodes
      .filter(node => node.operator === 'Gather')
      .map(node => constants.of(node.inputs[0])?.dims)
      .map(dims => (dims?.length === 2 ? dims[0] : undefined)),
  );
  const candidates = index.graph.outputs.flatMap(declared => {
    const output = behindIds(index, labels, declared);
    const node = output && index.producer(output.name);
    if (!node) return [];
    const reached = dominators.ancestors(index.order(node));
    const count = sites.filter(site => reached.has(index.order(site.end))).length;
    const last = output.dims?.at(-1);
    const shape =
      (output.dims?.length === 3 ? 2 : 0) +
      (last !== undefined && vocabularies.has(Number(last)) ? 1 : 0);
    return [{ output, count, shape }];
  });
  candidates.sort((a, b) => b.count - a.count || b.shape - a.shape);
  return candidates[0]?.output;
}

/** From scores to what a model tells of them is fewer nodes than this. */
const MOST_AFTER_SCORES = 8;

/** What an output is of: itself, or of a model that puts out ids or flags, the scores that they come from. */
function behindIds(
  index: GraphIndex,
  labels: Analysis['labels'],
  output: ValueInfo,
): ValueInfo | undefined {
  const seen = new Set([output.name]);
  for (const name of seen) {
    if (labels.isHidden(name)) {
      return name === output.name ? output : { name, elementType: ElementType.undefined };
    }
    if (seen.size > MOST_AFTER_SCORES) return undefined;
    for (const input of index.producer(name)?.inputs ?? []) if (input) seen.add(input);
  }
  return undefined;
}
