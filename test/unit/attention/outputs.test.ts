import assert from 'node:assert/strict';
import { divergenceOf, largestIndices, logSoftmax } from '../../../src/inspector/attention/softmax';
import { divergence, predictions } from '../../../src/inspector/capture/outputs';
import { vocabularyText } from '../../../src/inspector/tokenizer/vocabularyText';
import { seededRandom } from '../../support/seededRandom';
import { near, smallCapture, tokensOf } from '../../support/smallCapture';

const logs = (...probabilities: number[]) => probabilities.map(p => Math.log(p));
const withLogits = (text: string, logits?: readonly (readonly number[])[]) =>
  smallCapture({ tokens: { encoder: tokensOf(text) }, blocks: [], ...(logits ? { logits } : {}) });

describe('softmax over the vocabulary', () => {
  it('gives logarithms whose exponentials sum to 1, however large the logits', () => {
    const shifted = Float32Array.from([1, 2, 3], x => x + 1000);
    const expected = logSoftmax(Float32Array.of(1, 2, 3));
    near(logSoftmax(shifted), [...expected]);
    near([expected.reduce((sum, log) => sum + Math.exp(log), 0)], [1], 1e-15);
  });

  it('divergence is Σ p log p/q, 0 of equal ones, never negative', () => {
    const [p, q] = [logs(0.5, 0.25, 0.25), logs(0.25, 0.5, 0.25)].map(l => Float64Array.from(l));
    assert.ok(p && q);
    near([divergenceOf(p, q)], [0.5 * Math.log(2) - 0.25 * Math.log(2)], 1e-12);
    assert.equal(divergenceOf(p, p), 0);
    near(
      [divergenceOf(Float64Array.from(logs(1, 0)), Float64Array.from(logs(0.5, 0.5)))],
      [Math.log(2)],
    );
    const random = seededRandom(5);
    const some = () => logSoftmax(Float32Array.from({ length: 50 }, () => 8 * random()));
    for (let i = 0; i < 50; i++) assert.ok(divergenceOf(some(), some()) >= 0);
  });

  it('finds the largest, largest first, as a full sort would', () => {
    const random = seededRandom(9);
    const values = Float64Array.from({ length: 500 }, () => Math.floor(100 * random()));
    const sorted = [...values.keys()].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
    assert.deepEqual(largestIndices(values, 20), sorted.slice(0, 20));
    assert.deepEqual(largestIndices(Float64Array.of(1, 3), 5), [1, 0]);
  });
});

describe('predictions', () => {
  const capture = withLogits('a b', [logs(0.1, 0.2, 0.7), logs(0.5, 0.3, 0.2)]);

  it('lists the most probable tokens by the tokenizer’s text, ids without one', () => {
    const { token, best } = predictions(capture, { tokenOf: id => ['Ġthe', '##y'][id] }, 0, 3);
    assert.equal(token, 0);
    assert.deepEqual(
      best.map(({ id, text }) => [id, text]),
      [
        [2, '#2'],
        [1, '##y'],
        [0, ' the'],
      ],
    );
    near(
      best.map(({ probability }) => probability),
      [0.7, 0.2, 0.1],
    );
    assert.deepEqual(
      predictions(capture, undefined, 1, 1).best.map(({ text }) => text),
      ['#0'],
    );
  });

  it('refuses tokens that are not there and runs without logits', () => {
    assert.throws(() => predictions(capture, undefined, 2, 1), /no token 2: the last is 1/);
    assert.throws(() => predictions(withLogits('a'), undefined, 0, 1), {
      code: 'not-captured',
      message: /small gives no logits/,
    });
  });
});

describe('divergence of two runs', () => {
  it('is KL(before ‖ after) at each token, and whether the first choice is another', async () => {
    const before = withLogits('a b', [logs(0.5, 0.25, 0.25), logs(0.1, 0.2, 0.7)]);
    const after = withLogits('a b', [logs(0.25, 0.5, 0.25), logs(0.1, 0.2, 0.7)]);
    const { kl, flipped } = await divergence(before, after);
    near(kl, [0.25 * Math.log(2), 0]);
    assert.deepEqual([...flipped], [1, 0]);
  });

  it('lays padded outputs on each other', async () => {
    const words = tokensOf('a b [PAD]');
    const after = smallCapture({
      tokens: { encoder: [2, 0, 1].flatMap(i => words[i] ?? []) },
      blocks: [],
      logits: [logs(0.9, 0.1), logs(0.3, 0.7), logs(0.6, 0.4)],
      mask: { kind: 'padding', side: 'left', count: 1 },
    });
    const before = withLogits('a b', [logs(0.3, 0.7), logs(0.6, 0.4)]);
    const { kl, offsetBefore, offsetAfter } = await divergence(before, after);
    near(kl, [0, 0]);
    assert.deepEqual([offsetBefore, offsetAfter], [0, 1]);
  });

  it('says so where the outputs name different vocabularies or texts', async () => {
    const two = withLogits('a', [logs(0.5, 0.5)]);
    await assert.rejects(divergence(two, withLogits('a', [logs(1, 1, 1)])), {
      code: 'inputs-wrong',
      message: /among 2 tokens, the other among 3/,
    });
    const words = smallCapture({
      tokens: { encoder: tokensOf('x a').slice(1) },
      blocks: [],
      logits: [logs(0.5, 0.5)],
    });
    await assert.rejects(divergence(two, words), { code: 'inputs-wrong' });
  });
});

describe('what a vocabulary’s spelling reads like', () => {
  const cases = [
    ['Ġthe', ' the'],
    ['▁the', ' the'],
    ['##y', '##y'],
    ['cafÃ©', 'café'],
    ['Ã', 'Ã'],
    ['Ċ', '\n'],
    ['日本', '日本'],
    ['plain', 'plain'],
  ] as const;
  for (const [spelling, text] of cases) {
    it(`${spelling} is ${JSON.stringify(text)}`, () =>
      assert.equal(vocabularyText(spelling), text));
  }
});
