import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type ModelRun, Edge } from '../../../src/inspector/model/run';
import { openModel } from '../../../src/inspector/model/openModel';
import { plainSkeleton } from '../../../src/inspector/onnx/rewrite/instrument';
import { hoistBranch } from '../../../src/inspector/onnx/find/hoistBranch';
import { readModel } from '../../../src/inspector/onnx/file/readModel';
import { ElementType, type Model } from '../../../src/inspector/onnx/file/types';
import { dotProducts } from '../../../src/inspector/runtime/dotProducts';
import { fixture, readCase, worstError } from './support/cases';
import { everything, ids, inspect } from './support/inspect';
import {
  modelOf,
  modelWith,
  plainAttention,
  scaledScores,
  small,
  type GraphBuilder,
  type Heads,
} from './support/graphs';

/** The attention that the graphs below spell in different ways gives this. */
async function assertSame(path: string, expected: ModelRun, scale: number): Promise<ModelRun> {
  const [model, run] = await inspect(path);
  const [site] = run.sites;
  const [other] = expected.sites;
  assert.ok(site?.weights && site.query && site.key && site.value && other?.weights);
  assert.ok(Math.abs(site.site.scale - scale) < 1e-6, `scale ${site.site.scale}`);
  assert.ok(worstError(site.weights, other.weights) < 1e-5, 'weights');
  assert.ok(other.query && worstError(site.query, other.query) < 1e-5, 'query');
  assert.ok(other.key && worstError(site.key, other.key) < 1e-5, 'key');
  assert.ok(other.value && worstError(site.value, other.value) < 1e-5, 'value');
  assert.equal(model.card.sites.length, 1);
  return run;
}

describe('spellings of attention', () => {
  let expected: ModelRun;
  before(async () => {
    [, expected] = await inspect(modelWith((graph, heads) => plainAttention(graph, heads)));
  });
  const turned = (graph: GraphBuilder, tensor: string) =>
    graph.op('Transpose', [tensor], { attributes: { perm: [0, 1, 3, 2] } });
  const softmax = (graph: GraphBuilder, scores: string) =>
    graph.op('Softmax', [scores], { attributes: { axis: -1 } });
  const spelled: Record<string, (graph: GraphBuilder, heads: Heads, hidden: string) => string> = {
    'a guard, a cast and a dropout after the softmax (1)': (graph, heads) => {
      const weights = softmax(graph, scaledScores(graph, heads));
      const isNaN = graph.op('IsNaN', [weights]);
      const guarded = graph.op('Where', [isNaN, graph.scalar(0), weights]);
      const cast = graph.op('Cast', [guarded], { attributes: { to: ElementType.float } });
      return graph.op('MatMul', [graph.op('Dropout', [cast]), heads.value]);
    },
    'weights reshaped to three dimensions (1)': (graph, heads) => {
      const merged = (tensor: string) =>
        graph.op('Reshape', [tensor, graph.ints(-1, 6, small.headDim)]);
      const weights = softmax(graph, scaledScores(graph, heads));
      const flat = graph.op('Reshape', [weights, graph.ints(-1, 6, 6)]);
      const context = graph.op('MatMul', [flat, merged(heads.value)]);
      return graph.op('Reshape', [context, graph.ints(-1, small.heads, 6, small.headDim)]);
    },
    'a query scaled before the product (2)': (graph, { query, key, value }) => {
      const scaled = graph.op('Div', [query, graph.scalar(2)]);
      const scores = graph.op('MatMul', [scaled, turned(graph, key)]);
      return graph.op('MatMul', [softmax(graph, scores), value]);
    },
    'query and key both scaled by a root computed at run time (2)': (
      graph,
      { query, key, value },
    ) => {
      // √(1 / headDim) = 0.5: the fourth root for each of the two.
      const shape = graph.op('Shape', [query]);
      const headDim = graph.op('Gather', [shape, graph.ints(3)]);
      const number = graph.op('Cast', [headDim], { attributes: { to: ElementType.float } });
      const root = graph.op('Sqrt', [graph.op('Sqrt', [number])]);
      const scores = graph.op('MatMul', [
        graph.op('Div', [query, root]),
        graph.op('Div', [turned(graph, key), root]),
      ]);
      return graph.op('MatMul', [softmax(graph, scores), value]);
    },
    'a root through CastLike, whose second input is no data (2)': (
      graph,
      { query, key, value },
    ) => {
      const four = graph.op('CastLike', [graph.floats([4], [1]), query]);
      const scores = graph.op('MatMul', [query, turned(graph, key)]);
      const scaled = graph.op('Div', [scores, graph.op('Sqrt', [four])]);
      return graph.op('MatMul', [softmax(graph, scaled), value]);
    },
    'a fused product that transposes and scales (2, 3)': (graph, { query, key, value }) => {
      const scores = graph.op('FusedMatMul', [query, key], {
        domain: 'com.microsoft',
        attributes: { transB: 1, alpha: { float: 0.5 } },
      });
      return graph.op('MatMul', [softmax(graph, scores), value]);
    },
    'einsum with its own order of letters (3)': (graph, { query, key, value }) => {
      const sequence = (tensor: string) =>
        graph.op('Transpose', [tensor], { attributes: { perm: [0, 2, 1, 3] } });
      const scores = graph.op('Einsum', [sequence(key), sequence(query)], {
        attributes: { equation: 'bkhd,bqhd->bhqk' },
      });
      const weights = softmax(graph, graph.op('Mul', [scores, graph.scalar(0.5)]));
      const context = graph.op('Einsum', [weights, sequence(value)], {
        attributes: { equation: 'bhqk,bkhd->bqhd' },
      });
      return graph.op('Transpose', [context], { attributes: { perm: [0, 2, 1, 3] } });
    },
    'a softmax spelled out, shifted by its maximum': (graph, heads) => {
      const scores = scaledScores(graph, heads);
      const maximum = graph.op('ReduceMax', [scores], { attributes: { axes: [-1], keepdims: 1 } });
      const exponential = graph.op('Exp', [graph.op('Sub', [scores, maximum])]);
      const sum = graph.op('ReduceSum', [exponential, graph.ints(-1)], {
        attributes: { keepdims: 1 },
      });
      return graph.op('MatMul', [graph.op('Div', [exponential, sum]), heads.value]);
    },
    'the exponential of a log-softmax': (graph, heads) => {
      const logs = graph.op('LogSoftmax', [scaledScores(graph, heads)], {
        attributes: { axis: -1 },
      });
      return graph.op('MatMul', [graph.op('Exp', [logs]), heads.value]);
    },
    'products seen from the other side': (graph, heads) => {
      const weights = softmax(graph, scaledScores(graph, heads));
      const context = graph.op('MatMul', [turned(graph, heads.value), turned(graph, weights)]);
      return turned(graph, context);
    },
  };
  for (const [name, attention] of Object.entries(spelled)) {
    it(name, async () => {
      const run = await assertSame(modelWith(attention, { shape: [1, 6] }), expected, 0.5);
      assert.ok(expected.logits && worstError(run.logits, expected.logits) < 1e-5);
    });
  }

  it('of an old operator set, whose appended nodes must be of it too (16)', async () => {
    const path = modelWith((graph, heads) => plainAttention(graph, heads), { opset: 12 });
    await assertSame(path, expected, 0.5);
  });

  it('terms in the scores that depend on the text, as in DeBERTa (4)', async () => {
    const path = modelWith(
      (graph, heads) => {
        const positions = graph.op('MatMul', [heads.query, graph.weight(small.headDim, 6)]);
        const indices = graph.op('Expand', [
          graph.ints(0, 1, 2, 3, 4, 5),
          graph.op('Shape', [positions]),
        ]);
        const gathered = graph.op('GatherElements', [positions, indices], {
          attributes: { axis: -1 },
        });
        const scores = graph.op('Add', [scaledScores(graph, heads), gathered]);
        return graph.op('MatMul', [softmax(graph, scores), heads.value]);
      },
      { shape: [1, 6] },
    );
    const [model, run] = await inspect(path, { input_ids: ids });
    assert.deepEqual(model.card.sites[0]?.positional, { kind: 'relativeBias' });
    const [site] = run.sites;
    assert.ok(site?.query && site.key && site.scores);
    const scores = Float32Array.from(dotProducts(site.query, site.key, 0.5));
    assert.ok(worstError(site.scores, { dims: [], data: scores }) < 1e-5);
  });

  it('a soft-cap, whose division is no part of the scale', async () => {
    const path = modelWith((graph, heads) => {
      const divided = graph.op('Div', [scaledScores(graph, heads), graph.scalar(3)]);
      const capped = graph.op('Mul', [graph.op('Tanh', [divided]), graph.scalar(3)]);
      return graph.op('MatMul', [softmax(graph, capped), heads.value]);
    });
    const [model] = await inspect(path);
    assert.equal(model.card.sites[0]?.softCap, 3);
    assert.equal(model.card.sites[0].scale, 0.5);
  });

  it('a query that is quantised on the way, in a model with two sources (7)', async () => {
    const path = modelWith((graph, heads, hidden) => {
      const [codes = '', scale = '', zero = ''] = graph.ops('DynamicQuantizeLinear', [hidden], 3);
      const back = graph.op('DequantizeLinear', [codes, scale, zero]);
      const key = graph.split(graph.op('MatMul', [back, graph.weight(small.width, small.width)]));
      return plainAttention(graph, { ...heads, key });
    });
    const [model] = await inspect(path);
    assert.equal(model.card.sites[0]?.kind, 'self');
  });

  it('products between quantised and dequantised tensors', async () => {
    const path = modelWith((graph, heads) => {
      const rounded = (tensor: string, step: number) => {
        const parameters = [graph.scalar(step), graph.byte(128)];
        return graph.op('DequantizeLinear', [
          graph.op('QuantizeLinear', [tensor, ...parameters]),
          ...parameters,
        ]);
      };
      const product = graph.op('MatMul', [
        rounded(heads.query, 0.02),
        turned(graph, rounded(heads.key, 0.02)),
      ]);
      const scores = graph.op('Mul', [rounded(product, 0.03), graph.scalar(0.5)]);
      const weights = rounded(softmax(graph, rounded(scores, 0.02)), 1 / 255);
      return graph.op('MatMul', [weights, rounded(heads.value, 0.02)]);
    });
    const model = await openModel(path, { threads: 1 });
    const [site] = model.card.sites;
    assert.equal(site?.scale, 0.5);
    // The weights of this model are float32, so that what its products lose counts as a difference.
    assert.notEqual(site.check.result, 'exact');
    await model.dispose();
  });

  it('projections with weights of four bits', async () => {
    const path = modelWith((graph, heads, hidden) => {
      const codes = Array.from({ length: small.width * 8 }, (_, i) => (i * 37) % 256);
      const projected = graph.op(
        'MatMulNBits',
        [
          hidden,
          graph.bytes(codes, [small.width, 1, 8]),
          graph.floats(new Float32Array(small.width).fill(0.05)),
        ],
        {
          domain: 'com.microsoft',
          attributes: { K: small.width, N: small.width, bits: 4, block_size: 16 },
        },
      );
      return plainAttention(graph, { ...heads, query: graph.split(projected) });
    });
    const [model] = await inspect(path);
    assert.equal(model.card.sites[0]?.kind, 'self');
    assert.equal(model.card.sites[0].positional.kind, 'none');
  });

  for (const window of [20, 100]) {
    it(`a window of ${window} tokens, which a probe of 53 may not show`, async () => {
      const path = modelWith((graph, heads) => {
        const scores = scaledScores(graph, heads);
        const shape = graph.op('Shape', [scores]);
        const square = graph.op('Slice', [shape, graph.ints(2), graph.ints(4)]);
        const lowest = graph.op('Expand', [graph.scalar(-1e4), square]);
        const later = graph.op('Trilu', [lowest, graph.int(1)], { attributes: { upper: 1 } });
        const earlier = graph.op('Trilu', [lowest, graph.int(-window)], {
          attributes: { upper: 0 },
        });
        const masked = graph.op('Add', [scores, graph.op('Add', [later, earlier])]);
        return graph.op('MatMul', [softmax(graph, masked), heads.value]);
      });
      const [model] = await inspect(path);
      const [site] = model.card.sites;
      if (window < 48) {
        assert.deepEqual(site?.mask, { kind: 'window', before: window - 1, after: 0 });
        assert.equal(site.maskSeenUpTo, undefined);
      } else {
        assert.deepEqual(site?.mask, { kind: 'causal' });
        assert.equal(site.maskSeenUpTo, 52);
        assert.match(model.card.notes.join(), /up to 52 apart/);
      }
    });
  }

  it('keys that one head shares with all queries, by broadcasting (10)', async () => {
    const path = modelWith((graph, { query, value }, hidden) => {
      const key = graph.split(
        graph.op('MatMul', [hidden, graph.weight(small.width, small.headDim)]),
        1,
      );
      return plainAttention(graph, { query, key, value });
    });
    const model = await openModel(path, { threads: 1 });
    // Values have heads of their own here, so that each counts for itself.
    assert.equal(model.card.sites[0]?.check.result, 'exact');
    assert.equal(model.card.sites[0].keyHeads, 1);
    await model.dispose();
  });

  it('a row that the mask leaves nothing, in which implementations differ (18)', async () => {
    const path = modelWith(
      (graph, heads) => {
        const values = new Float32Array(36).map((_, i) => (i < 6 ? -Infinity : 0));
        const scores = graph.op('Add', [
          scaledScores(graph, heads),
          graph.floats(values, [1, 1, 6, 6]),
        ]);
        const weights = softmax(graph, scores);
        const guarded = graph.op('Where', [graph.op('IsNaN', [weights]), graph.scalar(0), weights]);
        return graph.op('MatMul', [guarded, heads.value]);
      },
      { shape: [1, 6] },
    );
    const [, run] = await inspect(path);
    assert.deepEqual(run.sites[0]?.weights?.data.slice(0, 6), new Float32Array(6));
  });
});

describe('exported models hold the pitfalls that they are there for', () => {
  const has = (name: string, test: (model: Model) => boolean) => {
    assert.ok(test(readModel(join(fixture(name), 'model.onnx'))), `${name} no longer holds it`);
  };
  const uses = (operator: string) => (model: Model) =>
    model.graph.nodes.some(node => node.operator === operator);
  const cases: readonly (readonly [string, string, (model: Model) => boolean])[] = [
    ['a guard after the softmax (1)', 'distilbert__legacy_sdpa_op17', uses('IsNaN')],
    ['CastLike (2)', 'bert__unoptimized_dynamo_sdpa_op18', uses('CastLike')],
    ['a fused product (2)', 'bert__ortExtended_legacy_eager_op17', uses('FusedMatMul')],
    [
      'a second output that is a mask (5)',
      'bert__fusedMultiHeadAttention_handbuilt_op17',
      uses('EmbedLayerNormalization'),
    ],
    [
      'keys and values of the past as inputs (6)',
      'gpt2__past_legacy_sdpa_op17',
      model => model.graph.inputs.length > 2,
    ],
    [
      'scales that depend on the activation (7)',
      'bert__int8dyn_legacy_eager_op14',
      uses('DynamicQuantizeLinear'),
    ],
    [
      'a normalisation that adds, without giving out the sum (9)',
      'bert__fusedMultiHeadAttention_handbuilt_op17',
      uses('SkipLayerNormalization'),
    ],
    ['repeated key heads (10)', 'llama__legacy_eager_op14', uses('Expand')],
    [
      'attention inside an If (13)',
      'gpt2__merged_legacy_eager_op17',
      model => !uses('Softmax')(model),
    ],
    ['rotations for one row only (14)', 'llama__dynamo_sdpa_op23', uses('RotaryEmbedding')],
    ['an Attention node (15)', 'bert__dynamo_sdpa_op23', uses('Attention')],
    [
      'a GroupQueryAttention node (15)',
      'llama__groupQueryAttention_handbuilt_op17',
      uses('GroupQueryAttention'),
    ],
  ];
  for (const [name, folder, test] of cases) it(name, () => has(folder, test));
});

describe('the rest of what breaks naive readers', () => {
  it('leaves an If alone that has nothing to do with attention (13)', () => {
    const model = readModel(join(fixture('gpt2__merged_legacy_eager_op17'), 'model.onnx'));
    assert.ok(hoistBranch(model).graph.nodes.length > model.graph.nodes.length);
    const other = readModel(join(fixture('bert__legacy_eager_op14'), 'model.onnx'));
    assert.equal(hoistBranch(other), other);
  });

  it('runs a graph that takes one row for two rows (14)', async () => {
    const { feeds } = readCase(fixture('llama__dynamo_sdpa_op23'));
    const model = await openModel(fixture('llama__dynamo_sdpa_op23'), { threads: 1 });
    const { dims, data } = feeds.input_ids ?? ids;
    const two = {
      dims: [2, dims[1] ?? 0],
      data: BigInt64Array.from([...data, ...data].map(BigInt)),
    };
    const once = await model.run({ input_ids: { dims, data } }, everything);
    const twice = await model.run({ input_ids: two }, everything);
    const size = once.logits?.data.length ?? 0;
    assert.deepEqual(twice.logits?.data.slice(size), once.logits?.data);
    assert.deepEqual(twice.sites[1]?.weights?.dims, [
      2,
      ...(once.sites[1]?.weights?.dims.slice(1) ?? []),
    ]);
    await model.dispose();
  });

  it('refuses a fused operator that cannot be taken apart, and shows the rest', async () => {
    const fused = (graph: GraphBuilder, _: Heads, hidden: string) => {
      const { width } = small;
      const halves = [graph.weight(width, 3 * width), graph.weight(width, 3 * width)];
      const bias = graph.weight(3 * width);
      const output = graph.op('Attention', [hidden, graph.op('Mul', halves), bias], {
        domain: 'com.microsoft',
        attributes: { num_heads: small.heads },
      });
      return graph.split(output);
    };
    const path = modelOf([plainAttention, fused], { shape: [1, 6] });
    const model = await openModel(path, { threads: 1 });
    const checks = model.card.sites.map(({ check }) => check.result);
    assert.deepEqual(checks, ['exact', 'refused']);
    assert.match(model.card.notes.join(), /is not shown: its weights are not stored/);
    const { sites } = await model.run({ input_ids: ids }, everything);
    assert.equal(sites.length, 1);
    await model.dispose();
  });

  it('runs a graph that was exported for one row for two rows (14)', async () => {
    const path = modelWith((graph, heads) => plainAttention(graph, heads), { shape: [1, 6] });
    const model = await openModel(path, { threads: 1 });
    const data = BigInt64Array.from([...ids.data, ...ids.data]);
    const { logits } = await model.run({ input_ids: { dims: [2, 6], data } }, everything);
    assert.deepEqual(logits?.dims, [2, 6, small.vocabulary]);
    await model.dispose();
  });

  it('leaves stack traces and weights out of the skeleton (20)', () => {
    const model = readModel(join(fixture('bert__dynamo_sdpa_op18'), 'model.onnx'));
    const big = [...model.graph.initializers.values()].filter(({ data }) => data.kind === 'file');
    assert.ok(big.length > 0);
    assert.ok(plainSkeleton(model).length < model.fileSize);
  });

  it('gives an edge that a causal mask blocks its plain score when it is allowed', async () => {
    const model = await openModel(fixture('gpt2__legacy_eager_op14'), { threads: 1 });
    const feeds = { input_ids: ids };
    const edges = new Uint8Array(36).fill(Edge.keep);
    edges[2 * 6 + 5] = Edge.allow;
    edges[2 * 6 + 0] = Edge.block;
    const mask = { edges, dims: [1, 6, 6] } as const;
    const { sites } = await model.run(feeds, everything, [{ site: 0, mask }]);
    const [site] = sites;
    assert.ok(site?.weights && site.scores && site.maskedScores);
    for (let head = 0; head < site.site.heads; head++) {
      const at = (head * 6 + 2) * 6;
      assert.equal(site.weights.data[at], 0);
      assert.equal(site.maskedScores.data[at + 5], site.scores.data[at + 5]);
      assert.ok((site.weights.data[at + 5] ?? 0) > 0);
    }
    await model.dispose();
  });
});
