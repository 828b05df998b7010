import type { Analysis } from './analysis';
import type { Dominators } from './dominators';
import type { FoundSite } from './site';
import type { GraphIndex } from './graphIndex';
import { ElementType, type ValueInfo } from './types';

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

/** From scores to ids: the most probable ones, in the type and shape that somebody wants. */
const choosing = new Set(['ArgMax', 'Cast', 'Identity', 'Reshape', 'Squeeze', 'TopK', 'Unsqueeze']);

/** What an output is of: itself, or of a model that puts out ids, the scores that they are chosen by. */
function behindIds(
  index: GraphIndex,
  labels: Analysis['labels'],
  output: ValueInfo,
): ValueInfo | undefined {
  let { name } = output;
  for (let step = 0; step < 6 && !labels.isHidden(name); step++) {
    const node = index.producer(name);
    if (!node || !choosing.has(node.operator)) return undefined;
    name = node.inputs[0] ?? '';
  }
  if (!labels.isHidden(name)) return undefined;
  return name === output.name ? output : { name, elementType: ElementType.undefined };
}
