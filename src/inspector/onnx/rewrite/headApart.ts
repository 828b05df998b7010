import type { Graph } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { GraphIndex } from '../graph/graphIndex';
import type { Streams } from '../stream/residualStream';
import { leadingTo, subgraph, type Subgraph } from './subgraph';

/** A graph without its output head, and the head as it stands in the file. */
export interface HeadApart {
  readonly body: Graph;
  readonly head: Subgraph;
  /** What the head reads. */
  readonly from: string;
  readonly output: string;
}

/**
 * Takes the output head out of an instrumented graph: a run that wants no scores over the vocabulary need
 * not compute them.
 * @returns undefined where the head reads more than the last state, or where other outputs need it
 */
export function headApart(
  analysis: Analysis,
  { streams, output, hasHead }: Streams,
  instrumented: Graph,
): HeadApart | undefined {
  const { residual, normed = residual } = streams.at(-1) ?? {};
  if (!hasHead || output === undefined || normed === undefined) return undefined;
  if (normed === output || !analysis.index.producer(normed)) return undefined;
  const own = leadingTo(analysis.index, [output], new Set([normed]));
  const isFed = instrumented.inputs.some(
    ({ name }) => own.needed.has(name) && !instrumented.initializers.has(name),
  );
  if (isFed || !own.needed.has(normed)) return undefined;
  const others = instrumented.outputs.filter(({ name }) => name !== output);
  const outputs = others.some(({ name }) => name === normed)
    ? others
    : [...others, { name: normed, elementType: 0 }];
  const index = new GraphIndex(instrumented);
  const body = leadingTo(
    index,
    outputs.map(({ name }) => name),
  );
  const inBody = new Set(body.nodes);
  const inWhole = new Set(instrumented.nodes);
  // Nothing of it may be changed, exposed or read by others.
  if (own.nodes.some(node => inBody.has(node) || !inWhole.has(node))) return undefined;
  const initializers = new Map(
    [...instrumented.initializers].filter(([name]) => body.needed.has(name)),
  );
  return {
    body: { ...instrumented, nodes: body.nodes, outputs, initializers },
    head: subgraph(analysis, [output], new Set([normed])),
    from: normed,
    output,
  };
}
