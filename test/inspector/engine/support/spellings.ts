import { ElementType } from '../../../../src/inspector/onnx/file/types';
import { small, type GraphBuilder, type Heads } from './graphs';

/** `[batch, heads, a, b]` as `[batch, heads, b, a]`. */
export function turned(graph: GraphBuilder, tensor: string): string {
  return graph.op('Transpose', [tensor], { attributes: { perm: [0, 1, 3, 2] } });
}

/** Softmax over the keys. */
export function softmax(graph: GraphBuilder, scores: string): string {
  return graph.op('Softmax', [scores], { attributes: { axis: -1 } });
}

/** Tokens of the text `[1]`. */
export function textLength(graph: GraphBuilder, ids = 'input_ids'): string {
  return graph.op('Slice', [graph.op('Shape', [ids]), graph.ints(1), graph.ints(2)]);
}

/** 0, 1, 2, … for the tokens of the text. */
export function positions(graph: GraphBuilder): string {
  const length = graph.op('Squeeze', [textLength(graph)]);
  return graph.op('Range', [graph.int(0), length, graph.int(1)]);
}

/** `[tokens, tokens]`: `blocked` where the key comes `after` the query or later, 0 elsewhere. */
export function causalMask(graph: GraphBuilder, blocked = -1e9, after = 1): string {
  const length = textLength(graph);
  const square = graph.op('Concat', [length, length], { attributes: { axis: 0 } });
  const lowest = graph.op('Expand', [graph.scalar(blocked), square]);
  return graph.op('Trilu', [lowest, graph.int(after)], { attributes: { upper: 1 } });
}

/** Distances from query to key `[tokens, tokens]`, as floats. */
export function distances(graph: GraphBuilder): string {
  const from = positions(graph);
  const away = graph.op('Sub', [
    graph.op('Unsqueeze', [from, graph.ints(0)]),
    graph.op('Unsqueeze', [from, graph.ints(1)]),
  ]);
  return graph.op('Cast', [away], { attributes: { to: ElementType.float } });
}

/** Layer normalisation with factors and shifts of its own. */
export function norm(graph: GraphBuilder, hidden: string, width: number = small.width): string {
  return graph.op('LayerNormalization', [hidden, graph.weight(width), graph.weight(width)]);
}

/** A projection `[…, from]` → `[…, to]`. */
export function linear(
  graph: GraphBuilder,
  hidden: string,
  to: number = small.width,
  from: number = small.width,
): string {
  return graph.op('MatMul', [hidden, graph.weight(from, to)]);
}

/** Adds a feed-forward part to the stream. */
export function feedForward(graph: GraphBuilder, hidden: string): string {
  const inner = graph.op('Relu', [linear(graph, norm(graph, hidden), 18)]);
  return graph.op('Add', [hidden, linear(graph, inner, small.width, 18)]);
}

/** A slice along one axis. */
export function slice(
  graph: GraphBuilder,
  tensor: string,
  from: number,
  to: number,
  axis: number,
  step = 1,
): string {
  const bounds = [from, to, axis, step].map(value => graph.ints(value));
  return graph.op('Slice', [tensor, ...bounds]);
}

/** Past any end. */
export const END = 2 ** 31 - 1;

/** Reversed along an axis. */
export function reversed(graph: GraphBuilder, tensor: string, axis: number): string {
  return slice(graph, tensor, -1, -END, axis, -1);
}

/** Each row of an axis takes the place of the next one; the first becomes 0, the last one falls away. */
export function shifted(graph: GraphBuilder, tensor: string, axis: number, rank: number): string {
  const pads = Array.from({ length: 2 * rank }, (_, i) => (i === axis ? 1 : 0));
  const padded = graph.op('Pad', [tensor, graph.ints(...pads)]);
  return slice(graph, padded, 0, -1, axis);
}

/** Half of every number: for heads of four numbers, 1 / √d. */
export function half(graph: GraphBuilder, tensor: string): string {
  return graph.op('Mul', [tensor, graph.scalar(0.5)]);
}

/** Attention whose masked scores are `score` of q·k. */
export function scored(
  score: (graph: GraphBuilder, product: string, heads: Heads, hidden: string) => string,
): (graph: GraphBuilder, heads: Heads, hidden: string) => string {
  return (graph, heads, hidden) => {
    const product = graph.op('MatMul', [heads.query, turned(graph, heads.key)]);
    const weights = softmax(graph, score(graph, product, heads, hidden));
    return graph.op('MatMul', [weights, heads.value]);
  };
}
