import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Capture } from '../../../src/inspector/capture/capture';
import { computation } from '../../../src/inspector/capture/computation';
import { dumpTensors } from '../../../src/inspector/captureFile/captureTensors';
import { readSafetensors, toFloat32 } from '../../../src/inspector/files/safetensors';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import { openModel } from '../../../src/inspector/model/openModel';
import type { CaptureRequest, Feeds, ModelRun } from '../../../src/inspector/model/run';
import { gatedHeads } from '../../../src/inspector/model/tensors/gate';
import { firstOf, type Tensor } from '../../../src/inspector/runtime/tensor';
import { GraphBuilder, plainAttention, save, small } from './support/graphs';
import { everything, ids } from './support/inspect';

const blocks = join(import.meta.dirname, '../../fixtures/blocks');
const nothing: CaptureRequest = {
  weights: false,
  maskedScores: false,
  queryKeyValue: false,
  headOutput: false,
  hiddenStates: false,
  logits: false,
};

/** A run of an open model as the views read it. */
function captureOf(model: InstrumentedModel, feeds: Feeds, run: ModelRun): Capture {
  const details = (sites: ReadonlySet<number>) =>
    model.run(feeds, { ...nothing, details: true, sites });
  const summary = {
    id: 'run',
    model: model.card,
    text: '',
    tokens: {},
    totalTokens: 0,
    sites: run.sites.map(({ site }) => site),
    timings: { tokenize: 0, load: 0, run: 0, collect: 0 },
  };
  return new Capture(summary, run, () => Promise.resolve(run), {
    run: site => details(new Set([site])),
    runAll: details,
    projection: site => Promise.resolve(model.projection(site)),
  });
}

function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  return Array.from(actual).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? NaN))),
    0,
  );
}

describe('gates on head outputs equal those of Hugging Face', () => {
  for (const name of ['qwen3_next__legacy_gated', 'qwen3_5__dynamo_gated']) {
    it(name, async () => {
      const read = (file: string) => readSafetensors(readFileSync(join(blocks, name, file)));
      const both = Object.fromEntries(read('inputs.safetensors')) as unknown as Feeds;
      const reference = read('reference.safetensors');
      const expected = (of: string): Tensor => {
        const tensor = reference.get(of);
        assert.ok(tensor, of);
        return { dims: tensor.dims, data: toFloat32(tensor) };
      };
      const model = await openModel(join(blocks, name), { threads: 1 });
      const run = await model.run(both, everything);
      assert.deepEqual(
        model.card.sites.map(({ layer, gate, check }) => [layer, gate, check.result]),
        [0, 1].map(layer => [layer, 'eachNumber', 'exact']),
      );
      for (const [layer, { gate, headOutput }] of run.sites.entries()) {
        assert.ok(gate && headOutput);
        assert.deepEqual(gate.dims, [2, 4, 7, 8]);
        assert.ok(worst(gate.data, expected(`gate.${layer}`).data) <= 1e-5);
        const gated = gatedHeads(headOutput, gate);
        assert.ok(worst(gated.data, expected(`gated.${layer}`).data) <= 1e-4);
      }
      assert.deepEqual(
        dumpTensors(run).find(({ name: of }) => of === 'decoder.layers.1.self.gate')?.dims,
        [2, 4, 7, 8],
      );
      // Views show the first text.
      const feeds = Object.fromEntries(
        Object.entries(both).map(([of, { dims, data }]) => [
          of,
          { dims: [1, dims[1] ?? 0], data: data.slice(0, dims[1]) },
        ]),
      ) as Feeds;
      const capture = captureOf(model, feeds, await model.run(feeds, everything));
      const place = { capture: 'run', stack: 'decoder', kind: 'self', layer: 1, head: 2 } as const;
      const found = await computation(capture, { ...place, query: 5, from: 0, count: 7 });
      assert.ok(!('missing' in found.output), JSON.stringify(found.output));
      const projected = firstOf(expected('projected.1'), 0, 1).data.subarray(5 * 20, 6 * 20);
      assert.ok(worst(found.output.fromLayer, projected) <= 1e-4);
      const at = (2 * 7 + 5) * 8;
      const own = expected('gate.1').data.subarray(at, at + 8);
      assert.ok(worst(found.gate ?? [], own) <= 1e-5);
      await checkNorms(model, capture, expected('gate.1'));
      await model.dispose();
    });
  }

  /** ‖α · (v × gate) · W_O‖ as a share of its row, by the definition. */
  async function checkNorms(model: InstrumentedModel, capture: Capture, gate: Tensor) {
    const block = { stack: 'decoder', kind: 'self' } as const;
    const projection = model.projection(1);
    const { value, weights } = capture.siteAt(block, 1);
    assert.ok(!('missing' in projection) && value && weights);
    const { modelDim } = projection;
    const shown = await capture.weights({ block, layer: 1, head: 3, measure: 'norm' });
    for (let query = 0; query < 7; query++) {
      const norms = Array.from({ length: 7 }, (_, key) => {
        const vector = Array.from({ length: modelDim }, (_, d) => {
          let sum = 0;
          for (let i = 0; i < 8; i++) {
            const v = value.data[(1 * 7 + key) * 8 + i] ?? NaN;
            const g = gate.data[(3 * 7 + query) * 8 + i] ?? NaN;
            sum += v * g * (projection.weights[(3 * 8 + i) * modelDim + d] ?? NaN);
          }
          return sum;
        });
        return (weights.data[(3 * 7 + query) * 7 + key] ?? NaN) * Math.hypot(...vector);
      });
      const all = norms.reduce((a, b) => a + b, 0);
      const row = shown.weights.subarray(query * 7, (query + 1) * 7);
      assert.ok(
        worst(
          row,
          norms.map(norm => norm / all),
        ) <= 1e-5,
        `query ${query}`,
      );
      const again = await capture.row({ block, layer: 1, head: 3, measure: 'norm', query });
      assert.deepEqual([...again.weights], [...row]);
    }
  }
});

describe('gates in other places', () => {
  const { width, heads, headDim } = small;

  /** One layer whose merged head outputs go through `between` before W_O. */
  function gatedModel(
    between: (graph: GraphBuilder, context: string, hidden: string) => string,
  ): string {
    const graph = new GraphBuilder();
    const hidden = graph.embed();
    const context = plainAttention(graph, graph.project(hidden));
    const output = graph.op('MatMul', [
      between(graph, context, hidden),
      graph.weight(width, width),
    ]);
    return save(graph, graph.head(graph.op('Add', [hidden, output])));
  }
  const sigmoidOf = (graph: GraphBuilder, hidden: string, numbers: number) =>
    graph.op('Sigmoid', [graph.op('MatMul', [hidden, graph.weight(width, numbers)])]);
  const turned = (graph: GraphBuilder, tensor: string) =>
    graph.op('Transpose', [tensor], { attributes: { perm: [0, 2, 1, 3] } });

  const places: Record<string, [string, Parameters<typeof gatedModel>[0]]> = {
    'heads side by side': [
      'eachNumber',
      (graph, context, hidden) =>
        graph.op('Mul', [graph.merge(context), sigmoidOf(graph, hidden, width)]),
    ],
    'heads before queries': [
      'eachNumber',
      (graph, context, hidden) =>
        graph.merge(graph.op('Mul', [graph.split(sigmoidOf(graph, hidden, width)), context])),
    ],
    'one number for each head, heads first': [
      'eachHead',
      (graph, context, hidden) => {
        const gate = graph.op('Transpose', [sigmoidOf(graph, hidden, heads)], {
          attributes: { perm: [0, 2, 1] },
        });
        return graph.merge(
          graph.op('Mul', [context, graph.op('Unsqueeze', [gate, graph.ints(3)])]),
        );
      },
    ],
    'one number for each head, queries first': [
      'eachHead',
      (graph, context, hidden) => {
        const gate = graph.op('Unsqueeze', [sigmoidOf(graph, hidden, heads), graph.ints(3)]);
        const product = graph.op('Mul', [turned(graph, context), gate]);
        return graph.op('Reshape', [product, graph.ints(0, 0, -1)]);
      },
    ],
  };
  for (const [name, [kind, between]] of Object.entries(places)) {
    it(name, async () => {
      const feeds = { input_ids: ids };
      const model = await openModel(gatedModel(between), { threads: 1 });
      const run = await model.run(feeds, everything);
      const [site] = model.card.sites;
      assert.equal(site?.gate, kind);
      assert.deepEqual(run.sites[0]?.gate?.dims, [1, heads, 6, kind === 'eachHead' ? 1 : headDim]);
      const capture = captureOf(model, feeds, run);
      const place = { stack: 'encoder', kind: 'self', layer: 0, head: 1 } as const;
      const found = await computation(capture, {
        ...place,
        capture: 'run',
        query: 4,
        from: 0,
        count: 6,
      });
      assert.ok(!('missing' in found.output), JSON.stringify(found.output));
      // The layer's part is held against what the graph computes: with another gate it is refused.
      const wrong = run.sites.map(one =>
        one.gate ? { ...one, gate: { ...one.gate, data: one.gate.data.map(g => 1 - g) } } : one,
      );
      const refused = await computation(captureOf(model, feeds, { ...run, sites: wrong }), {
        ...place,
        capture: 'run',
        query: 4,
        from: 0,
        count: 6,
      });
      assert.ok('missing' in refused.output);
      await model.dispose();
    });
  }

  it('names what is neither: one number for each token', async () => {
    const path = gatedModel((graph, context, hidden) =>
      graph.op('Mul', [graph.merge(context), sigmoidOf(graph, hidden, 1)]),
    );
    const model = await openModel(path, { threads: 1 });
    const run = await model.run({ input_ids: ids }, everything);
    await model.dispose();
    assert.equal(model.card.sites[0]?.check.result, 'exact');
    assert.equal(model.card.sites[0].gate, undefined);
    assert.equal(run.sites[0]?.gate, undefined);
    assert.ok(model.card.notes.some(note => /What multiplies the head outputs/.test(note)));
  });
});
