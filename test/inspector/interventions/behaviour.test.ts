import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Intervention, InterventionEffect } from '../../../src/protocol/intervention';
import type { Change } from '../../../src/protocol/change';
import type { Capture } from '../../../src/inspector/capture/capture';
import { openCapture, saveCapture } from '../../../src/inspector/capture/captureFile';
import { computation } from '../../../src/inspector/capture/computation';
import { divergenceOf, logSoftmax } from '../../../src/inspector/attention/softmax';
import { outputsOf } from '../../../src/inspector/capture/outputs';
import { readInterventions } from '../../../src/inspector/run/interventions/listFile';
import { effects } from '../../../src/inspector/run/interventions/effects';
import { inspect } from '../../../src/inspector/run/inspect';
import { ModelStore } from '../../../src/inspector/store/modelStore';
import { NEVER_CANCELLED } from '../../../src/protocol/rpc';

const root = join(import.meta.dirname, '../../..');
const decoder = join(root, 'models/decoder');
const text = 'The dogs near the house';
const fixtures = join(root, 'test/fixtures/onnx');

describe('what interventions do', () => {
  const store = new ModelStore();
  const folder = mkdtempSync(join(tmpdir(), 'interventions-'));
  after(async () => {
    await (await store.model(decoder)).dispose();
    rmSync(folder, { recursive: true });
  });
  const run = (
    list: readonly Omit<Intervention, 'kind'>[],
    others: readonly Change[] = [],
    of = text,
  ) =>
    inspect(
      {
        model: decoder,
        text: of,
        maximumTokens: 64,
        changes: [...others, ...list.map(one => ({ kind: 'intervention', ...one }) as const)],
      },
      store,
      async () => undefined,
    );
  const head = { layer: 5, point: 'headOutput', heads: [2] } as const;
  const edge = { layer: 5, point: 'maskedScores', heads: [2], tokens: [5] } as const;

  it('leaves everything as it was where nothing is on, bit for bit', async () => {
    const plain = await run([]);
    const changed = await run([{ at: head, how: { zero: true } }]);
    assert.notDeepEqual(changed.run.logits, plain.run.logits);
    const off = await run([{ at: head, how: { zero: true }, on: false }]);
    assert.deepEqual(off.run.logits, plain.run.logits);
    assert.deepEqual(off.run.hiddenStates, plain.run.hiddenStates);
    assert.equal(off.summary.changes?.length, 1);
  });

  it('blocks keys by how far they lie from the query', async () => {
    const at = { layer: 3, point: 'maskedScores' } as const;
    const how = { block: true } as const;
    const capture = await run([{ at, how, only: { ahead: [-4, -2] } }]);
    const rows = await Promise.all([0, 2, 5].map(query => stepsOf(capture, 3, 1, query)));
    assert.deepEqual(
      rows.map(({ allowed }) => [...allowed].join('')),
      ['100000', '011000', '100011'],
    );
    const blocked = rows.map(({ weights }) => weights.filter(weight => weight === 0).length);
    assert.deepEqual(blocked, [5, 4, 3]);
    assert.deepEqual(
      rows.map(({ changed = [] }) => changed),
      [[], ['maskedScores'], ['maskedScores']],
    );
    const plain = await stepsOf(await run([]), 3, 1, 0);
    assert.deepEqual(rows[0]?.weights, plain.weights);
  });

  it('shows the numbers that the run used', async () => {
    const capture = await run([
      { at: { ...head, point: 'weights', tokens: [5], keys: [2] }, how: { force: [0.75] } },
      { at: { layer: 4, point: 'headOutput', heads: [0] }, how: { scale: 0.5 } },
      { at: { ...edge, layer: 3, keys: [1, 2] }, how: { block: true } },
    ]);
    assert.deepEqual(capture.summary.notes, []);
    const steps = await stepsOf(capture, 5, 2, 5);
    assert.ok(Math.abs((steps.weights[2] ?? 0) - 0.75) < 1e-6);
    assert.ok(Math.abs(steps.weights.reduce((a, b) => a + b, 0) - 1) < 1e-5);
    assert.deepEqual(steps.changed, ['weights']);
    assert.ok('fromHead' in steps.output, 'its heads times W_O are what the layer adds');
    const values = steps.v ?? new Float32Array();
    const own = steps.weights.reduce(
      (sum, weight, key) => sum + weight * (values[key * 32] ?? 0),
      0,
    );
    assert.ok(Math.abs(own - (steps.headOutput?.[0] ?? NaN)) < 1e-4, 'the head reads them');
    const blocked = await stepsOf(capture, 3, 2, 5);
    assert.deepEqual([...blocked.weights.subarray(1, 3)], [0, 0]);
    assert.deepEqual([...blocked.allowed], [1, 0, 0, 1, 1, 1]);
    const scaled = await stepsOf(capture, 4, 0, 5);
    assert.deepEqual(scaled.changed, ['headOutput']);
    const plain = await stepsOf(await run([]), 4, 0, 5);
    assert.ok(Math.abs((scaled.headOutput?.[1] ?? 0) - 0.5 * (plain.headOutput?.[1] ?? 0)) < 1e-2);
    assert.equal(plain.changed, undefined);
  });

  it('goes together with another mask', async () => {
    const mask = { kind: 'mask', mask: { kind: 'window', before: 2, after: 0 } } as const;
    const both = await run([{ at: head, how: { scale: 2 } }], [mask]);
    const masked = await run([], [mask]);
    assert.deepEqual(
      both.siteAt({ stack: 'decoder', kind: 'self' }, 0).weights,
      masked.siteAt({ stack: 'decoder', kind: 'self' }, 0).weights,
    );
    assert.notDeepEqual(both.run.logits, masked.run.logits);
  });

  it('takes states from a capture file as from the run that it is of', async () => {
    const other = await run([], [], 'The dog near the houses');
    const path = join(folder, 'other.safetensors');
    await saveCapture(other, path);
    const at = { layer: 2, point: 'residual', tokens: [2] } as const;
    const file = await run([{ at, how: { from: { capture: path, token: 2 } } }]);
    const again = await run([{ at, how: { from: { text: 'The dog near the houses', token: 2 } } }]);
    near(file.run.logits?.data, again.run.logits?.data);
    const broken = {
      at: { ...at, point: 'attentionOutput' },
      how: { from: { capture: path } },
    } as const;
    await assert.rejects(
      run([broken]),
      /does not hold the attentionOutput of layer 2: name the text/,
    );
  });

  it('is kept in a capture file', async () => {
    const capture = await run([{ at: head, how: { zero: true }, only: { positions: [2, 3] } }]);
    const path = join(folder, 'changed.safetensors');
    await saveCapture(capture, path);
    const { summary } = await openCapture(path);
    assert.deepEqual(summary.changes, capture.summary.changes);
    assert.deepEqual(summary.model.points, capture.summary.model.points);
  });

  it('says what each does alone', async () => {
    const list = [
      { at: head, how: { zero: true } },
      { at: { ...head, layer: 4, heads: [0] }, how: { scale: 2 }, on: false },
      { at: { layer: 0, point: 'residual', tokens: [2] }, how: { mean: 'text' } },
      { at: { ...edge, keys: [0, 1, 2, 3, 4, 5] }, how: { block: true } },
    ] as const;
    const [plain, ...each] = [
      await run([]),
      await run([list[0]]),
      await run([{ ...list[1], on: true }]),
      await run([list[2]]),
    ];
    const capture = await run([list[0], list[1], list[2]]);
    const told: InterventionEffect[] = [];
    const found = await effects(capture, 5, store, one => told.push(one), NEVER_CANCELLED);
    assert.deepEqual(told, found);
    assert.deepEqual(
      found.map(({ index }) => index),
      [0, 1, 2],
      'those that are off, too',
    );
    const logsOf = (of: Capture) => logSoftmax(outputsOf(of).at(5));
    for (const [i, alone] of each.entries()) {
      const expected = divergenceOf(logsOf(plain), logsOf(alone));
      assert.ok(expected > 1e-3);
      assert.ok(Math.abs((found[i]?.divergence ?? NaN) - expected) < 1e-4);
    }
    const aborted = AbortSignal.abort();
    await assert.rejects(
      effects(capture, 5, store, () => undefined, aborted),
      { code: 'cancelled' },
    );
  });

  it('makes a thousand changes', async () => {
    const list = Array.from({ length: 1000 }, (_, i) => ({
      at: { layer: i % 6, point: 'headOutput', heads: [i % 4] } as const,
      how: { scale: Math.floor(i / 12) % 2 ? 0.5 : 2 },
    }));
    // Twelve heads are doubled and halved in turn; all but four of them once more doubled than halved.
    const few = list.slice(4, 12);
    const [many, same] = [await run(list), await run(few)];
    near(many.run.logits?.data, same.run.logits?.data);
    assert.ok(worst(many.run.logits?.data, (await run([])).run.logits?.data) > 0.1);
  });

  describe('refuses, by the number of the intervention', () => {
    const cases: readonly (readonly [string, Omit<Intervention, 'kind'>, RegExp])[] = [
      [
        'a layer',
        { at: { layer: 6, point: 'value' }, how: { zero: true } },
        /layers 0 to 5: there is no layer 6/,
      ],
      [
        'layers turned round',
        { at: { layers: [3, 1], point: 'value' }, how: { zero: true } },
        /name the lower first/,
      ],
      [
        'a head',
        { at: { ...head, heads: [4] }, how: { zero: true } },
        /no head 4 in layer 5, which has 4, 0 to 3/,
      ],
      [
        'a token',
        { at: { ...head, tokens: [6] }, how: { zero: true } },
        /no token 6 in this text, which has 6/,
      ],
      ['a key', { at: { ...edge, keys: [9] }, how: { block: true } }, /no key 9 in this text/],
      [
        'a stack',
        { at: { stack: 'encoder', layer: 0, point: 'value' }, how: { zero: true } },
        /has no encoder: its stack is the decoder/,
      ],
      [
        'cross-attention',
        { at: { kind: 'cross', layer: 0, point: 'value' }, how: { zero: true } },
        /has no cross-attention/,
      ],
      [
        'all keys of a query',
        { at: { ...edge, keys: [0, 1, 2, 3, 4, 5] }, how: { block: true } },
        /Head 2 of decoder layer 5 has nothing left for token 5 to attend to/,
      ],
      [
        'keys of a state',
        { at: { layer: 1, point: 'residual', keys: [1] }, how: { zero: true } },
        /Keys are named for masked scores and weights/,
      ],
      [
        'heads of a state',
        { at: { layer: 1, point: 'residual', heads: [1] }, how: { zero: true } },
        /is of no one head: name none/,
      ],
      [
        'several tokens for one',
        { at: { point: 'token', tokens: [2] }, how: { text: ' unbelievable houses' } },
        /is \d tokens \(.+\), and one token becomes one/,
      ],
      [
        'an entry',
        { at: { point: 'token', tokens: [2] }, how: { id: 8192 } },
        /entries 0 to 8191: there is no entry 8192/,
      ],
      ['tokens that are not named', { at: { point: 'token' }, how: { id: 5 } }, /Name the tokens/],
      [
        'blocking a weight',
        { at: { ...edge, point: 'weights' }, how: { block: true } },
        /A weight cannot be blocked: block the masked scores/,
      ],
      [
        'forcing a score',
        { at: edge, how: { force: [1] } },
        /A masked score cannot be forced: force the weights/,
      ],
      [
        'a weight by how far its key lies ahead',
        { at: { ...edge, point: 'weights' }, how: { zero: true }, only: { ahead: [1, 9] } },
        /is not changed by how far a key lies ahead: that is a condition of blocked edges/,
      ],
      [
        'scaling a score',
        { at: edge, how: { scale: 2 } },
        /−∞: block edges, add to them, or scale the query/,
      ],
      [
        'more than a row has',
        { at: { ...edge, point: 'weights', keys: [1, 2] }, how: { force: [0.7] } },
        /sum to 1\.400: a row has 1 to give/,
      ],
      [
        'weights for other keys',
        { at: { ...edge, point: 'weights', keys: [1, 2, 3] }, how: { force: [0.1, 0.2] } },
        /2 weights are given for 3 keys/,
      ],
      [
        'a vector of another width',
        { at: { layer: 1, point: 'residual' }, how: { add: [1, 2] } },
        /has 2 numbers, and there are 128/,
      ],
      [
        'a text of another length',
        { at: { layer: 1, point: 'residual' }, how: { from: { text: 'The dog' } } },
        /The other run has 3 tokens and this one 6: name one token of it/,
      ],
      [
        'a token of that text',
        { at: { layer: 1, point: 'residual' }, how: { from: { text: 'The dog', token: 3 } } },
        /has 3 tokens: there is no token 3/,
      ],
      [
        'an entry after layer 0',
        { at: { layer: 1, point: 'residual' }, how: { id: 5 } },
        /only tokens and the stream before layer 0 become one/,
      ],
      ['a corpus that is not there', { at: head, how: { mean: 'corpus' } }, /no bundled treebank/],
    ];
    for (const [title, one, sentence] of cases) {
      it(title, async () => {
        const off = { at: head, how: { zero: true }, on: false } as const;
        await assert.rejects(run([off, one]), error => {
          assert.ok(error instanceof Error);
          assert.match(error.message, sentence);
          return true;
        });
      });
    }

    it('what a fused operator hides', async () => {
      const model = await new ModelStore().model(join(fixtures, 'genai_llama__fp32'));
      const [weights] = (model.card.points ?? []).filter(({ point }) => point === 'weights');
      assert.match(
        weights?.missing?.[0]?.reason ?? '',
        /lies inside com\.microsoft\.GroupQueryAttention/,
      );
      const at = { stack: 'decoder', layer: 0, point: 'weights' } as const;
      const overrides = [
        { at, steps: [{ keep: { dims: [1, 1, 1, 1], data: Float32Array.of(2) } }] },
      ];
      const feeds = { input_ids: { dims: [1, 2], data: BigInt64Array.of(3n, 4n) } };
      const nothing = {
        weights: false,
        queryKeyValue: false,
        maskedScores: false,
        headOutput: false,
        hiddenStates: false,
        logits: true,
      };
      await assert.rejects(
        model.run(feeds, nothing, [], { overrides }),
        /the outputs of its heads can be changed/,
      );
      await model.dispose();
    });
  });

  it('says what changes nothing', async () => {
    const { summary } = await run([
      { at: { ...edge, tokens: [2], keys: [1, 4] }, how: { block: true } },
      { at: head, how: { zero: true }, only: { token: 'cat' } },
    ]);
    assert.deepEqual(summary.notes, [
      'Intervention 2 applies to nothing in this text.',
      'In decoder layer 5, 1 edge of those that are blocked the model’s own mask blocks already.',
    ]);
  });

  it('reads lists from files, with paths that are relative to them', async () => {
    const path = join(folder, 'list.json');
    const list = [{ at: head, how: { from: { capture: 'other.safetensors' } } }];
    writeFileSync(path, JSON.stringify(list));
    const [one] = await readInterventions(path);
    assert.deepEqual(one, {
      kind: 'intervention',
      at: head,
      how: { from: { capture: join(folder, 'other.safetensors') } },
    });
    for (const [content, sentence] of [
      ['{', /list\.json is no list of interventions: it is not JSON\.$/],
      ['{}', /it is a JSON array/],
      [
        '[{"at":{"point":"value"},"how":{"zero":true}},{"at":{"point":"head"},"how":{}}]',
        /entry 2: at\.point/,
      ],
    ] as const) {
      writeFileSync(path, content);
      await assert.rejects(readInterventions(path), sentence);
    }
  });
});

function stepsOf(capture: Capture, layer: number, head: number, query: number) {
  const { id } = capture.summary;
  return computation(capture, {
    capture: id,
    stack: 'decoder',
    kind: 'self',
    layer,
    head,
    query,
    from: 0,
    count: 6,
  });
}

function near(a: Float32Array | undefined, b: Float32Array | undefined): void {
  assert.ok(worst(a, b) < 1e-3);
}

function worst(a: Float32Array | undefined, b: Float32Array | undefined): number {
  assert.ok(a && b && a.length === b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);
}
