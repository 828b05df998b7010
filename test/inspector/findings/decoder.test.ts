import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Graph } from '../../../src/inspector/onnx/file/types';
import { assertNames, check, models, Planted, reweighted, rewired, type Fault } from './support';

const attention = (layer: number) => `/model/layers.${layer}/self_attn`;
const unmasked = (graph: Graph, layer: number) =>
  rewired(graph, `${attention(layer)}/Softmax`, () => ({
    inputs: [`${attention(layer)}/Mul_4_output_0`],
  }));
const scaledBy = (graph: Graph, layer: number, factor: number) => {
  const scaling = graph.nodes.find(({ name }) => name === `${attention(layer)}/Mul_4`);
  return reweighted(graph, scaling?.inputs[1] ?? '', values => values.fill(factor));
};
/** Rows of a head in W_Q or W_K. */
const withoutHead = (graph: Graph, layer: number, head: number, weight = 'q_proj') =>
  reweighted(graph, `model.layers.${layer}.self_attn.${weight}.weight`, values =>
    values.fill(0, head * 32 * 128, (head + 1) * 32 * 128),
  );
const broken = (graph: Graph, name: string) =>
  reweighted(graph, name, values => {
    values[77] = NaN;
  });

const decoder = (layer?: number, head?: number) => ({
  stack: 'decoder',
  ...(layer === undefined ? {} : { layer }),
  ...(head === undefined ? {} : { head }),
});
const error = { severity: 'error' } as const;
const warning = { severity: 'warning' } as const;

const FAULTS: readonly Fault[] = [
  ...[0, 4].map(layer => ({
    is: `no causal mask in layer ${layer}`,
    code: 'future-leak',
    ...error,
    place: decoder(layer),
    graph: (graph: Graph) => unmasked(graph, layer),
  })),
  {
    is: 'no causal mask at all, in what is a decoder all the same',
    code: 'future-leak',
    ...error,
    place: decoder(0),
    graph: graph => [0, 1, 2, 3, 4, 5].reduce(unmasked, graph),
  },
  ...[
    [3, 1 / 32],
    [5, 0.19],
  ].map(([layer = 0, factor = 0]) => ({
    is: `scores × ${factor} in layer ${layer}`,
    code: 'wrong-scale',
    ...error,
    place: decoder(layer),
    graph: (graph: Graph) => scaledBy(graph, layer, factor),
  })),
  ...[
    [3, 2],
    [5, 3],
  ].map(([layer = 0, head = 0]) => ({
    is: `no queries in head ${head} of layer ${layer}`,
    code: 'uniform-head',
    ...warning,
    place: decoder(layer, head),
    graph: (graph: Graph) => withoutHead(graph, layer, head),
  })),
  {
    is: 'a weight that is no number',
    code: 'nan',
    ...error,
    place: decoder(4),
    graph: graph => broken(graph, 'model.layers.4.self_attn.v_proj.weight'),
  },
  {
    is: 'weights that are far too large',
    code: 'overflow',
    ...error,
    graph: graph =>
      reweighted(graph, 'model.embed_tokens.weight', values =>
        values.forEach((value, i) => (values[i] = value * 1e22)),
      ),
  },
  {
    is: 'another end token in config.json',
    code: 'wrong-special-ids',
    ...error,
    place: {},
    files: { 'config.json': { eos_token_id: 17 } },
  },
  {
    is: 'another padding token in config.json',
    code: 'wrong-special-ids',
    ...error,
    place: {},
    files: { 'config.json': { pad_token_id: 300 } },
  },
  {
    is: 'a window that the graph has not',
    code: 'window-mismatch',
    ...error,
    place: decoder(0),
    files: { 'config.json': { model_type: 'mistral', sliding_window: 6 } },
  },
];

describe('findings about the bundled models', function () {
  this.timeout(300_000);
  let planted: Planted;
  before(() => {
    planted = new Planted();
  });
  after(() => planted.dispose());

  for (const name of ['encoder', 'decoder', 'encoder-decoder']) {
    it(`tells of nothing in the bundled ${name}`, async () => {
      const { findings, passed } = await check(join(models, name));
      assert.deepEqual(
        findings.filter(({ severity }) => severity !== 'note'),
        [],
      );
      for (const code of ['nan', 'uniform-head', 'wrong-special-ids'] as const) {
        assert.ok(passed.includes(code), code);
      }
    });
  }

  for (const fault of FAULTS) {
    it(`names ${fault.is}, and nothing else`, async () => {
      const folder = planted.plant(join(models, 'decoder'), fault);
      assertNames(fault, await check(folder, fault.text));
      planted.drop(folder);
    });
  }

  it('says the same every time', async () => {
    const folder = planted.plant(join(models, 'decoder'), { graph: graph => unmasked(graph, 1) });
    const [one, other] = [await check(folder), await check(folder)];
    assert.deepEqual({ ...one, milliseconds: 0 }, { ...other, milliseconds: 0 });
  });
});
