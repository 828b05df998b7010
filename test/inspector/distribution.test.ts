import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Capture } from '../../src/inspector/capture/capture';
import { createInspector } from '../../src/inspector/inspector';
import { distribution } from '../../src/inspector/layers/distribution';
import { sample } from '../../src/inspector/layers/sampling';
import { ModelStore } from '../../src/inspector/store/modelStore';
import type { Distribution, Sampling } from '../../src/protocol/layers';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { smallCapture, tokensOf } from '../support/smallCapture';

interface Case extends Sampling {
  readonly row: string;
  readonly kept: number;
  readonly entropy: number;
  /** Largest first. */
  readonly sampled: readonly number[];
}
interface Reference {
  readonly logits: Record<string, readonly (number | null)[]>;
  readonly cases: readonly Case[];
}
const { logits, cases } = JSON.parse(
  readFileSync(resolve('test/fixtures/layers/distribution.json'), 'utf8'),
) as Reference;

const close = (a: number, b: number, what: string) =>
  assert.ok(Math.abs(a - b) < 1e-12, `${what}: ${a} is not ${b}`);
const rowOf = (name: string) => Float32Array.from(logits[name] ?? [], x => x ?? -Infinity);

describe('sampling against the logits warpers of Hugging Face', () => {
  for (const { row, kept, entropy, sampled, ...sampling } of cases) {
    const { temperature, topK, topP } = sampling;
    it(`${row}: temperature ${temperature}, top-k ${topK}, top-p ${topP}`, () => {
      const found = sample(rowOf(row), sampling);
      assert.equal(found.kept, kept);
      close(found.entropy, entropy, 'entropy');
      const ours = Array.from(found.logs).sort((a, b) => b - a);
      for (const [rank, expected] of sampled.entries()) {
        const share = rank < found.kept ? Math.exp(ours[rank] ?? NaN) / found.mass : 0;
        close(share, expected, `rank ${rank}`);
      }
    });
  }

  it('keeps the fewest that reach the mass', () => {
    const halves = Float32Array.from([0.5, 0.25, 0.25], Math.log);
    const kept = (topP: number) => sample(halves, { temperature: 1, topK: 0, topP }).kept;
    assert.deepEqual([0.49, 0.51, 0.76, 1].map(kept), [1, 2, 3, 3]);
  });

  it('takes a temperature that nothing can be divided by as the limit of 0', () => {
    const found = sample(Float32Array.of(1, 3, 2), { temperature: 5e-324, topK: 0, topP: 1 });
    assert.deepEqual([found.kept, found.mass, found.entropy], [1, 1, 0]);
  });
});

describe('the next-token distribution of a run', function () {
  this.timeout(300_000);
  const inspector = createInspector();
  const call = [() => undefined, NEVER_CANCELLED] as const;
  const PLAIN: Sampling = { temperature: 1, topK: 0, topP: 1 };
  const captureOf = async (model: string, text: string) =>
    inspector.inspect({ model: resolve('models', model), text, maximumTokens: 64 }, ...call);
  const of = (capture: string, token: number, sampling: Sampling, count = 8) =>
    inspector.distribution({ capture, token, count, ...sampling }, ...call);
  const sumOf = ({ candidates }: Distribution, what: 'probability' | 'sampled') =>
    candidates.reduce((sum, candidate) => sum + candidate[what], 0);

  for (const [model, text] of [
    ['decoder', 'Once upon a time there was a'],
    ['encoder', 'the cat [MASK] on the mat'],
    ['encoder-decoder', 'the sat cat on the mat'],
  ] as const) {
    it(`${model}: is the predictions without sampling, and what is left of them with it`, async () => {
      const { id, tokens } = await captureOf(model, text);
      const stack = tokens.decoder ?? tokens.encoder ?? [];
      const token = model === 'encoder' ? 3 : stack.length - 1;
      const predictions = await inspector.predictions({ capture: id, token, count: 8 }, ...call);
      const plain = await of(id, token, PLAIN);
      const { candidates, kept, vocabulary } = plain;
      assert.deepEqual(
        candidates.map(({ id, text, probability }) => ({ id, text, probability })),
        predictions.best,
      );
      assert.deepEqual([kept, vocabulary], [8192, 8192]);
      for (const { probability, sampled } of candidates) close(sampled, probability, 'plain');

      const cut = await of(id, token, { temperature: 0.5, topK: 5, topP: 0.95 });
      assert.ok(cut.kept <= 5 && cut.entropy < plain.entropy);
      close(sumOf(cut, 'sampled'), 1, 'what is left');
      close(sumOf(cut, 'probability'), sumOf(plain, 'probability'), 'what the model says');
      assert.ok(cut.candidates.slice(cut.kept).every(({ sampled }) => sampled === 0));

      const greedy = await of(id, token, { temperature: 0, topK: 3, topP: 0.5 });
      assert.deepEqual(
        greedy.candidates.map(({ sampled }) => sampled),
        [1, 0, 0, 0, 0, 0, 0, 0],
      );
      assert.deepEqual([greedy.kept, greedy.entropy], [1, 0]);
    });
  }

  it('is not drawn from what is no number, nor from a run without logits', async () => {
    const tokens = { encoder: tokensOf('a b c d') };
    const logits = [
      [1, NaN, 2],
      [0, Infinity, 1],
      [-Infinity, -Infinity, -Infinity],
      [-Infinity, 3, 1],
    ];
    const file = { file: '/tmp/a.safetensors' };
    const made = smallCapture({ tokens, blocks: [], logits });
    const capture = new Capture({ ...made.summary, ...file }, made.run, () =>
      Promise.reject(new Error('Every map is kept.')),
    );
    const at = (token: number) =>
      distribution(capture, { capture: '', token, count: 9, ...PLAIN }, new ModelStore());
    for (const token of [0, 1, 2]) await assert.rejects(at(token), /is not a number/);
    const { kept, candidates } = await at(3);
    assert.equal(kept, 2);
    assert.deepEqual(
      candidates.map(({ id, text, sampled }) => [id, text, sampled > 0]),
      [
        [1, '#1', true],
        [2, '#2', true],
        [0, '#0', false],
      ],
    );
    const none = smallCapture({ tokens, blocks: [] });
    const wanted = { capture: '', token: 0, count: 1, ...PLAIN };
    await assert.rejects(distribution(none, wanted, new ModelStore()), { code: 'not-captured' });
  });

  it('names a token that is not there', async () => {
    const { id } = await captureOf('decoder', 'a cat');
    await assert.rejects(of(id, 99, PLAIN), /There is no token 99/);
  });
});
