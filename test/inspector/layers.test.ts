import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Capture } from '../../src/inspector/capture/capture';
import { openCapture, saveCapture } from '../../src/inspector/capture/captureFile';
import { inspect } from '../../src/inspector/run/inspect';
import { lens } from '../../src/inspector/layers/lens';
import { residuals } from '../../src/inspector/layers/residuals';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { readSafetensors, toFloat32 } from '../../src/inspector/files/safetensors';
import { type MaskChange, changesOf } from '../../src/protocol/change';
import { InspectorError, type ErrorCode } from '../../src/protocol/errors';
import type { InspectParams } from '../../src/protocol/inspector';
import type { Intervention } from '../../src/protocol/intervention';
import type { Lens, LensKind, LensProgress } from '../../src/protocol/layers';
import type { Stack } from '../../src/protocol/model';
import { NEVER_CANCELLED, type Cancellation } from '../../src/protocol/rpc';
import { processorTime } from '../support/processorTime';
import { wordModel, WORDS_TEXT } from './support/wordModel';

/** Largest difference from Hugging Face and NumPy, relative to the larger of 1 and the value. */
const TOLERANCE = 1e-4;

interface OracleCase {
  readonly model: string;
  readonly text: string;
  readonly kind?: LensKind;
  readonly expected?: readonly number[];
  readonly target?: string;
  readonly stack?: Stack;
  readonly mask?: MaskChange;
}

const folder = resolve('test/fixtures/layers');
const { cases } = JSON.parse(readFileSync(join(folder, 'lens.json'), 'utf8')) as {
  cases: Record<string, OracleCase>;
};
const oracle = readSafetensors(readFileSync(join(folder, 'lens.safetensors')));

describe('layers', function () {
  this.timeout(300_000);
  const store = new ModelStore();
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-layers-'))));
  after(() => rm(scratch, { recursive: true }));

  const run = (model: string, options: Partial<InspectParams> = {}) =>
    inspect(
      { model: resolve(model), text: WORDS_TEXT, maximumTokens: 512, ...options },
      store,
      () => Promise.resolve(),
    );
  const readLens = (
    capture: Capture,
    kind: LensKind,
    {
      from = 0,
      count = 1000,
      best = 5,
      signal = NEVER_CANCELLED,
      progress = () => undefined,
    }: {
      from?: number;
      count?: number;
      best?: number;
      signal?: Cancellation;
      progress?: (value: LensProgress) => void;
    } = {},
  ): Promise<Lens> =>
    lens(
      capture,
      { capture: capture.summary.id, kind, from, count, best },
      store,
      progress,
      signal,
    );
  const fails = (call: Promise<unknown>, code: ErrorCode, sentence: RegExp) =>
    assert.rejects(call, (error: unknown) => {
      assert.ok(error instanceof InspectorError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, sentence);
      return true;
    });

  describe('predictions are those of Hugging Face and PyTorch:', () => {
    for (const [name, { model, text, kind, expected, target, mask }] of Object.entries(cases)) {
      if (kind === undefined) continue;
      it(name, async () => {
        const options = { text, ...(target ? { target } : {}), changes: changesOf({ mask }) };
        const got = await readLens(await run(model, options), kind);
        assert.deepEqual([...got.expectedIds], expected);
        assert.equal(got.count, expected?.length);
        closeTo(got.probabilities, numbers(`${name}.probabilities`), 'probabilities');
        closeTo(got.expected, numbers(`${name}.expected`), 'expected');
        sameIds(got, numbers(`${name}.ids`), numbers(`${name}.probabilities`));
        for (const id of got.ids) assert.ok(id < 0 || got.texts[id] !== undefined, `text of ${id}`);
      });
    }
  });

  describe('the residual stream is that of NumPy:', () => {
    for (const [name, { model, text, target, stack }] of Object.entries(cases)) {
      if (!oracle.has(`${name}.cka`)) continue;
      it(name, async () => {
        const capture = await run(model, { text, ...(target ? { target } : {}) });
        const wanted = stack ?? capture.summary.model.stacks.at(-1) ?? 'encoder';
        const got = await residuals(capture, wanted);
        assert.deepEqual([got.states, got.tokens], oracle.get(`${name}.norms`)?.dims);
        for (const part of ['norms', 'cosine', 'cka'] as const) {
          closeTo(got[part], numbers(`${name}.${part}`), part);
        }
      });
    }
  });

  it('a part of the tokens has the numbers of the whole', async () => {
    for (const [model, kind] of [
      ['models/decoder', 'logitLens'],
      ['models/encoder', 'maskedLm'],
    ] as const) {
      const capture = await run(model);
      const whole = await readLens(capture, kind);
      const part = await readLens(capture, kind, { from: 3, count: 2, best: 2 });
      assert.deepEqual([part.from, part.count, part.best], [3, 2, 2]);
      for (let state = 0; state < whole.states; state++) {
        for (let token = 0; token < 2; token++) {
          const [mine, all] = [state * 2 + token, state * whole.count + 3 + token];
          assert.deepEqual(
            [...part.ids.subarray(mine * 2, mine * 2 + 2)],
            [...whole.ids.subarray(all * 5, all * 5 + 2)],
          );
          closeTo(
            part.expected.subarray(mine, mine + 1),
            whole.expected.subarray(all, all + 1),
            '',
          );
        }
      }
    }
  });

  it('the last state of a logit lens predicts what the run itself predicts', async () => {
    const capture = await run('models/decoder');
    const { ids, states, count, best } = await readLens(capture, 'logitLens');
    const { data = new Float32Array(), dims = [] } = capture.run.logits ?? {};
    const vocabulary = dims[2] ?? 0;
    for (let token = 0; token < count; token++) {
      const logits = data.subarray(token * vocabulary, (token + 1) * vocabulary);
      assert.equal(ids[((states - 1) * count + token) * best], logits.indexOf(Math.max(...logits)));
    }
  });

  it('special tokens are left out of masked predictions, padding too', async () => {
    const capture = await run('models/encoder', {
      changes: changesOf({ mask: { kind: 'padding', side: 'left', count: 2 } }),
    });
    const tokens = capture.summary.tokens.encoder ?? [];
    const got = await readLens(capture, 'maskedLm');
    const left = tokens.flatMap(({ special }, i) => (special ? i : []));
    assert.deepEqual(left, [0, 1, 2, tokens.length - 1]);
    for (const [i, { id }] of tokens.entries()) {
      const isLeft = left.includes(i);
      assert.equal(got.expectedIds[i], isLeft ? -1 : id);
      assert.equal(got.ids[i * 5] === -1, isLeft);
      assert.equal(Number.isNaN(got.expected[i]), isLeft);
    }
    // The padding was hidden in the masked runs as well.
    const plain = await readLens(await run('models/encoder'), 'maskedLm');
    const inner = tokens.length - 4;
    closeTo(
      got.expected.subarray(3, 3 + inner),
      plain.expected.subarray(1, 1 + inner),
      'with hidden padding',
    );
  });

  it('masked tokens are predicted in the order and with the positions of the run', async () => {
    // What the head predicts with one token masked, in a run of that text itself.
    const swapped = 'the mat sat on the cat and it was warm';
    const order = [0, 1, 6, 3, 4, 5, 2, 7, 8, 9, 10, 11, 12];
    const read = async (options: Partial<InspectParams>) =>
      readLens(await run('models/encoder', options), 'maskedLm');
    const plain = await read({ text: `${swapped}.` });
    const reordered = await read({
      text: `${WORDS_TEXT}.`,
      changes: changesOf({ order: { order, positions: 'own' } }),
    });
    const equal = await read({
      text: `${swapped}.`,
      changes: changesOf({ order: { positions: 'equal' } }),
    });
    closeTo(reordered.expected, plain.expected, 'the same text');
    const differs = equal.expected.some(
      (value, i) => Math.abs(value - (plain.expected[i] ?? NaN)) > 0.01,
    );
    assert.ok(differs, 'positions tell something');
    // Without positions, both “the” of the text are the same token among the same others.
    const [first, second] = [1, 5].map(token => equal.expected[6 * equal.count + token] ?? NaN);
    assert.ok(Math.abs((first ?? NaN) - (second ?? NaN)) < TOLERANCE);
  });

  it('masked tokens are predicted with the interventions of the run, as in runs made by hand', async () => {
    const list: readonly Omit<Intervention, 'kind'>[] = [
      { at: { layer: 1, point: 'headOutput', heads: [0, 2] }, how: { zero: true } },
      { at: { layer: 2, point: 'residual', tokens: [3] }, how: { scale: 1.5 } },
      { at: { layer: 3, point: 'maskedScores', tokens: [4], keys: [2, 5] }, how: { block: true } },
      { at: { layer: 4, point: 'weights', tokens: [6], keys: [1] }, how: { force: [0.75] } },
    ];
    const changes = list.map(one => ({ kind: 'intervention' as const, ...one }));
    const capture = await run('models/encoder', { changes });
    const got = await readLens(capture, 'maskedLm');
    assert.match(got.note, /numbers that the interventions put into this one/);
    const plain = await readLens(await run('models/encoder'), 'maskedLm');
    assert.doesNotMatch(plain.note, /interventions/);
    const words = WORDS_TEXT.split(' ');
    const last = (got.states - 1) * got.count;
    let differing = 0;
    for (const token of [2, 3, 4, 6]) {
      const text = words.with(token - 1, '[MASK]').join(' ');
      const { logits } = (await run('models/encoder', { text, changes })).run;
      assert.deepEqual(logits?.dims.slice(0, 2), [1, got.count]);
      const [, , vocabulary = 0] = logits.dims;
      const own = logits.data.subarray(token * vocabulary, (token + 1) * vocabulary);
      const sum = own.reduce((total, logit) => total + Math.exp(logit), 0);
      const byHand = Math.exp(own[got.expectedIds[token] ?? -1] ?? NaN) / sum;
      const found = got.expected[last + token] ?? NaN;
      assert.ok(Math.abs(found - byHand) < 1e-5, `token ${token}: ${found}, not ${byHand}`);
      const without = plain.expected[last + token] ?? NaN;
      if (Math.abs(found / without - 1) > 0.02) differing++;
    }
    assert.ok(differing > 1, `${differing} of 4 tokens are predicted otherwise than without`);
  });

  it('progress is counted in tokens and ends at their number', async () => {
    const values: LensProgress[] = [];
    const progress = (value: LensProgress) => values.push(value);
    await readLens(await run('models/encoder'), 'maskedLm', { progress });
    assert.deepEqual(values[0], { done: 0, of: 10 });
    assert.deepEqual(values.at(-1), { done: 10, of: 10 });
    assert.ok(values.length > 3, `${values.length} reports`);
    assert.ok(values.every(({ done }, i) => done >= (values[i - 1]?.done ?? 0)));
  });

  it('a cancelled lens stops within a second', async () => {
    const text = Array.from({ length: 60 }, () => WORDS_TEXT).join('. ');
    const capture = await run('models/encoder', { text });
    let stopped = 0;
    const signal = { aborted: false, addEventListener: () => undefined };
    const progress = ({ done }: LensProgress) => {
      if (done === 0 || signal.aborted) return;
      // As a message from outside comes in.
      setTimeout(() => {
        stopped ||= processorTime();
        signal.aborted = true;
      }, 20);
    };
    await fails(readLens(capture, 'maskedLm', { signal, progress }), 'cancelled', /cancelled/);
    assert.ok(processorTime() - stopped < 1000);
    const before = { aborted: true, addEventListener: () => undefined };
    await fails(readLens(capture, 'logitLens', { signal: before }), 'cancelled', /cancelled/);
  });

  it('others have their turn while a lens runs', async () => {
    const capture = await run('models/encoder', { text: cases['encoder.long']?.text ?? '' });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await readLens(capture, 'maskedLm', { count: 30 });
    clearInterval(timer);
    assert.ok(turns > 10, `${turns} turns`);
  });

  it('one token of text has predictions and norms, and no CKA', async () => {
    const capture = await run(wordModel(scratch, 'gpt2__legacy_eager_op14'), { text: 'cat' });
    const got = await readLens(capture, 'logitLens');
    assert.deepEqual([got.count, got.expectedIds[0]], [1, -1]);
    assert.ok(got.expected.every(Number.isNaN));
    assert.ok((got.probabilities[0] ?? 0) > 0);
    const { norms, cosine, cka, tokens } = await residuals(capture, 'decoder');
    assert.equal(tokens, 1);
    assert.ok(norms.every(norm => norm > 0) && cosine.every(value => Math.abs(value) <= 1.0001));
    assert.ok(cka.every(Number.isNaN));
  });

  describe('on the command line', () => {
    interface Printed {
      readonly layers: {
        readonly residuals: Record<
          string,
          { readonly norms: number[][]; readonly cka: number[][] }
        >;
        readonly lens: {
          readonly kind?: LensKind;
          readonly missing?: string;
          readonly note: string;
          readonly states: {
            readonly best: { readonly id: number; readonly text: string; probability: number }[];
            readonly expected: { readonly id: number; readonly probability: number } | null;
          }[][];
        };
      };
    }
    const cli = (...args: string[]) => {
      const command = ['--import', 'tsx', 'src/inspector/cli.ts', 'inspect', ...args];
      return spawnSync(process.execPath, command, { encoding: 'utf8' });
    };
    const printed = (...args: string[]) => {
      const { stdout, stderr } = cli(...args, '--json', '--layers');
      assert.equal(stderr, '');
      return (JSON.parse(stdout) as Printed).layers;
    };

    it('prints the numbers that the views show, of the lens that the model offers', async () => {
      for (const [model, kind] of [
        ['models/encoder', 'maskedLm'],
        ['models/decoder', 'logitLens'],
      ] as const) {
        const { lens: shown, residuals: streams } = printed('--model', model, '--text', WORDS_TEXT);
        const capture = await run(model);
        const got = await readLens(capture, kind);
        assert.deepEqual([shown.kind, shown.note], [kind, got.note]);
        const cells = shown.states.flat();
        assert.equal(cells.length, got.states * got.count);
        for (const [i, { best, expected }] of cells.entries()) {
          const ids = [...got.ids.subarray(i * 5, i * 5 + 5)].filter(id => id >= 0);
          assert.deepEqual(
            best.map(({ id, text }) => [id, text]),
            ids.map(id => [id, got.texts[id]]),
          );
          if (!expected) assert.ok(Number.isNaN(got.expected[i]));
          else assert.ok(Math.abs(expected.probability - (got.expected[i] ?? NaN)) < 1e-6);
        }
        const [stack] = capture.summary.model.stacks;
        const own = await residuals(capture, stack ?? 'encoder');
        const stream = streams[stack ?? 'encoder'];
        closeTo(Float32Array.from(stream?.norms.flat() ?? []), own.norms, 'norms');
        closeTo(Float32Array.from(stream?.cka.flat() ?? []), own.cka, 'cka');
      }
    });

    it('takes the other lens where it is asked for, and says what a model does not offer', () => {
      const text = ['--model', 'models/encoder', '--text', 'The cat.'];
      assert.equal(printed(...text, '--lens', 'logitLens').lens.kind, 'logitLens');
      const decoder = ['--model', 'models/decoder', '--text', 'The cat.'];
      const { status, stderr } = cli(...decoder, '--json', '--layers', '--lens', 'maskedLm');
      assert.equal(status, 1);
      assert.match(stderr, /predicts the next token/);
      const bare = wordModel(scratch, 'bert__features_legacy_eager_op17');
      const { lens: missing, residuals: streams } = printed('--model', bare, '--text', 'the cat');
      assert.match(missing.missing ?? '', /gives no logits/);
      assert.equal(streams.encoder?.cka.length, 3);
    });

    it('prints no lens of a capture file, and refuses flags that do not go together', async () => {
      const path = join(scratch, 'cli.safetensors');
      await saveCapture(await run('models/encoder'), path);
      const { lens: missing, residuals: streams } = printed('--capture', path);
      assert.match(missing.missing ?? '', /capture file holds no weights/);
      assert.equal(streams.encoder?.norms.length, 7);
      for (const flags of [
        ['--layers'],
        ['--json', '--lens', 'logitLens'],
        ['--json', '--layers', '--lens', 'x'],
      ]) {
        const { status, stderr } = cli('--model', 'models/encoder', '--text', 'a', ...flags);
        assert.equal(status, 2);
        assert.match(stderr, /--layers/);
      }
    });
  });

  describe('says clearly what cannot be had:', () => {
    it('a model without logits', async () => {
      const capture = await run(wordModel(scratch, 'bert__features_legacy_eager_op17'));
      await fails(readLens(capture, 'logitLens'), 'not-captured', /gives no logits/);
      await fails(readLens(capture, 'maskedLm'), 'not-captured', /gives no logits/);
      assert.equal((await residuals(capture, 'encoder')).tokens, 10);
    });

    it('a tokenizer without a mask token', async () => {
      const capture = await run(wordModel(scratch, 'bert__legacy_eager_op14'));
      await fails(readLens(capture, 'maskedLm'), 'not-captured', /has no mask token/);
      assert.match((await readLens(capture, 'logitLens')).note, /no token was masked/);
    });

    it('masked tokens for a decoder, and for an encoder–decoder', async () => {
      for (const model of ['models/decoder', 'models/encoder-decoder']) {
        await fails(readLens(await run(model), 'maskedLm'), 'not-captured', /logit lens/);
      }
    });

    it('a capture from a file: no predictions, but its residual stream', async () => {
      const capture = await run('models/encoder');
      const path = join(scratch, 'run.safetensors');
      await saveCapture(capture, path);
      const opened = await openCapture(path);
      await fails(readLens(opened, 'logitLens'), 'not-captured', /capture file holds no weights/);
      await fails(readLens(opened, 'maskedLm'), 'not-captured', /capture file holds no weights/);
      const [mine, saved] = [
        await residuals(capture, 'encoder'),
        await residuals(opened, 'encoder'),
      ];
      assert.deepEqual(saved.cka, mine.cka);
    });

    it('hidden states that were refused', async () => {
      const { summary, run: made } = await run('models/encoder');
      const refused = { ...made, hiddenStates: {} };
      const capture = new Capture(summary, refused, () => Promise.reject(new Error('no rerun')));
      await fails(residuals(capture, 'encoder'), 'not-captured', /hidden states of the encoder/);
      await fails(readLens(capture, 'logitLens'), 'not-captured', /hidden states of the encoder/);
      await fails(residuals(capture, 'decoder'), 'not-captured', /hidden states of the decoder/);
    });

    it('a model whose files changed since the run', async () => {
      const { summary, run: made } = await run('models/encoder');
      const other =
        made.lastResidual.encoder?.data.map((value, i) => value + Math.sin(i)) ??
        new Float32Array();
      const lastResidual = {
        encoder: { dims: made.lastResidual.encoder?.dims ?? [], data: other },
      };
      const capture = new Capture(summary, { ...made, lastResidual }, () =>
        Promise.reject(new Error('no rerun')),
      );
      await fails(readLens(capture, 'logitLens'), 'capture-missing', /changed since this run/);
    });

    it('a token that is not there', async () => {
      const capture = await run('models/decoder');
      await fails(readLens(capture, 'logitLens', { from: 99 }), 'internal', /no token 99/);
    });
  });
});

function numbers(name: string): Float32Array {
  const entry = oracle.get(name);
  assert.ok(entry, name);
  return toFloat32(entry);
}

function closeTo(actual: Float32Array, expected: Float32Array, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (const [i, value] of expected.entries()) {
    const mine = actual[i] ?? NaN;
    if (Number.isNaN(value)) assert.ok(Number.isNaN(mine), `${what} ${i}: ${mine}`);
    else {
      const error = Math.abs(mine - value) / Math.max(1, Math.abs(value));
      assert.ok(error < TOLERANCE, `${what} ${i}: ${mine}, not ${value}`);
    }
  }
}

/** The same entries, but for those whose probabilities are as good as equal. */
function sameIds({ ids, best }: Lens, expected: Float32Array, chances: Float32Array): void {
  let compared = 0;
  for (const [i, id] of expected.entries()) {
    const chance = chances[i] ?? NaN;
    if (Number.isNaN(chance)) {
      assert.equal(ids[i], -1);
      continue;
    }
    const rank = i % best;
    const before = rank === 0 ? Infinity : (chances[i - 1] ?? 0);
    const after = rank === best - 1 ? chance : (chances[i + 1] ?? 0);
    if (rank === best - 1 || before - chance < TOLERANCE || chance - after < TOLERANCE) continue;
    assert.equal(ids[i], id, `entry ${i}`);
    compared++;
  }
  assert.ok(compared > ids.length / 4, `${compared} of ${ids.length} compared`);
}
