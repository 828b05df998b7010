import assert from 'node:assert/strict';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import type { Graph } from '../../../src/inspector/onnx/file/types';
import type { FirstPlace } from '../../../src/protocol/firstDivergence';
import { Planted, rewired } from '../findings/support';
import { compared, fixture, open, withWeight } from './support';

/** A fault in one of two models that are the same otherwise, and where they part by it. */
interface PlantedPair {
  readonly is: string;
  readonly graph: (graph: Graph) => Graph;
  readonly first: Pick<FirstPlace, 'layer' | 'kind'> &
    Partial<Pick<FirstPlace, 'stack' | 'attention'>>;
  /** End of the name of the node. */
  readonly node?: string;
  /** Something that the cause says. */
  readonly cause: RegExp;
  /** It shows under padding alone. */
  readonly isPadded?: boolean;
}

/** Adds something to one number. */
const nudged = (values: Float32Array) => {
  values[5] = (values[5] ?? 0) + 0.5;
};
const filled = (value: number) => (values: Float32Array) => values.fill(value);
const zeros = filled(0);

/** A weight `[rows, columns]` with two groups of columns exchanged. */
const exchanged = (columns: number, width: number) => (values: Float32Array) => {
  for (let row = 0; row < values.length; row += columns) {
    const first = values.slice(row, row + width);
    values.copyWithin(row, row + width, row + 2 * width);
    values.set(first, row + width);
  }
};

/** Rows of a table one later. */
const shifted = (width: number) => (values: Float32Array) =>
  values.copyWithin(0, width, values.length);

/** Weights in as many levels as three bits have. */
const rounded = (values: Float32Array) => {
  const step = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 3;
  for (const [i, value] of values.entries()) values[i] = Math.round(value / step) * step;
};

const everyMatrix = (graph: Graph) =>
  [...graph.initializers]
    .filter(([, { dims, elementType }]) => dims.length === 2 && elementType === 1)
    .reduce((all, [name]) => withWeight(all, name, rounded), graph);

const bert = (layer: number) => `/bert/encoder/layer.${layer}`;
const BERT: readonly PlantedPair[] = [
  {
    is: 'one weight of the queries',
    graph: graph => withWeight(graph, `${bert(1)}/attention/self/query/MatMul`, nudged),
    first: { layer: 1, kind: 'query' },
    node: '/query/MatMul',
    cause: /The query alone differs/,
  },
  {
    is: 'the bias of the values',
    graph: graph => withWeight(graph, `${bert(0)}/attention/self/value/Add`, nudged),
    first: { layer: 0, kind: 'value' },
    node: '/value/Add',
    cause: /The value alone differs/,
  },
  {
    is: 'the order of the heads in the values',
    graph: graph => withWeight(graph, `${bert(1)}/attention/self/value/MatMul`, exchanged(20, 5)),
    first: { layer: 1, kind: 'value' },
    node: '/value/MatMul',
    cause: /order of the heads/,
  },
  {
    is: 'the order of the heads in W_O',
    graph: graph =>
      withWeight(graph, `${bert(1)}/attention/output/dense/MatMul`, values =>
        exchanged(values.length, 5 * 20)(values),
      ),
    first: { layer: 1, kind: 'attentionOutput' },
    node: '/attention/output/dense/MatMul',
    cause: /W_O/,
  },
  {
    is: 'a head that W_O leaves out',
    graph: graph =>
      withWeight(graph, `${bert(0)}/attention/output/dense/MatMul`, values =>
        values.fill(0, 0, 5 * 20),
      ),
    first: { layer: 0, kind: 'attentionOutput' },
    node: '/attention/output/dense/MatMul',
    cause: /W_O/,
  },
  {
    is: 'epsilon of the norm after an attention',
    graph: graph => withWeight(graph, `${bert(1)}/attention/output/LayerNorm/Add`, filled(0.3)),
    first: { layer: 1, kind: 'feedForward' },
    node: '/attention/output/LayerNorm/Add',
    cause: /epsilon/,
  },
  {
    is: 'epsilon of the norm after a feed-forward network',
    graph: graph => withWeight(graph, `${bert(0)}/output/LayerNorm/Add`, filled(0.3)),
    first: { layer: 1, kind: 'residual' },
    node: 'layer.0/output/LayerNorm/Add',
    cause: /norm after its feed-forward network/,
  },
  {
    is: 'another activation',
    graph: graph =>
      withWeight(graph, `${bert(0)}/intermediate/intermediate_act_fn/Div`, filled(1.5)),
    first: { layer: 0, kind: 'feedForward' },
    node: '/intermediate_act_fn/Div',
    cause: /activation/,
  },
  {
    is: 'one weight of a feed-forward network',
    graph: graph => withWeight(graph, `${bert(1)}/output/dense/MatMul`, nudged),
    first: { layer: 1, kind: 'feedForward' },
    node: 'layer.1/output/dense/MatMul',
    cause: /feed-forward network/,
  },
  {
    is: 'a mask that is subtracted',
    graph: graph =>
      rewired(graph, `${bert(0)}/attention/self/Add`, ({ inputs: [scores = '', mask = ''] }) => ({
        operator: 'Sub',
        inputs: [scores, mask],
      })),
    first: { layer: 0, kind: 'weights' },
    cause: /mask/,
    isPadded: true,
  },
  {
    is: 'a scale of one layer',
    graph: graph => withWeight(graph, `${bert(1)}/attention/self/Mul`, filled(0.9)),
    first: { layer: 1, kind: 'maskedScores' },
    node: '/attention/self/Mul',
    cause: /scale/,
  },
  {
    is: 'a padding mask that one layer does not add',
    graph: graph =>
      rewired(graph, `${bert(1)}/attention/self/Softmax`, () => ({
        inputs: [`${bert(1)}/attention/self/Mul_output_0`],
      })),
    first: { layer: 1, kind: 'weights' },
    node: '/attention/self/Softmax',
    cause: /mask/,
    isPadded: true,
  },
  {
    is: 'a mask too small to hide anything',
    graph: graph => withWeight(graph, '/bert/Constant_29_output_0', filled(-4)),
    first: { layer: 0, kind: 'weights' },
    node: '/bert/Where_1',
    cause: /its size/,
    isPadded: true,
  },
  {
    is: 'positions one later',
    graph: graph => withWeight(graph, 'bert.embeddings.position_embeddings.weight', shifted(20)),
    first: { layer: 'embeddings', kind: 'residual' },
    node: '/position_embeddings/Gather',
    cause: /positions/,
  },
  {
    is: 'weights rounded to three bits',
    graph: everyMatrix,
    first: { layer: 'embeddings', kind: 'residual' },
    node: '/word_embeddings/Gather',
    cause: /weights were rounded/,
  },
  {
    is: 'an output head that is not tied',
    graph: graph => withWeight(graph, '/cls/predictions/decoder/MatMul', nudged),
    first: { layer: 'output', kind: 'logits' },
    node: '/predictions/decoder/MatMul',
    cause: /output head/,
  },
];

const llama = (layer: number) => `/model/layers.${layer}`;
const LLAMA: readonly PlantedPair[] = [
  {
    is: 'the base of the rotation',
    graph: graph =>
      withWeight(graph, '/model/rotary_emb/Mul', values => {
        for (const [i, value] of values.entries()) values[i] = value ** 1.5;
      }),
    first: { layer: 0, kind: 'query' },
    node: '/rotary_emb/Mul',
    cause: /rotation/,
  },
  {
    is: 'a causal mask that one layer does not add',
    graph: graph =>
      rewired(graph, `${llama(1)}/self_attn/Softmax`, () => ({
        inputs: [`${llama(1)}/self_attn/Mul_8_output_0`],
      })),
    first: { layer: 1, kind: 'weights' },
    node: 'layers.1/self_attn/Softmax',
    cause: /mask/,
  },
  {
    is: 'epsilon of the norm before an attention',
    graph: graph => withWeight(graph, `${llama(1)}/input_layernorm/Add`, filled(0.3)),
    first: { layer: 1, kind: 'query' },
    node: '/input_layernorm/Add',
    cause: /norm before the attention/,
  },
  {
    is: 'one weight of the keys',
    graph: graph => withWeight(graph, `${llama(0)}/self_attn/k_proj/MatMul`, nudged),
    first: { layer: 0, kind: 'key' },
    node: '/k_proj/MatMul',
    cause: /The key alone differs/,
  },
  {
    is: 'one weight of a gated network',
    graph: graph => withWeight(graph, `${llama(1)}/mlp/up_proj/MatMul`, nudged),
    first: { layer: 1, kind: 'feedForward' },
    node: '/up_proj/MatMul',
    cause: /feed-forward network/,
  },
  {
    is: 'the final norm',
    graph: graph => withWeight(graph, 'model.norm.weight', nudged),
    first: { layer: 'output', kind: 'logits' },
    node: '/model/norm/Mul_1',
    cause: /final norm/,
  },
];

const T5: readonly PlantedPair[] = [
  {
    is: 'the distances of an encoder',
    graph: graph =>
      withWeight(
        graph,
        'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight',
        nudged,
      ),
    first: { stack: 'encoder', layer: 0, kind: 'maskedScores' },
    cause: /bias/,
  },
  {
    is: 'one weight of the keys of a cross-attention',
    graph: graph => withWeight(graph, '/decoder/block.1/layer.1/EncDecAttention/k/MatMul', nudged),
    first: { stack: 'decoder', attention: 'cross', layer: 1, kind: 'key' },
    node: '/EncDecAttention/k/MatMul',
    cause: /The key alone differs/,
  },
  {
    is: 'the final norm of an encoder',
    graph: graph => withWeight(graph, 'encoder.final_layer_norm.weight', zeros),
    first: { stack: 'encoder', layer: 'output', kind: 'residual' },
    node: '/encoder/final_layer_norm/Mul_1',
    cause: /norm after it/,
  },
];

const bases = {
  bert__legacy_eager_op14: BERT,
  llama__legacy_eager_op14: LLAMA,
  t5__legacy_eager_op14: T5,
};

describe('first divergence', function () {
  this.timeout(120_000);
  const planted = new Planted();
  after(() => planted.dispose());

  for (const [name, pairs] of Object.entries(bases)) {
    describe(name, () => {
      let base: InstrumentedModel;
      before(async () => (base = await open(fixture(name))));
      after(() => base.dispose());

      for (const { is, graph, first, node, cause, isPadded = false } of pairs) {
        it(`names ${is}`, async () => {
          const folder = planted.plant(fixture(name), { graph });
          const other = await open(folder);
          try {
            const { probes, told } = await compared(base, other, { isPadded });
            const found = probes.find(({ probe }) => probe === told)?.first;
            assert.ok(found);
            const { stack, attention, layer, kind } = found;
            const place = { attention: 'self', stack, ...first };
            assert.deepEqual({ stack, attention, layer, kind }, place);
            assert.match(found.cause, cause);
            if (node) assert.ok(found.node?.name.endsWith(node), found.node?.name);
            assert.equal(told, isPadded ? 'padded' : 'text');
          } finally {
            await other.dispose();
            planted.drop(folder);
          }
        });
      }
    });
  }
});
