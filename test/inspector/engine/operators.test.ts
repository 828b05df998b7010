import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InspectorError } from '../../../src/protocol/errors';
import { type ModelRun, Edge } from '../../../src/inspector/model/run';
import { openModel } from '../../../src/inspector/model/openModel';
import { ElementType, type ValueInfo } from '../../../src/inspector/onnx/file/types';
import { makeNode } from '../../../src/inspector/onnx/file/writeModel';
import { fixture, worstError } from './support/cases';
import {
  GraphBuilder,
  graphAttribute,
  localFunction,
  modelOf,
  modelWith,
  plainAttention,
  scaledScores,
  small,
  type Heads,
} from './support/graphs';
import { everything, ids, inspect } from './support/inspect';

const { heads: headCount, headDim, width } = small;
const microsoft = 'com.microsoft';

/** The named node at the end of a graph, whose only result is returned. */
function named(
  graph: GraphBuilder,
  name: string,
  operator: string,
  inputs: readonly string[],
  options: Parameters<typeof makeNode>[3],
): string {
  const node = makeNode(operator, inputs, [`${name}_output`], options);
  graph.nodes.push({ ...node, name });
  return `${name}_output`;
}

describe('fused operators (15)', () => {
  let expected: ModelRun;
  before(async () => {
    [, expected] = await inspect(modelWith((graph, heads) => plainAttention(graph, heads)));
  });
  const spelled: Record<string, [opset: number, Parameters<typeof modelWith>[0]]> = {
    'MultiHeadAttention, whose scores have no type of their own': [
      17,
      (graph, { query, key, value }) => {
        const merged = [query, key, value].map(tensor => graph.merge(tensor));
        const attributes = { num_heads: headCount, scale: { float: 0.5 } };
        const options = { domain: microsoft, attributes };
        return graph.split(graph.op('MultiHeadAttention', merged, options));
      },
    ],
    'Attention without a softmax': [
      23,
      (graph, { query, key, value }) =>
        graph.op('Attention', [query, key, value], { attributes: { scale: { float: 0.5 } } }),
    ],
    'Attention on packed heads': [
      23,
      (graph, { query, key, value }) => {
        const merged = [query, key, value].map(tensor => graph.merge(tensor));
        const attributes = {
          q_num_heads: headCount,
          kv_num_heads: headCount,
          scale: { float: 0.5 },
        };
        return graph.split(graph.op('Attention', merged, { attributes }));
      },
    ],
  };
  for (const [name, [opset, attention]] of Object.entries(spelled)) {
    it(name, async () => {
      const [model, run] = await inspect(modelWith(attention, { opset }));
      assert.equal(model.card.sites.length, 1);
      for (const quantity of ['weights', 'maskedScores', 'query', 'key', 'value'] as const) {
        const other = expected.sites[0]?.[quantity];
        assert.ok(other && worstError(run.sites[0]?.[quantity], other) < 1e-5, quantity);
      }
    });
  }
});

describe('what cannot be shown is refused by operator and node', () => {
  const refused: Record<string, readonly [Parameters<typeof modelWith>[0], RegExp]> = {
    'query, key and value packed for MultiHeadAttention': [
      (graph, _, hidden) => {
        const packed = graph.op('MatMul', [hidden, graph.weight(width, 3 * width)]);
        const parted = graph.op('Reshape', [packed, graph.ints(0, 0, headCount, 3, headDim)]);
        const attributes = { num_heads: headCount };
        const options = { domain: microsoft, attributes };
        return graph.split(named(graph, 'packed', 'MultiHeadAttention', [parted], options));
      },
      /com.microsoft.MultiHeadAttention “packed”.* packed into one tensor/,
    ],
    ...Object.fromEntries(
      ['SparseAttention', 'PagedAttention', 'DecoderMaskedMultiHeadAttention'].map(operator => [
        `the operator ${operator}`,
        [
          (graph: GraphBuilder, { query, key, value }: Heads) => {
            const merged = [query, key, value].map(tensor => graph.merge(tensor));
            const options = { domain: microsoft, attributes: { num_heads: headCount } };
            return graph.split(named(graph, 'other', operator, merged, options));
          },
          new RegExp(
            `com.microsoft.${operator} “other”.* the operator ${operator} cannot be taken apart`,
          ),
        ] as const,
      ]),
    ),
  };
  for (const [name, [attention, reason]] of Object.entries(refused)) {
    it(`${name}, alone`, () =>
      assert.rejects(openModel(modelWith(attention, { shape: [1, 6] })), isUnsupported(reason)));

    // The runtime has no implementation of these, or other inputs.
    if (name.endsWith('Attention')) continue;
    it(`${name}, beside attention that can be shown`, async () => {
      const path = modelOf([plainAttention, attention], { shape: [1, 6] });
      const model = await openModel(path, { threads: 1 });
      const { sites } = await model.run({ input_ids: ids }, everything);
      await model.dispose();
      assert.equal(sites.length, 1);
      assert.match(model.card.notes.join('\n'), reason);
    });
  }

  const enclosed: Record<string, [Parameters<typeof modelWith>[0], RegExp]> = {
    'attention in a Loop': [
      (graph, { query, key, value }) => {
        const body = new GraphBuilder('body/');
        const context = plainAttention(body, { query: 'body/x', key, value });
        const yes = body.op('Identity', ['body/condition']);
        const inputs = [
          info('body/i', ElementType.int64, []),
          info('body/condition', ElementType.bool, []),
          info('body/x', ElementType.float),
        ];
        const outputs = [info(yes, ElementType.bool), info(context, ElementType.float)];
        const copied = [graphAttribute('body', body, inputs, outputs)];
        return named(graph, 'looping', 'Loop', [graph.int(2), '', query], { copied });
      },
      /Loop “looping” .* softmax in a subgraph/,
    ],
    'attention in a Scan': [
      (graph, { query, key, value }) => {
        const body = new GraphBuilder('body/');
        const context = plainAttention(body, { query: 'body/x', key, value });
        const inputs = [info('body/x', ElementType.float)];
        const outputs = [info(context, ElementType.float)];
        const copied = [graphAttribute('body', body, inputs, outputs)];
        const steps = graph.op('Unsqueeze', [query, graph.ints(0)]);
        const attributes = { num_scan_inputs: 1 };
        const scanned = named(graph, 'scanning', 'Scan', [steps], { copied, attributes });
        return graph.op('Squeeze', [scanned, graph.ints(0)]);
      },
      /Scan “scanning” .* softmax in a subgraph/,
    ],
  };
  for (const [name, [attention, reason]] of Object.entries(enclosed)) {
    it(`${name}, alone`, () =>
      assert.rejects(openModel(modelWith(attention, { shape: [1, 6] })), isUnsupported(reason)));

    it(`${name}, beside attention that can be shown`, async () => {
      const path = modelOf([plainAttention, attention], { shape: [1, 6] });
      const model = await openModel(path, { threads: 1 });
      await model.dispose();
      const shown = model.card.sites.filter(({ check }) => check.result !== 'refused');
      assert.deepEqual(
        shown.map(({ layer }) => layer),
        [0],
      );
      assert.match(model.card.notes.join('\n'), reason);
    });
  }
});

describe('attention in a function of the model', () => {
  const body = new GraphBuilder();
  const scores = body.op('MatMul', ['q', 'k']);
  const result = body.op('MatMul', [body.op('Softmax', [scores]), 'v']);
  const inner = localFunction('Inner', body, ['q', 'k', 'v'], result);
  const wrapper = new GraphBuilder();
  const wrapped = wrapper.op('Inner', ['a', 'b', 'c'], { domain: 'local' });
  const outer = localFunction('Outer', wrapper, ['a', 'b', 'c'], wrapped);
  const options = { shape: [1, 6], functions: [outer, inner] };
  const call = (graph: GraphBuilder, { query, key, value }: Heads) => {
    const turned = graph.op('Transpose', [key], { attributes: { perm: [0, 1, 3, 2] } });
    return named(graph, 'calling', 'Outer', [query, turned, value], { domain: 'local' });
  };
  const reason = /local.Outer “calling” .* function of the model that computes a softmax/;

  it('is refused by the node that calls it', () =>
    assert.rejects(openModel(modelWith(call, options)), isUnsupported(reason)));
  it('is noted beside attention that can be shown', async () => {
    const model = await openModel(modelOf([plainAttention, call], options), { threads: 1 });
    await model.dispose();
    assert.equal(model.card.outputCheck.result, 'exact');
    assert.match(model.card.notes.join('\n'), reason);
  });
});

function info(name: string, elementType: number, dims?: []): ValueInfo {
  return { name, elementType, ...(dims ? { dims } : {}) };
}

function isUnsupported(reason: RegExp): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof InspectorError, String(error));
    assert.equal(error.code, 'model-unsupported', error.message);
    assert.match(error.message, reason);
    assert.match(error.message, /^[A-Z].*\.$/);
    return true;
  };
}

describe('what the graph computes is shown, not what the model was meant to', () => {
  it('no soft-cap where the export lost it (17)', async () => {
    const path = modelWith((graph, heads) => plainAttention(graph, heads));
    const config = { architectures: ['Gemma2ForCausalLM'], attn_logit_softcapping: 50 };
    writeFileSync(join(dirname(path), 'config.json'), JSON.stringify(config));
    const [model, run] = await inspect(path);
    assert.equal(model.card.sites[0]?.softCap, undefined);
    assert.match(model.card.notes.join(), /tells of a soft-cap of 50 .* does not apply/);
    assert.deepEqual(run.sites[0]?.maskedScores, run.sites[0]?.scores);
  });

  it('a soft-cap of the graph needs no note (17)', async () => {
    const model = await openModel(fixture('gemma2__legacy_eager_op17'), { threads: 1 });
    await model.dispose();
    assert.ok(model.card.sites.every(({ softCap }) => softCap !== undefined));
    assert.doesNotMatch(model.card.notes.join(), /soft-cap/);
  });

  for (const blocked of [-Infinity, -3.4028234663852886e38, -1e4]) {
    it(`a causal mask and padding of ${blocked} (19)`, async () => {
      const path = modelWith(
        (graph, heads) => {
          const scores = scaledScores(graph, heads);
          const shape = graph.op('Shape', [scores]);
          const square = graph.op('Slice', [shape, graph.ints(2), graph.ints(4)]);
          const all = graph.op('Expand', [graph.scalar(blocked), square]);
          const future = graph.op('Trilu', [all, graph.int(1)], { attributes: { upper: 1 } });
          const isPadding = graph.op('Unsqueeze', [
            graph.op('Equal', ['attention_mask', graph.int(0)]),
            graph.ints(1, 2),
          ]);
          const padded = graph.op('Where', [isPadding, graph.scalar(blocked), future]);
          const weights = graph.op('Softmax', [graph.op('Add', [scores, padded])], {
            attributes: { axis: -1 },
          });
          return graph.op('MatMul', [weights, heads.value]);
        },
        {
          inputs: [
            { name: 'attention_mask', elementType: ElementType.int64, dims: ['batch', 'tokens'] },
          ],
        },
      );
      const mask = { dims: [1, 6], data: BigInt64Array.of(1n, 1n, 1n, 1n, 0n, 0n) };
      const feeds = { input_ids: ids, attention_mask: mask };
      const [{ card }, run] = await inspect(path, feeds);
      assert.deepEqual(card.sites[0]?.mask, { kind: 'causal' });
      assert.deepEqual(card.sites[0].positional, { kind: 'none' });
      const { weights } = run.sites[0] ?? {};
      assert.ok(weights);
      for (let row = 0; row < weights.data.length / 6; row++) {
        assert.deepEqual([...weights.data.slice(row * 6 + 4, row * 6 + 6)], [0, 0]);
      }

      // An edge that the mask blocks can be allowed, whatever number blocks it.
      const model = await openModel(path, { threads: 1 });
      const edges = new Uint8Array(36).fill(Edge.keep);
      edges[1 * 6 + 3] = Edge.allow;
      const change = { site: 0, mask: { edges, dims: [1, 6, 6] } } as const;
      const [site] = (await model.run(feeds, everything, [change])).sites;
      await model.dispose();
      assert.ok(site?.scores && site.maskedScores && site.weights);
      assert.equal(site.maskedScores.data[1 * 6 + 3], site.scores.data[1 * 6 + 3]);
      assert.ok((site.weights.data[1 * 6 + 3] ?? 0) > 0);
    });
  }
});

describe('Attention with keys and values of earlier runs', () => {
  /** The operator, with a past of one tensor. */
  const path = () =>
    modelWith(
      (graph, _, hidden) => {
        const attributes = { num_heads: headCount, unidirectional: 1 };
        const weights = graph.weight(width, 3 * width);
        const inputs = [hidden, weights, graph.weight(3 * width), '', 'past_0'];
        const [output = ''] = graph.ops('Attention', inputs, 2, { domain: microsoft, attributes });
        return graph.split(output);
      },
      {
        inputs: [
          {
            name: 'past_0',
            elementType: ElementType.float,
            dims: [2, 'batch', headCount, 'past', headDim],
          },
        ],
      },
    );

  it('is taken apart where there were none', async () => {
    const [model, run] = await inspect(path());
    assert.deepEqual(model.card.sites[0]?.mask, { kind: 'causal' });
    assert.deepEqual(run.sites[0]?.weights?.dims, [1, headCount, 6, 6]);
  });

  it('and where there were some', async () => {
    const model = await openModel(path(), { threads: 1 });
    const dims = [2, 1, headCount, 3, headDim];
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(i));
    const run = await model.run({ input_ids: ids, past_0: { dims, data } }, everything);
    await model.dispose();
    const [site] = run.sites;
    assert.deepEqual(site?.weights?.dims, [1, headCount, 6, 9]);
    assert.deepEqual([...(site.key?.data.subarray(0, 3) ?? [])], [...data.subarray(0, 3)]);
    assert.deepEqual(run.refused, new Map());
  });
});
