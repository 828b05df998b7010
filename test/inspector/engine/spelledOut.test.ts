import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  readSafetensors,
  toFloat32,
  type SafetensorsEntry,
} from '../../../src/inspector/files/safetensors';
import { openModel } from '../../../src/inspector/model/openModel';
import type { Feeds, Recurrence } from '../../../src/inspector/model/run';
import { effectiveMap, mapDifference } from '../../../src/inspector/model/tensors/recurrence';
import { GraphBuilder, save, small } from './support/graphs';
import { everything } from './support/inspect';

const { width } = small;

const blocks = join(import.meta.dirname, '../../fixtures/blocks');

/** Hybrids as exporters write them, by the layers without a softmax and what those are. */
const hybrids = {
  bamba__legacy_hybrid: { name: 'Mamba-2', rule: 'gated', layers: [0, 2] },
  bamba__dynamo_hybrid: { name: 'Mamba-2', rule: 'gated', layers: [0, 2] },
  qwen3_next__dynamo_hybrid: { name: 'gated delta net', rule: 'gated_delta', layers: [0] },
  qwen3_5__dynamo_hybrid: { name: 'gated delta net', rule: 'gated_delta', layers: [0] },
};

describe('effective attention of layers that exporters spell out', () => {
  for (const [folder, { name, rule, layers }] of Object.entries(hybrids)) {
    it(`equals its definition over transformers’ own tensors: ${folder}`, async () => {
      const read = (file: string) => readSafetensors(readFileSync(join(blocks, folder, file)));
      const model = await openModel(join(blocks, folder), { threads: 1 });
      const feeds = Object.fromEntries(read('inputs.safetensors')) as unknown as Feeds;
      const run = await model.run(feeds, everything);
      await model.dispose();
      assert.deepEqual(
        model.card.withoutAttention?.map(({ layer, instead, effective }) => [
          layer,
          instead,
          effective?.check.result,
        ]),
        layers.map(layer => [layer, name, 'exact']),
      );
      const reference = read('reference.safetensors');
      for (const layer of layers) {
        const found = run.effective?.find(one => one.layer === layer);
        assert.ok(found && 'query' in found.source, JSON.stringify(found?.source));
        const { source } = found;
        assert.equal(source.rule, rule);
        compare(source, reference.get(`effective.${layer}`));
      }
    });
  }

  it('names what it proved where no configuration does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'attention-debugger-spelled-out-'));
    cpSync(join(blocks, 'bamba__dynamo_hybrid', 'model.onnx'), join(folder, 'model.onnx'));
    const { card, dispose } = await opened(folder);
    await dispose();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(
      card.withoutAttention?.map(({ layer, instead }) => [layer, instead]),
      [
        [0, 'Mamba-2'],
        [2, 'Mamba-2'],
      ],
    );
    assert.equal(card.withoutAttention[0]?.effective?.convolution, 'Conv');
  });

  it('refuses what it cannot tell apart, and what is something else, with the reason', async () => {
    const reasonOf = async (mix: Mix) => {
      const { card, dispose } = await opened(decaying(mix));
      await dispose();
      const check = card.withoutAttention?.[0]?.effective?.check;
      assert.ok(check?.result === 'refused', JSON.stringify(check));
      assert.ok(card.notes.some(note => note.includes(check.reason)));
      return check.reason;
    };
    const whole: Mix = (graph, { weights, value }) => graph.op('MatMul', [weights, value]);
    assert.match(await reasonOf(whole), /queries and keys cannot be told apart/);
    const more: Mix = (graph, { weights, value, hidden }) => {
      const other = graph.op('MatMul', [hidden, graph.weight(width, width)]);
      return graph.op('MatMul', [weights, graph.op('Mul', [value, other])]);
    };
    assert.match(await reasonOf(more), /4 vectors of each head go into it/);
  });
});

interface Parts {
  readonly hidden: string;
  /** q · k with its decay `[batch, queries, keys]`. */
  readonly weights: string;
  readonly value: string;
}
type Mix = (graph: GraphBuilder, parts: Parts) => string;

/** A layer that multiplies q · k with a decay, in one chunk, before one of softmax attention. */
function decaying(mix: Mix): string {
  const graph = new GraphBuilder();
  const hidden = graph.embed();
  const project = (columns: number) => graph.op('MatMul', [hidden, graph.weight(width, columns)]);
  const turn = (tensor: string) =>
    graph.op('Transpose', [tensor], { attributes: { perm: [0, 2, 1] } });
  const decay = graph.op('Neg', [graph.op('Softplus', [project(1)])]);
  const sum = graph.op('CumSum', [decay, graph.ints(1)]);
  const left = graph.op('Exp', [graph.op('Sub', [sum, turn(sum)])]);
  const back = graph.op('Trilu', [left], { attributes: { upper: 0 } });
  const product = graph.op('MatMul', [project(width), turn(project(width))]);
  const weights = graph.op('Mul', [product, back]);
  const mixed = mix(graph, { hidden, weights, value: project(width) });
  const projected = graph.op('MatMul', [mixed, graph.weight(width, width)]);
  const state = graph.op('Add', [hidden, projected]);
  return save(graph, graph.head(graph.op('Add', [state, graph.attend(graph.project(state))])));
}

async function opened(path: string) {
  const model = await openModel(path, { threads: 1 });
  return { card: model.card, dispose: () => model.dispose() };
}

/** Compares the maps of all heads of all texts with `[batch, heads, tokens, tokens]`. */
function compare(source: Recurrence, reference: SafetensorsEntry | undefined): void {
  assert.ok(reference);
  const [batch = 0, heads = 0, tokens = 0] = reference.dims;
  assert.deepEqual(source.query.dims.slice(0, 2), [batch, tokens]);
  const expected = toFloat32(reference);
  for (let text = 0; text < batch; text++) {
    for (let head = 0; head < heads; head++) {
      const map = effectiveMap(source, text, head);
      const start = (text * heads + head) * tokens * tokens;
      const largest = map.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1);
      for (const [at, weight] of map.entries()) {
        const other = expected[start + at] ?? NaN;
        const isEqual = Math.abs(weight - other) <= 2e-5 * largest;
        assert.ok(isEqual, `head ${head}, ${at}: ${weight}, not ${other}`);
      }
      assert.ok(mapDifference(source, text, head, map) < 1e-5);
    }
  }
}
