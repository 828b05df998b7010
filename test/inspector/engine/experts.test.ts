import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCapture, saveCapture } from '../../../src/inspector/capture/captureFile';
import { Capture } from '../../../src/inspector/capture/capture';
import { experts } from '../../../src/inspector/capture/experts';
import { operatorFault } from '../../../src/inspector/model/check/expertOperator';
import { loadGraph } from '../../../src/inspector/model/graph/loadGraph';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import { openModel } from '../../../src/inspector/model/openModel';
import type { Feeds, ModelRun } from '../../../src/inspector/model/run';
import { readSafetensors, toFloat32 } from '../../../src/inspector/files/safetensors';
import { GraphBuilder, save, small } from './support/graphs';
import { everything, ids } from './support/inspect';

const blocks = join(import.meta.dirname, '../../fixtures/blocks');
const read = (folder: string, file: string) =>
  readSafetensors(readFileSync(join(blocks, folder, file)));
const feedsOf = (folder: string) =>
  Object.fromEntries(read(folder, 'inputs.safetensors')) as unknown as Feeds;

/** How many experts each layer has, and how many treat a token. */
const mixtures: Record<string, [experts: number, chosen: number]> = {
  mixtral__legacy_gathered: [5, 2],
  mixtral__dynamo_batched: [5, 2],
  qwen3_moe__dynamo_dense: [6, 3],
  gpt_oss__dynamo_batched: [5, 2],
  deepseek_v3__dynamo_batched: [8, 3],
  moe_operator__legacy: [5, 2],
  moe_operator_all__legacy: [5, 2],
};

describe('experts of exported mixtures equal those of Hugging Face', () => {
  for (const [name, [count, chosen]] of Object.entries(mixtures)) {
    it(name, async () => {
      const model = await openModel(join(blocks, name), { threads: 1 });
      const run = await model.run(feedsOf(name), everything);
      await model.dispose();
      const { card } = model;
      assert.deepEqual(
        card.routers?.map(({ layer, experts: of, chosen: each, refusal }) => [
          layer,
          of,
          each,
          refusal,
        ]),
        [0, 1].map(layer => [layer, count, chosen, undefined]),
      );
      assert.deepEqual(
        card.sites.map(({ layer, check }) => [layer, check.result]),
        [0, 1].map(layer => [layer, 'exact']),
      );
      assert.deepEqual(card.withoutAttention, []);
      assert.ok(!card.notes.some(note => /not shown/.test(note)), card.notes.join());
      const reference = read(name, 'reference.safetensors');
      for (const [layer, found] of (run.experts ?? []).entries()) {
        const expected = (of: string) => {
          const tensor = reference.get(`${of}.${layer}`);
          assert.ok(tensor);
          return { dims: tensor.dims, data: toFloat32(tensor) };
        };
        assert.deepEqual(found.chosen, expected('experts'));
        const weights = expected('expertWeights');
        assert.deepEqual(found.weights.dims, weights.dims);
        const worst = found.weights.data.reduce(
          (most, weight, i) => Math.max(most, Math.abs(weight - (weights.data[i] ?? NaN))),
          0,
        );
        assert.ok(worst <= 1e-5, `weights of layer ${layer} differ by ${worst}`);
      }
      assert.equal(run.experts?.length, 2);
    });
  }
});

describe('routers', () => {
  /** What a made-up layer of four experts does with the weights of its two best `[batch, tokens, 2]`. */
  type Combine = (graph: GraphBuilder, parts: readonly string[], state: string) => string;

  /** A layer of attention, then one of experts: `[batch, tokens, width]` each, times their weight. */
  function mixture(combine: Combine, choose?: (graph: GraphBuilder, scores: string) => string) {
    const graph = new GraphBuilder();
    const { width } = small;
    const embedded = graph.embed();
    const state = graph.op('Add', [embedded, graph.attend(graph.project(embedded))]);
    const logits = graph.op('MatMul', [state, graph.weight(width, 4)]);
    const scores = graph.op('Softmax', [logits], { attributes: { axis: -1 } });
    const weights = choose ? choose(graph, scores) : scores;
    const parts = [0, 1, 2, 3].map(expert => {
      const own = graph.op('Relu', [graph.op('MatMul', [state, graph.weight(width, width)])]);
      const weight = graph.op('Gather', [weights, graph.ints(expert)], { attributes: { axis: 2 } });
      return graph.op('Mul', [own, weight]);
    });
    const output = graph.op('Add', [state, combine(graph, parts, state)]);
    return save(graph, graph.head(output));
  }
  const sum: Combine = (graph, parts) => graph.op('Sum', parts);
  const opened = async (path: string): Promise<[InstrumentedModel, ModelRun]> => {
    const model = await openModel(path, { threads: 1 });
    const run = await model.run({ input_ids: ids }, everything);
    await model.dispose();
    return [model, run];
  };

  it('shows all experts of a mixture that leaves none out', async () => {
    const [{ card }, run] = await opened(mixture(sum));
    assert.deepEqual(
      card.routers?.map(({ layer, experts: of, chosen }) => [layer, of, chosen]),
      [[0, 4, 4]],
    );
    const [found] = run.experts ?? [];
    assert.ok(found);
    for (let token = 0; token < 6; token++) {
      const weights: number[] = [...found.weights.data.slice(token * 4, token * 4 + 4)];
      const isSorted = weights.every((weight, i) => weight <= (weights[i - 1] ?? 1));
      assert.ok(isSorted, weights.join());
      assert.ok(Math.abs(weights.reduce((a, b) => a + b, 0) - 1) < 1e-5);
    }
    assert.deepEqual(found.weights.dims, [1, 6, 4]);
  });

  it('refuses weights whose products are bent before they are added up', async () => {
    const bent: Combine = (graph, parts) =>
      graph.op('Sum', [...parts.slice(1), graph.op('Tanh', [parts[0] ?? ''])]);
    const [{ card }, run] = await opened(mixture(bent));
    assert.match(card.routers?.[0]?.refusal ?? '', /goes through Tanh/);
    assert.ok(card.notes.some(note => note.includes('Which experts encoder layer 0')));
    assert.deepEqual(run.experts, []);
  });

  it('takes the weights as they multiply: after they were divided by their sum', async () => {
    const halved = (graph: GraphBuilder, scores: string) =>
      graph.op('Mul', [scores, graph.scalar(0.5)]);
    const [, run] = await opened(mixture(sum, halved));
    const [found] = run.experts ?? [];
    const total = [...(found?.weights.data.subarray(0, 4) ?? [])].reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(total - 0.5) < 1e-5, `they sum to ${total}`);
  });

  it('takes no softmax over channels for a router', async () => {
    const graph = new GraphBuilder();
    const embedded = graph.embed();
    const state = graph.op('Add', [embedded, graph.attend(graph.project(embedded))]);
    const { width } = small;
    const gate = graph.op('MatMul', [state, graph.weight(width, width)]);
    const weights = graph.op('Softmax', [gate], { attributes: { axis: -1 } });
    const output = graph.op('Add', [state, graph.op('Mul', [state, weights])]);
    const [{ card }] = await opened(save(graph, graph.head(output)));
    assert.equal(card.routers?.some(({ refusal }) => refusal === undefined) ?? false, false);
  });

  it('tries a fused operator alone, and refuses weights that it does not add up by', async () => {
    const loaded = loadGraph(join(blocks, 'moe_operator__legacy', 'model.onnx'));
    const [router] = loaded.routers;
    assert.ok(router?.source.kind === 'operator');
    const fault = (source: typeof router.source) =>
      operatorFault(loaded, { ...router, source }, 5, 20, { threads: 1 });
    assert.equal(await fault(router.source), undefined);
    const { source } = router;
    assert.match((await fault({ ...source, normalises: false })) ?? '', /other weights/);
    assert.match((await fault({ ...source, count: 3 })) ?? '', /other weights/);
  });

  it('proves the quantised operator in the same way', async () => {
    const graph = new GraphBuilder();
    const { width } = small;
    const [experts, inner] = [4, 16];
    const embedded = graph.embed();
    const state = graph.op('Add', [embedded, graph.attend(graph.project(embedded))]);
    const flat = graph.op('Reshape', [state, graph.ints(-1, width)]);
    const logits = graph.op('MatMul', [flat, graph.weight(width, experts)]);
    const codes = (rows: number, columns: number) =>
      graph.bytes(
        Array.from({ length: experts * rows * columns }, (_, i) => (i * 73 + 29) % 256),
        [experts, rows, columns],
      );
    const scales = (rows: number) =>
      graph.floats(
        Array.from({ length: experts * rows }, (_, i) => 0.002 + 0.0001 * (i % 7)),
        [experts, rows],
      );
    const up = [codes(inner, width), scales(inner), ''];
    const down = [codes(width, inner), scales(width)];
    const attributes = {
      k: 2,
      activation_type: 'silu',
      normalize_routing_weights: 1,
      expert_weight_bits: 8,
    };
    const mixed = graph.op('QMoE', [flat, logits, ...up, ...down], {
      domain: 'com.microsoft',
      attributes,
    });
    const shape = graph.op('Shape', [state]);
    const output = graph.op('Add', [state, graph.op('Reshape', [mixed, shape])]);
    const [{ card }, run] = await opened(save(graph, graph.head(output)));
    assert.deepEqual(
      card.routers?.map(({ refusal }) => refusal),
      [undefined],
    );
    const [found] = run.experts ?? [];
    assert.deepEqual(found?.weights.dims, [1, 6, 2]);
  });

  it('are kept in capture files', async () => {
    const name = 'mixtral__dynamo_batched';
    const model = await openModel(join(blocks, name), { threads: 1 });
    const all = feedsOf(name);
    const run = await model.run(all, everything);
    await model.dispose();
    const folder = mkdtempSync(join(tmpdir(), 'attention-debugger-experts-'));
    const path = join(folder, 'run.safetensors');
    const summary = {
      id: 'run',
      model: model.card,
      text: '',
      tokens: {},
      totalTokens: 7,
      sites: model.card.sites,
      timings: { tokenize: 0, load: 0, run: 0, collect: 0 },
    };
    const capture = new Capture(summary, run, () => Promise.resolve(run));
    await saveCapture(capture, path);
    const again = await openCapture(path);
    rmSync(folder, { recursive: true, force: true });
    const place = { stack: 'decoder', layer: 1 } as const;
    assert.deepEqual(experts(again, place), experts(capture, place));
    const { chosen, tokensOf } = experts(again, place);
    assert.equal(chosen.length, 14);
    assert.equal(
      tokensOf.reduce((a, b) => a + b, 0),
      14,
    );
    assert.throws(() => experts(again, { stack: 'decoder', layer: 2 }), /not shown/);
  });
});
