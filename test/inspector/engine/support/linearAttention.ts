import { GraphBuilder, save, small, type SaveOptions } from './graphs';

const { width } = small;

/** A linear attention. */
export interface Shape {
  readonly rule: 'linear' | 'gated' | 'delta' | 'gated_delta';
  readonly queryHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** One decay for each number of a key instead of one for each head. */
  readonly isFine?: boolean;
  readonly scale?: number;
}

/** A linear attention in one operator, without its output projection. */
export function linear(
  graph: GraphBuilder,
  hidden: string,
  shape: Shape,
  value?: string,
  state = '',
): string {
  const { rule, queryHeads, valueHeads, keyDim, valueDim, isFine, scale } = shape;
  const project = (columns: number) => graph.op('MatMul', [hidden, graph.weight(width, columns)]);
  const inputs = [
    project(queryHeads * keyDim),
    project(valueHeads * keyDim),
    value ?? project(valueHeads * valueDim),
    state,
  ];
  const decays = rule.startsWith('gated');
  const decay = decays
    ? graph.op('Neg', [graph.op('Softplus', [project(valueHeads * (isFine ? keyDim : 1))])])
    : '';
  const beta = rule.endsWith('delta') ? graph.op('Sigmoid', [project(valueHeads)]) : '';
  const [mixed = ''] = graph.ops('LinearAttention', [...inputs, decay, beta], 2, {
    domain: 'com.microsoft',
    attributes: {
      q_num_heads: queryHeads,
      kv_num_heads: valueHeads,
      update_rule: rule,
      ...(scale === undefined ? {} : { scale: { float: scale } }),
    },
  });
  return mixed;
}

/** A layer of linear attention, then one of softmax attention. */
export function hybrid(
  shape: Shape,
  make = linear,
  isSecond = false,
  inputs: SaveOptions['inputs'] = [],
): string {
  const graph = new GraphBuilder();
  const embedded = graph.embed();
  const outputs = Math.max(shape.queryHeads, shape.valueHeads) * shape.valueDim;
  const mixes = (hidden: string) => {
    const mixed = make(graph, hidden, shape);
    return graph.op('Add', [hidden, graph.op('MatMul', [mixed, graph.weight(outputs, width)])]);
  };
  const attends = (hidden: string) =>
    graph.op('Add', [hidden, graph.attend(graph.project(hidden))]);
  const output = isSecond ? mixes(attends(embedded)) : attends(mixes(embedded));
  return save(graph, graph.head(output), { inputs });
}
