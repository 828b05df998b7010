import assert from 'node:assert/strict';
import { loadGraph } from '../../../src/inspector/model/graph/loadGraph';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import { GraphBuilder, save, small, type Heads } from './support/graphs';

const domain = 'com.microsoft';
const { width } = small;

/** A model of one layer; `attention` makes what its heads hand on `[batch, tokens, width]`. */
function modelOf(attention: (graph: GraphBuilder, hidden: string) => string): string {
  const graph = new GraphBuilder();
  const hidden = graph.embed();
  return save(graph, graph.head(graph.op('Add', [hidden, attention(graph, hidden)])));
}

/** Attention whose scores are made of queries and keys in bytes. */
function ofScores(
  product: (graph: GraphBuilder, query: string[], key: string[]) => string,
): (graph: GraphBuilder, hidden: string) => string {
  return (graph, hidden) => {
    const { query, key, value }: Heads = graph.project(hidden);
    const turned = graph.op('Transpose', [key], { attributes: { perm: [0, 1, 3, 2] } });
    const quantised = (tensor: string) => graph.ops('DynamicQuantizeLinear', [tensor], 3);
    const scores = product(graph, quantised(query), quantised(turned));
    const weights = graph.op('Softmax', [scores], { attributes: { axis: -1 } });
    return graph.merge(graph.op('MatMul', [weights, value]));
  };
}

const cases: Readonly<
  Record<string, readonly [(graph: GraphBuilder, hidden: string) => string, RegExp]>
> = {
  'one operator': [
    (graph, hidden) => {
      const [bytes = '', scale = '', zero = ''] = graph.ops('DynamicQuantizeLinear', [hidden], 3);
      const weights = graph.bytes(new Uint8Array(3 * width * width).fill(7), [width, 3 * width]);
      const bias = graph.weight(3 * width);
      const around = [scale, graph.scalar(0.01), '', zero, graph.byte(0)];
      const options = { domain, attributes: { num_heads: small.heads } };
      return graph.op('QAttention', [bytes, weights, bias, ...around], options);
    },
    /QAttention.* is not shown because the operator QAttention cannot be taken apart/,
  ],
  'a product that is scaled afterwards': [
    ofScores((graph, [q = '', qScale = '', qZero = ''], [k = '', kScale = '', kZero = '']) => {
      const whole = graph.op('MatMulInteger', [q, k, qZero, kZero]);
      const floats = graph.op('Cast', [whole], { attributes: { to: ElementType.float } });
      return graph.op('Mul', [floats, graph.op('Mul', [qScale, kScale])]);
    }),
    /its queries and keys are multiplied as bytes, and their product is scaled afterwards/,
  ],
  'a product that is rounded to bytes': [
    ofScores((graph, query, key) => {
      const around = [graph.scalar(0.1), graph.byte(128)];
      const scores = graph.op('QLinearMatMul', [...inOrder(query), ...inOrder(key), ...around]);
      return graph.op('DequantizeLinear', [scores, ...around]);
    }),
    /its queries and keys are multiplied as bytes, and their product is rounded to bytes/,
  ],
};

const inOrder = ([bytes = '', scale = '', zero = '']: string[]) => [bytes, scale, zero];

describe('attention that is computed in bytes is refused with its reason', () => {
  for (const [name, [attention, reason]] of Object.entries(cases)) {
    it(name, () => {
      assert.throws(() => loadGraph(modelOf(attention)), reason);
    });
  }
});
