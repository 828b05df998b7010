import type { Node } from '../../file/types';
import type { Analysis } from '../../graph/analysis';
import { inputsOf, type GraphIndex } from '../../graph/graphIndex';
import type { Reach } from './core';
import { isShaping, wayTo } from './way';

/** Places in which all that a decay leads to meets again, as many as are worth a look. */
const MOST_ENDS = 8;

/** Nodes that a tensor is computed from. */
export function upstream({ index }: Analysis, tensor: string | undefined): ReadonlySet<Node> {
  const last = index.producer(tensor);
  const all = new Set(last ? [last] : []);
  for (const node of all) {
    for (const input of inputsOf(node)) {
      const before = index.producer(input);
      if (before) all.add(before);
    }
  }
  return all;
}

/** Cumulative sums along the text, by what they add up: the logarithms of a decay. */
export function decays({ index, labels }: Analysis): ReadonlyMap<string, readonly Node[]> {
  const found = new Map<string, Node[]>();
  for (const node of index.nodes) {
    const [input] = node.inputs;
    if (node.operator !== 'CumSum' || !input || !labels.isHidden(input)) continue;
    let { base } = wayTo(index, input);
    // Numbers that are not to be added are masked by 0.
    for (let maker = index.producer(base); maker?.operator === 'Where';) {
      const kept = maker.inputs.find(name => labels.isHidden(name));
      if (!kept) break;
      ({ base } = wayTo(index, kept));
      maker = index.producer(base);
    }
    // Sums over the chunks of a text add up what was summed within them.
    if (takesPart(index, base)) continue;
    found.set(base, [...(found.get(base) ?? []), node]);
  }
  return found;
}

/** Whether a tensor is a part of a cumulative sum. */
function takesPart(index: GraphIndex, tensor: string): boolean {
  const maker = index.producer(tensor);
  if (maker?.operator !== 'Gather' && maker?.operator !== 'Slice') return false;
  const { base } = wayTo(index, maker.inputs[0] ?? '');
  return index.producer(base)?.operator === 'CumSum';
}

/**
 * The nodes that all that depends on a tensor passes, after its cumulative sums, the nearest first.
 * @param wanted nodes that count: what leads to no output of the text does not
 */
export function ends(
  { index, labels }: Analysis,
  decay: string,
  sums: readonly Node[],
  wanted: ReadonlySet<Node>,
): readonly Reach[] {
  const after = Math.max(...sums.map(node => index.order(node)));
  const decayed = new Set<string>();
  const open = new Set<number>();
  const follow = (tensor: string) => {
    decayed.add(tensor);
    for (const reader of index.consumers(tensor)) {
      const carriesOn = reader.outputs.some(output => labels.isHidden(output));
      if (carriesOn && wanted.has(reader)) open.add(index.order(reader));
    }
  };
  follow(decay);
  decayed.delete(decay);
  const found: Reach[] = [];
  const first = index.producer(decay);
  const start = first ? index.order(first) + 1 : 0;
  for (let at = start; at < index.nodes.length && found.length < MOST_ENDS; at++) {
    const node = index.nodes[at];
    if (!node || !open.delete(at)) continue;
    if (open.size === 0 && at > after && !isShaping(node)) {
      found.push({ end: node, decayed: new Set([...decayed, ...node.outputs]) });
    }
    for (const output of node.outputs.filter(Boolean)) follow(output);
  }
  return found;
}
