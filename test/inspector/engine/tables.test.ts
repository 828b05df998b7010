import assert from 'node:assert/strict';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import { GraphBuilder, save, small } from './support/graphs';
import { openModel } from '../../../src/inspector/model/openModel';
import { everything, ids, inspect } from './support/inspect';

const { vocabulary, width } = small;

/** A model of one layer whose embeddings come out of `lookup`. */
function modelOf(lookup: (graph: GraphBuilder) => string): string {
  const graph = new GraphBuilder();
  const hidden = lookup(graph);
  const output = graph.attend(graph.project(hidden));
  return save(graph, graph.head(graph.op('Add', [hidden, output])));
}

const gather = (graph: GraphBuilder, table: string) => graph.op('Gather', [table, 'input_ids']);
const bytes = (graph: GraphBuilder) =>
  graph.bytes(
    Array.from({ length: vocabulary * width }, (_, i) => (i * 37 + 11) % 251),
    [vocabulary, width],
  );

const tables: Readonly<Record<string, (graph: GraphBuilder) => string>> = {
  'turned over': graph =>
    gather(
      graph,
      graph.op('Transpose', [graph.weight(width, vocabulary)], { attributes: { perm: [1, 0] } }),
    ),
  'cut out of a longer one': graph =>
    gather(
      graph,
      graph.op('Slice', [graph.weight(vocabulary + 9, width), graph.ints(4), graph.ints(-5)]),
    ),
  'cut out of a wider one, by axes and steps': graph =>
    gather(
      graph,
      graph.op('Slice', [
        graph.weight(vocabulary, 2 * width),
        graph.ints(0),
        graph.ints(2 * width),
        graph.ints(-1),
        graph.ints(2),
      ]),
    ),
  'multiplied by a number': graph =>
    gather(graph, graph.op('Mul', [graph.weight(vocabulary, width), graph.scalar(2)])),
  converted: graph =>
    gather(graph, graph.op('Cast', [bytes(graph)], { attributes: { to: ElementType.float } })),
  dequantised: graph =>
    gather(
      graph,
      graph.op('DequantizeLinear', [bytes(graph), graph.scalar(0.01), graph.byte(128)]),
    ),
  'looked up by GatherND': graph =>
    graph.op('GatherND', [
      graph.weight(vocabulary, width),
      graph.op('Unsqueeze', ['input_ids', graph.ints(-1)]),
    ]),
  'multiplied with rows of zeros and a one': graph => {
    const values = graph.floats([0, 1]);
    const ones = graph.op('OneHot', ['input_ids', graph.int(vocabulary), values]);
    return graph.op('MatMul', [ones, graph.weight(vocabulary, width)]);
  },
  'multiplied with whole numbers that are converted': graph => {
    const ones = graph.op('OneHot', ['input_ids', graph.int(vocabulary), graph.ints(0, 1)]);
    const floats = graph.op('Cast', [ones], { attributes: { to: ElementType.float } });
    return graph.op('MatMul', [floats, graph.weight(vocabulary, width)]);
  },
  'of bytes, dequantised after the lookup': graph =>
    graph.op('DequantizeLinear', [
      gather(graph, bytes(graph)),
      graph.scalar(0.01),
      graph.byte(128),
    ]),
};

describe('embeddings are found in a table that is', () => {
  for (const [how, lookup] of Object.entries(tables)) {
    it(how, async () => {
      const [model] = await inspect(modelOf(lookup));
      assert.equal(model.card.vocabulary, vocabulary);
      assert.equal(model.card.modelDim, width);
    });
  }
});

describe('scores that the graph rounds to bytes', () => {
  /** Attention with QuantizeLinear and DequantizeLinear around scores and weights. */
  const quantised = (step: number) => {
    const graph = new GraphBuilder();
    const rounded = (tensor: string, size: number, zero: number) => {
      const around = [graph.scalar(size), graph.byte(zero)];
      return graph.op('DequantizeLinear', [
        graph.op('QuantizeLinear', [tensor, ...around]),
        ...around,
      ]);
    };
    const hidden = graph.op('DequantizeLinear', [
      gather(graph, bytes(graph)),
      graph.scalar(0.05),
      graph.byte(128),
    ]);
    const { query, key, value } = graph.project(hidden);
    const turned = graph.op('Transpose', [key], { attributes: { perm: [0, 1, 3, 2] } });
    const product = rounded(graph.op('MatMul', [query, turned]), step, 128);
    const scores = graph.op('Mul', [product, graph.scalar(0.5)]);
    const softmax = graph.op('Softmax', [scores], { attributes: { axis: -1 } });
    const context = graph.merge(graph.op('MatMul', [rounded(softmax, 1 / 255, 0), value]));
    const output = graph.op('MatMul', [context, graph.weight(width, width)]);
    return save(graph, graph.head(graph.op('Add', [hidden, output])));
  };

  it('are shown, with the weights that multiply the values, and said to be rounded', async () => {
    const model = await openModel(quantised(0.25), { threads: 1 });
    const run = await model.run({ input_ids: ids }, everything);
    await model.dispose();
    const [site] = model.card.sites;
    assert.equal(site?.check.result, 'approximate');
    assert.equal(site.scale, 0.5);
    const said = model.card.notes.find(note => /steps of/.test(note)) ?? '';
    assert.match(said, /to steps of 0\.125 and cuts them off at -16 and 15\.9/);
    const { weights, maskedScores } = run.sites[0] ?? {};
    assert.ok(weights && maskedScores);
    for (const weight of weights.data) {
      assert.ok(Math.abs(weight * 255 - Math.round(weight * 255)) < 1e-4, `${weight}`);
    }
    for (const score of maskedScores.data) {
      assert.ok(Math.abs(score * 8 - Math.round(score * 8)) < 1e-4, `${score}`);
    }
  });

  it('and are cut off are no term of the text', async () => {
    const model = await openModel(quantised(0.02), { threads: 1 });
    await model.dispose();
    assert.equal(model.card.sites[0]?.check.result, 'approximate');
  });
});
