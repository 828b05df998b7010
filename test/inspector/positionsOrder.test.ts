import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Capture } from '../../src/inspector/capture/capture';
import { openCapture, saveCapture } from '../../src/inspector/capture/captureFile';
import { readSummary, writeSummary } from '../../src/inspector/captureFile/storedSummary';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { distanceScores } from '../../src/inspector/positions/distanceScores';
import { orderEffect } from '../../src/inspector/positions/orderEffect';
import { positions } from '../../src/inspector/positions/positions';
import type { Block } from '../../src/protocol/capture';
import {
  changesOf,
  maskOf,
  orderOf,
  type MaskChange,
  type OrderChange,
} from '../../src/protocol/change';
import { InspectorError, type ErrorCode } from '../../src/protocol/errors';
import type { PositionScheme } from '../../src/protocol/positions';
import { wordModel, WORDS_TEXT } from './support/wordModel';

const TOLERANCE = 1e-4;
/** Of the ten words: nothing stays where it was. */
const SHUFFLED = [9, 0, 7, 2, 5, 4, 3, 6, 1, 8];

interface Options {
  readonly text?: string;
  readonly target?: string;
  readonly order?: OrderChange;
  readonly mask?: MaskChange;
  readonly memoryBudget?: number;
}

describe('the order of tokens', function () {
  this.timeout(300_000);
  const store = new ModelStore();
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-order-'))));
  after(() => rm(scratch, { recursive: true }));

  const run = (model: string, { order, mask, ...options }: Options = {}) => {
    const changes = changesOf({ order, mask });
    const params = { model, text: WORDS_TEXT, maximumTokens: 64, ...options, changes };
    return inspect(params, store, () => Promise.resolve());
  };
  const distancesOf = (capture: Capture, block: Block, layer = 1, head = 0) =>
    distanceScores(capture, { capture: '', ...block, layer, head }, store);

  const equivariant = [
    'albert__legacy_eager_op14',
    'bart__legacy_sdpa_op17',
    'bert__dynamo_sdpa_op23',
    'bert__fp16_legacy_eager_op14',
    'bert__fusedAttention_handbuilt_op17',
    'bert__fusedMultiHeadAttention_handbuilt_op17',
    'bert__int8dyn_legacy_eager_op14',
    'bert__legacy_eager_op14',
    'bert__obfuscated_legacy_eager_op14',
    'custom_bmm__legacy_op14',
    'custom_einsum__legacy_op14',
    'custom_expsum__legacy_op14',
    'distilbert__legacy_sdpa_op17',
    'esm__dynamo_sdpa_op18',
    'marian__dynamo_eager_op18',
    'roberta__dynamo_sdpa_op18',
    't5__legacy_eager_op14',
    'models/encoder',
    'models/encoder-decoder',
  ];
  for (const name of equivariant) {
    it(`is nothing to ${name} where positions are equal`, async () => {
      const isBundled = name.startsWith('models/');
      const model = isBundled ? resolve(name) : wordModel(scratch, name);
      const text = isBundled ? 'The cat sat on the warm mat.' : WORDS_TEXT;
      const plain = await run(model, { text, order: { positions: 'equal' } });
      const count = plain.summary.tokens.encoder?.length ?? 0;
      const order =
        count === 10 ? SHUFFLED : Array.from({ length: count }, (_, i) => count - 1 - i);
      const moved = await run(model, { text, order: { order, positions: 'equal' } });
      const told = [
        await run(model, { text }),
        await run(model, { text, order: { order, positions: 'own' } }),
      ] as const;

      const states = [plain, moved].map(({ run: { hiddenStates } }) =>
        hiddenStates.encoder?.at(-1),
      );
      const width = states[0]?.dims[2] ?? 0;
      const rows = states.map(state => state?.data ?? new Float32Array());
      const largest = rows[0]?.reduce((most, value) => Math.max(most, Math.abs(value)), 1) ?? 1;
      order.forEach((token, place) => {
        for (let d = 0; d < width; d++) {
          const [a = NaN, b = NaN] = [rows[0]?.[token * width + d], rows[1]?.[place * width + d]];
          assert.ok(Math.abs(a - b) <= TOLERANCE * largest, `${name}: token ${token}`);
        }
      });
      const block = { stack: 'encoder', kind: 'self' } as const;
      const effect = await orderEffect(plain, moved, block);
      assert.ok(Math.max(...effect.moved, ...effect.movedOfToken) < TOLERANCE);
      assert.ok(Math.max(0, ...(effect.kl ?? [])) < TOLERANCE);
      assert.ok(!effect.flipped?.includes(1));
      const own = await orderEffect(...told, block);
      assert.ok(Math.max(...own.moved) > 0.1, 'with positions, weight moves');
    });
  }

  it('changes weights and outputs of each token as is found by following it', async () => {
    const model = wordModel(scratch, 'gpt2__legacy_eager_op14');
    const [before, after] = [
      await run(model),
      await run(model, { order: { order: SHUFFLED, positions: 'own' } }),
    ];
    const block = { stack: 'decoder', kind: 'self' } as const;
    const effect = await orderEffect(before, after, block);
    assert.deepEqual([effect.layers, effect.heads], [2, 4]);
    const placeOf = (token: number) => SHUFFLED.indexOf(token);
    const sums = new Float64Array(10);
    for (const [layer, { weights }] of before.run.sites.entries()) {
      const other = after.run.sites[layer]?.weights;
      for (let head = 0; head < 4; head++) {
        let sum = 0;
        for (let query = 0; query < 10; query++) {
          let variation = 0;
          for (let key = 0; key < 10; key++) {
            const a = weights?.data[(head * 10 + query) * 10 + key] ?? NaN;
            const b = other?.data[(head * 10 + placeOf(query)) * 10 + placeOf(key)] ?? NaN;
            variation += Math.abs(a - b) / 2;
          }
          sum += variation / 10;
          sums[query] = (sums[query] ?? 0) + variation / 8;
        }
        assert.ok(Math.abs((effect.moved[layer * 4 + head] ?? NaN) - sum) < 1e-6);
      }
    }
    sums.forEach((sum, token) => {
      assert.ok(Math.abs((effect.movedOfToken[token] ?? NaN) - sum) < 1e-6);
    });
    const probabilities = (capture: Capture, token: number) => {
      const { dims = [], data = new Float32Array() } = capture.run.logits ?? {};
      const width = dims[2] ?? 0;
      const logits = [...data.subarray(token * width, (token + 1) * width)];
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      return logits.map(logit => Math.exp(logit) / total);
    };
    for (let token = 0; token < 10; token++) {
      const [p, q] = [probabilities(before, token), probabilities(after, placeOf(token))];
      const kl = p.reduce((sum, value, i) => sum + value * Math.log(value / (q[i] ?? NaN)), 0);
      assert.ok(Math.abs((effect.kl?.[token] ?? NaN) - kl) < 1e-4);
      const best = (all: readonly number[]) => all.indexOf(Math.max(...all));
      assert.equal(effect.flipped?.[token], best(p) === best(q) ? 0 : 1);
    }
    const back = await orderEffect(after, before, block);
    assert.ok(Math.abs((back.moved[3] ?? NaN) - (effect.moved[3] ?? NaN)) < 1e-6);
    assert.deepEqual((await orderEffect(before, before, block)).moved, new Float32Array(8));
  });

  it('follows tokens through padding, and the encoder’s through cross-attention', async () => {
    const model = wordModel(scratch, 't5__legacy_eager_op14');
    const target = 'it was warm';
    const mask = { kind: 'padding', side: 'left', count: 3 } as const;
    const order = { order: SHUFFLED, positions: 'equal' } as const;
    const [before, after, padded] = [
      await run(model, { target, order: { positions: 'equal' } }),
      await run(model, { target, order }),
      await run(model, { target, order, mask }),
    ];
    for (const other of [after, padded]) {
      for (const block of [
        { stack: 'encoder', kind: 'self' },
        { stack: 'decoder', kind: 'cross' },
        { stack: 'decoder', kind: 'self' },
      ] as const) {
        const { moved, movedOfToken } = await orderEffect(before, other, block);
        assert.equal(movedOfToken.length, block.stack === 'encoder' ? 10 : 4);
        assert.ok(Math.max(...moved) < TOLERANCE, `${block.stack} ${block.kind}`);
      }
    }
  });

  it('leaves each token its place in the text and breaks words apart', async () => {
    const text = 'unhappiness matters';
    const model = resolve('models/encoder');
    const plain = (await run(model, { text })).summary.tokens.encoder ?? [];
    const pieces = plain.flatMap(({ continues }, i) => (continues ? [i] : []));
    assert.ok(pieces.length > 0, 'the text has a word of several pieces');
    const order = plain.map((_, i) => i).reverse();
    const capture = await run(model, { text, order: { order, positions: 'own' } });
    const tokens = capture.summary.tokens.encoder ?? [];
    assert.deepEqual(
      tokens.map(({ index, id, start, end }) => [index, id, start, end]),
      order.map((from, place) => [place, plain[from]?.id, plain[from]?.start, plain[from]?.end]),
    );
    assert.ok(!tokens.some(({ continues }) => continues));
    assert.deepEqual(orderOf(capture.summary), { order, positions: 'own' });
    assert.match(capture.summary.notes?.join(' ') ?? '', /another order/);
    const block = { stack: 'encoder', kind: 'self' } as const;
    const map = await capture.map({ block, layer: 0, head: 0, grouping: 'word' });
    assert.deepEqual([map.queries, map.keys], [tokens.length, tokens.length]);
  });

  it('gives the same maps when they are computed later, and from a file', async () => {
    for (const name of ['models/decoder', 'bert__legacy_eager_op14', 'bloom__legacy_eager_op14']) {
      const model = name.startsWith('models/') ? resolve(name) : wordModel(scratch, name);
      const order = { positions: 'equal' } as const;
      const kept = await run(model, { order });
      const lean = await run(model, { order, memoryBudget: 1 });
      assert.equal(lean.run.sites[0]?.weights, undefined);
      const path = join(scratch, 'equal.safetensors');
      await saveCapture(kept, path);
      const [stack = 'encoder'] = kept.summary.model.stacks;
      for (const other of [lean, await openCapture(path)]) {
        assert.deepEqual(orderOf(other.summary), order);
        const where = { block: { stack, kind: 'self' as const }, layer: 1, head: 1, query: 6 };
        const [a, b] = [await kept.row(where), await other.row(where)];
        a.weights.forEach((w, i) => assert.ok(Math.abs(w - (b.weights[i] ?? NaN)) < 1e-5, name));
      }
    }
  });

  it('of a file is believed only where it names every token once', async () => {
    const model = wordModel(scratch, 'bert__legacy_eager_op14');
    const order = { order: SHUFFLED, positions: 'own' } as const;
    const { summary } = await run(model, { order });
    const read = (lie: OrderChange) =>
      readSummary(writeSummary({ ...summary, changes: changesOf({ order: lie }) }), what => {
        throw new Error(what);
      });
    assert.deepEqual(orderOf(read(order)), order);
    for (const lie of [[0, 1], SHUFFLED.map(() => 3), [...SHUFFLED.slice(1), 10]]) {
      assert.throws(() => read({ ...order, order: lie }), /does not name its 10 tokens once/);
    }
  });

  it('is read from files that know no other changes, as the mask is', async () => {
    const { summary } = await run(resolve('models/encoder'), { text: 'The cat sat on the mat.' });
    const count = summary.tokens.encoder?.length ?? 0;
    const order = {
      order: Array.from({ length: count }, (_, i) => i),
      positions: 'equal',
    } as const;
    const mask = { kind: 'window', before: 2, after: 1 } as const;
    const first = JSON.parse(writeSummary(summary)) as { summary: object };
    const json = JSON.stringify({ version: 1, summary: { ...first.summary, mask, order } });
    const read = readSummary(json, what => {
      throw new Error(what);
    });
    assert.deepEqual([maskOf(read), orderOf(read)], [mask, order]);
    assert.deepEqual(
      readSummary(writeSummary(read), what => {
        throw new Error(what);
      }),
      read,
    );
  });

  it('does not touch plain runs of the same model afterwards', async () => {
    const model = wordModel(scratch, 'bart__legacy_sdpa_op17', 'untouched');
    const before = await run(model);
    await run(model, { order: { positions: 'equal' } });
    const after = await run(model);
    assert.deepEqual(after.run.logits?.data, before.run.logits?.data);
  });

  it('is refused where it names not every token once', async () => {
    const model = wordModel(scratch, 'bert__legacy_eager_op14');
    const wrong: [readonly number[], RegExp][] = [
      [[0, 1], /names 2 tokens, and this text has 10\. Name each token once/],
      [[0, 1, 2, 3, 4, 5, 6, 7, 8, 8], /names token 8 twice/],
      [[0, 1, 2, 3, 4, 5, 6, 7, 8, 10], /names token 10, and the tokens of this text are 0 to 9/],
      [[0, 1, 2, 3, 4, 5, 6, 7, 8, 0.5], /names token 0\.5/],
    ];
    for (const [order, sentence] of wrong) {
      await rejects(run(model, { order: { order, positions: 'own' } }), 'inputs-wrong', sentence);
    }
  });

  it('is not compared between runs of other tokens or models', async () => {
    const model = wordModel(scratch, 'bert__legacy_eager_op14');
    const block = { stack: 'encoder', kind: 'self' } as const;
    const plain = await run(model);
    const shorter = await run(model, { text: 'the cat sat' });
    const others = await run(model, { text: 'the cat sat on the mat and it was the' });
    const distil = await run(wordModel(scratch, 'distilbert__legacy_sdpa_op17'));
    const wrong: [Capture, RegExp][] = [
      [shorter, /one has 10 encoder tokens, the other 3\. Run the text and its reordering/],
      [others, /different tokens at place 9 of the encoder/],
      [distil, /of different models/],
    ];
    for (const [other, sentence] of wrong) {
      await rejects(orderEffect(plain, other, block), 'inputs-wrong', sentence);
    }
  });

  it('cannot be made nothing where an operator holds the rotation', async () => {
    const model = wordModel(scratch, 'llama__groupQueryAttention_handbuilt_op17');
    await rejects(
      run(model, { order: { positions: 'equal' } }),
      'inputs-wrong',
      /cannot be given equal positions: its rotary encoding is computed inside com\.microsoft\.GroupQueryAttention/,
    );
    // Without a rerun: the operator's inputs are the vectors before the rotation.
    const capture = await run(model);
    const { withPosition, withoutPosition } = await distancesOf(capture, {
      stack: 'decoder',
      kind: 'self',
    });
    const at = withPosition.length >> 1;
    assert.ok(Math.abs((withPosition[at] ?? NaN) - (withoutPosition[at] ?? NaN)) < 1e-4);
    assert.notDeepEqual(withPosition, withoutPosition);
  });

  it('has no distances in cross-attention, and none in one token', async () => {
    const pair = await run(wordModel(scratch, 't5__legacy_eager_op14'), { text: 'cat' });
    await rejects(
      distancesOf(pair, { stack: 'decoder', kind: 'cross' }),
      'inputs-wrong',
      /two sequences, which have no distance/,
    );
    await rejects(
      distancesOf(pair, { stack: 'encoder', kind: 'self' }),
      'inputs-wrong',
      /One token has no distance to another\. Choose a longer text/,
    );
    for (const name of ['t5__legacy_eager_op14', 'bert__legacy_eager_op14', 'models/decoder']) {
      const model = name.startsWith('models/') ? resolve(name) : wordModel(scratch, name);
      const one = await run(model, { text: 'cat' });
      const [stack = 'encoder'] = one.summary.model.stacks;
      const { scheme } = await positions(one, stack, store);
      const long = await positions(await run(model), stack, store);
      assert.deepEqual(scheme, long.scheme, `${name}: positions do not depend on the text`);
    }
  });

  it('leaves a capture file what its scores tell', async () => {
    const save = async (name: string) => {
      const model = name.startsWith('models/') ? resolve(name) : wordModel(scratch, name);
      const capture = await run(model);
      const path = join(scratch, 'file.safetensors');
      await saveCapture(capture, path);
      const [stack = 'encoder'] = capture.summary.model.stacks;
      const own = (await positions(capture, stack, store)).scheme;
      return { file: await openCapture(path), block: { stack, kind: 'self' } as Block, own };
    };
    const t5 = await save('t5__legacy_eager_op14');
    const biases = [t5.own, (await positions(t5.file, 'encoder', store)).scheme].map(biasOf);
    biases[1]?.forEach((value, distance) => {
      assert.ok(Math.abs(value - (biases[0]?.get(distance) ?? NaN)) < 1e-5, distance);
    });
    assert.equal(biases[1]?.size, 4 * 19);
    const bloom = await save('bloom__legacy_eager_op14');
    const alibi = (await positions(bloom.file, 'decoder', store)).scheme;
    assert.ok(alibi.kind === 'alibi' && Math.abs((alibi.slopes[1] ?? NaN) - 0.0625) < 1e-6);
    const { withPosition } = await distancesOf(bloom.file, bloom.block);
    assert.equal(withPosition.length, 19);
    const decoder = await save('models/decoder');
    const rotary = (await positions(decoder.file, 'decoder', store)).scheme;
    assert.ok(rotary.kind === 'rotary' && decoder.own.kind === 'rotary');
    const { frequencies } = decoder.own;
    rotary.frequencies.forEach((value, i) => {
      assert.ok(Math.abs(value - (frequencies[i] ?? NaN)) < 1e-6);
    });
    await rejects(
      distancesOf(decoder.file, decoder.block),
      'not-captured',
      /Inspect the text with the model itself/,
    );
    const bert = await save('bert__legacy_eager_op14');
    await rejects(positions(bert.file, 'encoder', store), 'not-captured', /no weights .* table/);
    await rejects(distancesOf(bert.file, bert.block), 'not-captured', /no model to run again/);
    await rejects(positions(bert.file, 'decoder', store), 'not-captured', /has no decoder/);
  });
});

/** Bias by head and distance, those that there are. */
function biasOf(scheme: PositionScheme): Map<string, number> {
  assert.equal(scheme.kind, 'relativeBias');
  const { bias, heads, firstDistance } = scheme;
  const distances = bias.length / heads;
  const found = new Map<string, number>();
  bias.forEach((value, at) => {
    const distance = firstDistance + (at % distances);
    if (!Number.isNaN(value)) found.set(`${Math.floor(at / distances)} ${distance}`, value);
  });
  return found;
}

async function rejects(promise: Promise<unknown>, code: ErrorCode, sentence: RegExp) {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof InspectorError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, sentence);
    return true;
  });
}
