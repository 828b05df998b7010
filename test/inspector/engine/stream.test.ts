import assert from 'node:assert/strict';
import type { ModelRun } from '../../../src/inspector/model/run';
import { analyse } from '../../../src/inspector/onnx/graph/analysis';
import { readModel } from '../../../src/inspector/onnx/file/readModel';
import { ElementType, type ValueInfo } from '../../../src/inspector/onnx/file/types';
import { makeNode } from '../../../src/inspector/onnx/file/writeModel';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import { worstError } from './support/cases';
import { GraphBuilder, plainAttention, save, small, type Heads } from './support/graphs';
import { ids, inspect } from './support/inspect';

const { width, vocabulary } = small;
const input = (name: string, elementType: number, ...dims: (string | number)[]): ValueInfo => ({
  name,
  elementType,
  dims,
});

/** A normalisation `[gamma, beta]` that is not the identity. */
function parameters(graph: GraphBuilder): [string, string] {
  return [graph.weight(width), graph.weight(width)];
}

/** A node whose second and third output are left out. */
function skipNormalization(graph: GraphBuilder, operator: string, inputs: string[], sum: boolean) {
  const name = `skip${graph.nodes.length}`;
  const outputs = sum ? [name, '', '', `${name}/stream`] : [name];
  const options = { domain: 'com.microsoft', attributes: { epsilon: { float: 1e-5 } } };
  graph.nodes.push(makeNode(operator, inputs, outputs, options));
  return { normed: name, sum: `${name}/stream` };
}

function assertSameStream(actual: ModelRun, expected: ModelRun): void {
  const states = expected.hiddenStates.encoder;
  assert.ok(states && expected.lastResidual.encoder);
  assert.equal(actual.hiddenStates.encoder?.length, states.length);
  for (const [i, state] of states.entries()) {
    assert.ok(worstError(actual.hiddenStates.encoder[i], state) < 1e-5, `hidden state ${i}`);
  }
  assert.ok(worstError(actual.lastResidual.encoder, expected.lastResidual.encoder) < 1e-5);
}

describe('the residual stream', () => {
  it('knows what carries the text: lookups begin it, masks and shapes end it (5)', () => {
    const graph = new GraphBuilder();
    const [gamma, beta] = parameters(graph);
    const table = () => graph.weight(vocabulary, width);
    const [normed = '', maskIndex = '', sum = ''] = graph.ops(
      'EmbedLayerNormalization',
      ['input_ids', '', table(), table(), '', gamma, beta, 'attention_mask'],
      3,
      { domain: 'com.microsoft' },
    );
    const like = graph.op('CastLike', [graph.scalar(1), normed]);
    const size = graph.op('Size', [normed]);
    const isNaN = graph.op('IsNaN', [normed]);
    const isPadding = graph.op('Equal', ['input_ids', graph.int(0)]);
    const position = graph.op('Gather', [table(), 'position_ids']);
    const looked = graph.op('Gather', [table(), 'input_ids']);
    const past = graph.op('Identity', ['past_key_values.0.key']);
    const path = save(graph, graph.head(normed), {
      inputs: [
        input('attention_mask', ElementType.int32, 'batch', 'tokens'),
        input('position_ids', ElementType.int64, 'batch', 'tokens'),
        input('past_key_values.0.key', ElementType.float, 'batch', 3, 'past', 4),
      ],
    });
    const { labels } = analyse(readModel(path));
    for (const tensor of [normed, sum, looked]) assert.ok(labels.isHidden(tensor), tensor);
    const others = [maskIndex, like, size, isNaN, isPadding, position, past, 'attention_mask'];
    for (const tensor of others) assert.ok(!labels.isHidden(tensor), tensor);
  });

  it('does not begin at keys and values of the past, whatever their names (6)', async () => {
    const graph = new GraphBuilder();
    let x = graph.embed();
    for (const layer of [0, 1]) {
      const { query, key, value } = graph.project(x);
      const joined = (past: string, now: string) =>
        graph.op('Concat', [past, now], { attributes: { axis: 2 } });
      const heads = {
        query,
        key: joined(`a${layer}`, key),
        value: joined(`b${layer}`, value),
      };
      x = graph.op('Add', [x, graph.attend(heads)]);
    }
    const inputs = ['a0', 'b0', 'a1', 'b1'].map(name =>
      input(name, ElementType.float, 'batch', small.heads, 'past', small.headDim),
    );
    const path = save(graph, graph.head(x), { inputs });
    const dims = [1, small.heads, 2, small.headDim];
    const data = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
    const feeds = Object.fromEntries(inputs.map(({ name }) => [name, { dims, data }]));
    const [model, run] = await inspect(path, { input_ids: ids, ...feeds });
    assert.deepEqual(
      model.card.sites.map(({ kind, layer }) => [kind, layer]),
      [
        ['self', 0],
        ['self', 1],
      ],
    );
    assert.deepEqual(run.sites[0]?.weights?.dims, [1, small.heads, 6, 8]);
    assert.equal(run.hiddenStates.encoder?.length, 3);
  });

  it('ends before a factor between the last normalisation and the head, as in T5 (8)', async () => {
    const graph = new GraphBuilder();
    const hidden = graph.embed();
    const residual = graph.op('Add', [hidden, graph.attend(graph.project(hidden))]);
    const normed = graph.op('LayerNormalization', [residual, ...parameters(graph)]);
    const scaled = graph.op('Mul', [normed, graph.scalar(0.25)]);
    const [, run] = await inspect(save(graph, graph.head(scaled)));
    const [, last] = run.hiddenStates.encoder ?? [];
    assert.ok(last && run.lastResidual.encoder && run.logits);
    // Rows of a normalised state have this mean and variance before their factors and shifts.
    const gamma = valuesOf(graph, 'LayerNormalization', 1);
    const beta = valuesOf(graph, 'LayerNormalization', 2);
    const expected = normalised(run.lastResidual.encoder, gamma, beta);
    assert.ok(worstError(last, expected) < 1e-5);
  });

  for (const operator of ['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization']) {
    it(`goes through ${operator}, the last of which gives out no sum (9)`, async () => {
      const isSimple = operator.includes('Simplified');
      const build = (isFused: boolean) => {
        const graph = new GraphBuilder();
        const norm = (x: string, gamma: string, beta: string) =>
          isSimple
            ? graph.op('SimplifiedLayerNormalization', [x, gamma], {
                attributes: { axis: -1, epsilon: { float: 1e-5 } },
              })
            : graph.op('LayerNormalization', [x, gamma, beta]);
        let stream = graph.embed();
        let normed = norm(stream, ...parameters(graph));
        for (const layer of [0, 1]) {
          const output = graph.attend(graph.project(normed));
          const [gamma, beta] = parameters(graph);
          const bias = graph.weight(width);
          if (isFused) {
            const rest = isSimple ? [gamma, bias] : [gamma, beta, bias];
            const inputs = [stream, output, ...rest];
            ({ normed, sum: stream } = skipNormalization(graph, operator, inputs, layer === 0));
          } else {
            stream = graph.op('Add', [stream, graph.op('Add', [output, bias])]);
            normed = norm(stream, gamma, beta);
          }
        }
        return inspect(save(graph, graph.head(normed)));
      };
      const [, plain] = await build(false);
      const [, fused] = await build(true);
      assertSameStream(fused, plain);
    });
  }

  it('begins at the sum of embeddings where a fused operator gives it out (9)', async () => {
    const build = (isFused: boolean) => {
      const graph = new GraphBuilder();
      const tables = [graph.weight(vocabulary, width), graph.weight(64, width)] as const;
      const norm = parameters(graph);
      const plain = () => {
        const length = graph.op('Slice', [
          graph.op('Shape', ['input_ids']),
          graph.ints(1),
          graph.ints(2),
        ]);
        const rows = graph.op('Slice', [tables[1], graph.ints(0), length, graph.ints(0)]);
        const sum = graph.op('Add', [graph.op('Gather', [tables[0], 'input_ids']), rows]);
        return [graph.op('LayerNormalization', [sum, ...norm]), '', sum];
      };
      // The operator takes 32 bits only.
      const fused = () => {
        const narrow = graph.op('Cast', ['input_ids'], { attributes: { to: ElementType.int32 } });
        return graph.ops(
          'EmbedLayerNormalization',
          [narrow, '', tables[0], tables[1], '', ...norm],
          3,
          { domain: 'com.microsoft', attributes: { epsilon: { float: 1e-5 } } },
        );
      };
      const [normed = '', , sum = ''] = isFused ? fused() : plain();
      // Weights come in the same order in both graphs.
      const residual = graph.op('Add', [sum, graph.attend(graph.project(normed))]);
      return inspect(save(graph, graph.head(residual)));
    };
    const [, plain] = await build(false);
    const [, fused] = await build(true);
    assertSameStream(fused, plain);
  });

  it('passes layers that share their weights one by one (11)', async () => {
    const graph = new GraphBuilder();
    const weights = Array.from({ length: 4 }, () => graph.weight(width, width));
    let x = graph.embed();
    for (let layer = 0; layer < 3; layer++) {
      const [query = '', key = '', value = ''] = weights
        .slice(0, 3)
        .map(weight => graph.split(graph.op('MatMul', [x, weight])));
      const context = graph.merge(plainAttention(graph, { query, key, value }));
      x = graph.op('Add', [x, graph.op('MatMul', [context, weights[3] ?? ''])]);
    }
    const [model, run] = await inspect(save(graph, graph.head(x)));
    assert.deepEqual(
      model.card.sites.map(({ layer }) => layer),
      [0, 1, 2],
    );
    const [first, second] = run.sites;
    assert.ok(first?.weights && second?.weights);
    assert.ok(worstError(second.weights, first.weights) > 1e-3);
    assert.equal(run.hiddenStates.encoder?.length, 4);
  });

  it('is wider or narrower than its heads together (11)', async () => {
    const graph = new GraphBuilder();
    const hidden = graph.embed();
    const project = () => graph.split(graph.op('MatMul', [hidden, graph.weight(width, 2 * 7)]), 2);
    const heads = { query: project(), key: project(), value: project() };
    const context = graph.merge(plainAttention(graph, heads));
    const output = graph.op('MatMul', [context, graph.weight(14, width)]);
    const [model] = await inspect(save(graph, graph.head(graph.op('Add', [hidden, output]))));
    const [site] = model.card.sites;
    assert.equal(site?.heads, 2);
    assert.equal(site.headDim, 7);
    assert.equal(model.card.modelDim, width);
  });

  it('of encoder and decoder are told apart, however their nodes are mixed (12)', async () => {
    const graph = new GraphBuilder();
    const add = (stream: string, heads: Heads) => graph.op('Add', [stream, graph.attend(heads)]);
    // The decoder's first attention needs no encoder, so that exporters may write it before.
    let decoder = graph.embed('decoder_input_ids');
    decoder = add(decoder, graph.project(decoder, decoder, 2));
    let encoder = graph.embed();
    for (let layer = 0; layer < 2; layer++) encoder = add(encoder, graph.project(encoder));
    decoder = add(decoder, graph.project(decoder, encoder, 2));
    decoder = add(decoder, graph.project(decoder, decoder, 2));
    decoder = add(decoder, graph.project(decoder, encoder, 2));
    const path = save(graph, graph.head(decoder), {
      inputs: [input('decoder_input_ids', ElementType.int64, 'batch', 'decoder_tokens')],
    });
    const other = { dims: [1, 4], data: BigInt64Array.of(5n, 1n, 9n, 6n) };
    const [model, run] = await inspect(path, { input_ids: ids, decoder_input_ids: other });
    assert.deepEqual(
      model.card.sites.map(({ stack, layer, kind, heads }) => `${stack} ${layer} ${kind} ${heads}`),
      [
        'encoder 0 self 3',
        'encoder 1 self 3',
        'decoder 0 self 2',
        'decoder 0 cross 2',
        'decoder 1 self 2',
        'decoder 1 cross 2',
      ],
    );
    assert.deepEqual(run.sites[3]?.weights?.dims, [1, 2, 4, 6]);
    assert.equal(run.hiddenStates.encoder?.length, 3);
    assert.deepEqual(run.hiddenStates.decoder?.[0]?.dims, [1, 4, width]);
  });
});

/** The stored values of an input of the only node of its kind. */
function valuesOf(graph: GraphBuilder, operator: string, i: number): Float32Array {
  const node = graph.nodes.find(other => other.operator === operator);
  const data = graph.initializers.get(node?.inputs[i] ?? '')?.data;
  assert.ok(data?.kind === 'inline');
  return new Float32Array(data.bytes.slice().buffer);
}

function normalised({ dims, data }: Tensor, gamma: Float32Array, beta: Float32Array): Tensor {
  const out = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += gamma.length) {
    const row = data.subarray(start, start + gamma.length);
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
    for (const [i, value] of row.entries()) {
      out[start + i] =
        ((value - mean) / Math.sqrt(variance + 1e-5)) * (gamma[i] ?? 0) + (beta[i] ?? 0);
    }
  }
  return { dims, data: out };
}
