import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Capture } from '../../../src/inspector/capture/capture';
import { openCapture, saveCapture } from '../../../src/inspector/capture/captureFile';
import { effective } from '../../../src/inspector/capture/effective';
import { dumpTensors } from '../../../src/inspector/captureFile/captureTensors';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import { openModel } from '../../../src/inspector/model/openModel';
import type { ModelRun, Recurrence } from '../../../src/inspector/model/run';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import { closedForm } from './support/effectiveAttention';
import { type GraphBuilder, small } from './support/graphs';
import { everything, ids } from './support/inspect';
import { hybrid, linear, type Shape } from './support/linearAttention';

const { width } = small;

async function opened(path: string): Promise<[InstrumentedModel, ModelRun]> {
  const model = await openModel(path, { threads: 1 });
  const run = await model.run({ input_ids: ids }, everything);
  await model.dispose();
  return [model, run];
}

function captureOf({ card }: InstrumentedModel, run: ModelRun): Capture {
  const summary = {
    id: 'run',
    model: card,
    text: '',
    tokens: {},
    totalTokens: 6,
    sites: card.sites,
    timings: { tokenize: 0, load: 0, run: 0, collect: 0 },
  };
  return new Capture(summary, run, () => Promise.resolve(run));
}

function sourceOf({ effective: all }: ModelRun): Recurrence {
  const source = all?.[0]?.source;
  assert.ok(source && 'query' in source);
  return source;
}

const shapes: readonly Shape[] = [
  { rule: 'linear', queryHeads: 3, valueHeads: 3, keyDim: 4, valueDim: 5 },
  { rule: 'gated', queryHeads: 2, valueHeads: 2, keyDim: 4, valueDim: 3, scale: 0.25 },
  { rule: 'gated', queryHeads: 2, valueHeads: 2, keyDim: 4, valueDim: 3, isFine: true },
  { rule: 'delta', queryHeads: 3, valueHeads: 3, keyDim: 4, valueDim: 2 },
  { rule: 'gated_delta', queryHeads: 2, valueHeads: 2, keyDim: 5, valueDim: 4 },
  { rule: 'gated_delta', queryHeads: 2, valueHeads: 2, keyDim: 4, valueDim: 4, isFine: true },
  // Values of fewer heads than queries, and of more.
  { rule: 'gated_delta', queryHeads: 4, valueHeads: 2, keyDim: 3, valueDim: 4 },
  { rule: 'gated', queryHeads: 4, valueHeads: 1, keyDim: 3, valueDim: 4, isFine: true },
  { rule: 'gated_delta', queryHeads: 2, valueHeads: 4, keyDim: 3, valueDim: 4 },
];

const plain: Shape = { rule: 'linear', queryHeads: 3, valueHeads: 3, keyDim: 4, valueDim: 5 };
const twoHeads: Shape = { ...plain, rule: 'gated_delta', queryHeads: 2, valueHeads: 2 };

describe('effective attention of layers without a softmax', () => {
  for (const shape of shapes) {
    const { rule, queryHeads, valueHeads, isFine } = shape;
    const what = `${rule}, ${queryHeads} heads of queries and ${valueHeads} of values`;
    it(`equals its closed form: ${what}${isFine ? ', decay by number' : ''}`, async () => {
      const [model, run] = await opened(hybrid(shape));
      const facts = model.card.withoutAttention?.[0]?.effective;
      assert.equal(facts?.check.result, 'exact', JSON.stringify(facts?.check));
      const heads = Math.max(queryHeads, valueHeads);
      assert.deepEqual([facts.heads, facts.valueHeads], [heads, valueHeads]);
      const capture = captureOf(model, run);
      const source = sourceOf(run);
      for (let head = 0; head < heads; head++) {
        const place = { stack: 'encoder', layer: 0, head } as const;
        const { weights, tokens } = effective(capture, place);
        assert.equal(tokens, 6);
        const expected = closedForm(source, head);
        for (const [at, weight] of weights.entries()) {
          const other = expected[at] ?? NaN;
          assert.ok(Math.abs(weight - other) <= 1e-5, `head ${head}: ${weight}, not ${other}`);
        }
        // A triangle that reaches back.
        assert.ok(weights.every((weight, at) => at % 6 <= Math.floor(at / 6) || weight === 0));
        assert.ok(Math.abs(weights[5 * 6] ?? 0) > 0);
      }
      assert.throws(
        () => effective(capture, { stack: 'encoder', layer: 0, head: heads }),
        /not shown: there is no head/,
      );
      assert.throws(
        () => effective(capture, { stack: 'encoder', layer: 1, head: 0 }),
        /no linear attention/,
      );
    });
  }

  it('is written into dumps and kept in capture files', async () => {
    const [model, run] = await opened(hybrid(twoHeads));
    const capture = captureOf(model, run);
    const dumped = dumpTensors(run).find(({ name }) => name === 'encoder.layers.0.effective');
    assert.deepEqual(dumped?.dims, [1, 2, 6, 6]);
    const place = { stack: 'encoder', layer: 0, head: 1 } as const;
    const shown = effective(capture, place);
    assert.deepEqual([...dumped.chunks()].at(-1), shown.weights);
    const folder = mkdtempSync(join(tmpdir(), 'attention-debugger-effective-'));
    const path = join(folder, 'run.safetensors');
    await saveCapture(capture, path);
    const again = await openCapture(path);
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(effective(again, place), shown);
  });

  it('is checked in every run against the outputs', async () => {
    const [model, run] = await opened(hybrid(twoHeads));
    const source = sourceOf(run);
    const bent = (tensor: Tensor): Tensor => ({
      ...tensor,
      data: tensor.data.map((value, at) => (at === 7 ? value + 0.5 : value)),
    });
    const place = { stack: 'encoder', layer: 0, head: 0 } as const;
    for (const part of ['key', 'beta', 'output'] as const) {
      const tensor = source[part];
      const [layer] = run.effective ?? [];
      assert.ok(tensor && layer);
      const wrong = { ...source, [part]: bent(tensor) };
      const capture = captureOf(model, { ...run, effective: [{ ...layer, source: wrong }] });
      const heads = [0, 1].map(head => {
        try {
          return effective(capture, { ...place, head }).head;
        } catch (error) {
          return String(error);
        }
      });
      assert.match(heads.join(), /effective attention · values and the outputs differ by/, part);
    }
  });

  it('is refused where its rows are not the text’s tokens', async () => {
    const turned = (graph: GraphBuilder, hidden: string, shape: Shape) => {
      const flip = (tensor: string) =>
        graph.op('Slice', [
          tensor,
          graph.ints(-1),
          graph.ints(-(2 ** 31)),
          graph.ints(1),
          graph.ints(-1),
        ]);
      return flip(linear(graph, flip(hidden), shape));
    };
    const [model, run] = await opened(hybrid(plain, turned));
    const check = model.card.withoutAttention?.[0]?.effective?.check;
    assert.ok(check?.result === 'refused');
    assert.match(check.reason, /a change of token 1 moves query \d+ first/);
    assert.deepEqual(run.effective, []);
    assert.match(
      model.card.notes.join(),
      /encoder layer 0 \(LinearAttention\) is not shown: a change/,
    );
    assert.throws(
      () => effective(captureOf(model, run), { stack: 'encoder', layer: 0, head: 0 }),
      /is not shown: a change of token 1/,
    );
  });

  it('is proved behind attention that mixes all tokens', async () => {
    const [model] = await opened(hybrid(twoHeads, linear, true));
    const found = model.card.withoutAttention?.[0];
    assert.equal(found?.layer, 1);
    assert.equal(found.effective?.check.result, 'exact', JSON.stringify(found.effective?.check));
  });

  it('is of texts that begin from a state of 0, and of no others', async () => {
    const { queryHeads, keyDim, valueDim } = plain;
    const dims = ['batch', queryHeads, keyDim, valueDim];
    const path = hybrid(
      plain,
      (graph, hidden, shape) => linear(graph, hidden, shape, undefined, 'past_state'),
      false,
      [{ name: 'past_state', elementType: 1, dims }],
    );
    const model = await openModel(path, { threads: 1 });
    const run = (state: number) => {
      const data = new Float32Array(queryHeads * keyDim * valueDim).fill(state);
      const past_state = { dims: [1, queryHeads, keyDim, valueDim], data };
      return model.run({ input_ids: ids, past_state }, everything);
    };
    const [fresh, going] = [await run(0), await run(0.5)];
    await model.dispose();
    const check = model.card.withoutAttention?.[0]?.effective?.check;
    assert.equal(check?.result, 'exact', JSON.stringify(check));
    const place = { stack: 'encoder', layer: 0, head: 0 } as const;
    assert.equal(effective(captureOf(model, fresh), place).tokens, 6);
    assert.throws(
      () => effective(captureOf(model, going), place),
      /not shown: in this run it goes on from a state that another run left/,
    );
    assert.ok(!dumpTensors(going).some(({ name }) => name.endsWith('.effective')));
  });

  it('is refused where values that are 0 would let any map pass', async () => {
    const silent = (graph: GraphBuilder, hidden: string, shape: Shape) => {
      const values = graph.op('MatMul', [hidden, graph.weight(width, 15)]);
      return linear(graph, hidden, shape, graph.op('Mul', [values, graph.scalar(0)]));
    };
    const [{ card }] = await opened(hybrid(plain, silent));
    const check = card.withoutAttention?.[0]?.effective?.check;
    assert.ok(check?.result === 'refused', JSON.stringify(check));
  });
});
