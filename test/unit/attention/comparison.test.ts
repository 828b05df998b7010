import assert from 'node:assert/strict';
import { difference } from '../../../src/inspector/capture/difference';
import { shares } from '../../../src/inspector/capture/shares';
import type { Block } from '../../../src/protocol/capture';
import { seededRandom } from '../../support/seededRandom';
import { mapOf, near, randomMap, smallCapture, tokensOf } from '../../support/smallCapture';

const block: Block = { stack: 'encoder', kind: 'self' };
const cross: Block = { stack: 'decoder', kind: 'cross' };
const at = { before: '', after: '', block, layer: 0, head: 0 };

describe('shares', () => {
  it('splits weight into past, current, future and special, means over heads and queries', async () => {
    const capture = smallCapture({
      tokens: { encoder: tokensOf('[CLS] a b') },
      blocks: [
        {
          layers: [
            [
              mapOf([0.5, 0.25, 0.25], [0.2, 0.3, 0.5], [0.1, 0.6, 0.3]),
              mapOf([1, 0, 0], [1, 0, 0], [1, 0, 0]),
            ],
            [mapOf([0, 1, 0], [0, 1, 0], [0, 1, 0])],
          ],
        },
      ],
    });
    const { layers, parts } = await shares(capture, block);
    assert.deepEqual(layers, [0, 1]);
    const past = 0.6 / 6;
    const current = (0.3 + 0.3) / 6;
    const future = (0.25 + 0.25 + 0.5) / 6;
    const special = (0.5 + 0.2 + 0.1 + 3) / 6;
    near(parts, [past, current, future, special, 1 / 3, 1 / 3, 1 / 3, 0]);
  });

  it('sums to 1 with no future under a causal mask', async () => {
    const random = seededRandom(2);
    const layers = [0, 1, 2].map(() => [0, 1].map(() => randomMap(9, random, true)));
    const capture = smallCapture({
      tokens: { encoder: tokensOf('[BOS] a b c d e f g h') },
      blocks: [{ layers }],
    });
    const { parts } = await shares(capture, block);
    for (let layer = 0; layer < 3; layer++) {
      const row = [...parts.slice(layer * 4, layer * 4 + 4)];
      near([row.reduce((sum, part) => sum + part, 0), row[2] ?? NaN], [1, 0]);
    }
  });

  it('leaves out hidden padding, and counts padding that is not hidden as special', async () => {
    const run = {
      tokens: { encoder: tokensOf('a b [PAD]') },
      blocks: [{ layers: [[mapOf([0.5, 0.5, 0], [0.5, 0.5, 0], [0, 1, 0])]] }],
    };
    const mask = { kind: 'padding', side: 'right', count: 1 } as const;
    near((await shares(smallCapture({ ...run, mask }), block)).parts, [0.25, 0.5, 0.25, 0]);
    const seen = smallCapture({
      tokens: run.tokens,
      blocks: [{ layers: [[mapOf([0, 0.5, 0.5], [0, 1, 0], [0, 0, 1])]] }],
      mask: { ...mask, unmasked: true },
    });
    near((await shares(seen, block)).parts, [0, 1 / 3, 0.5 / 3, 1.5 / 3]);
  });

  it('has none of cross-attention', async () => {
    const capture = smallCapture({
      tokens: { encoder: tokensOf('a'), decoder: tokensOf('b') },
      blocks: [{ ...cross, layers: [[mapOf([1])]] }],
    });
    await assert.rejects(shares(capture, cross), { code: 'inputs-wrong' });
  });
});

describe('difference', () => {
  const run = (words: string, ...maps: ReturnType<typeof mapOf>[]) =>
    smallCapture({ tokens: { encoder: tokensOf(words) }, blocks: [{ layers: [maps] }] });

  it('is after − before in 127 steps, and half the absolute sum is what moved', async () => {
    const before = run('a b', mapOf([0.6, 0.4], [0.5, 0.5]));
    const after = run('a b', mapOf([0.2, 0.8], [0.4, 0.6]));
    const { queries, keys, codes, limit, totalVariation } = await difference(before, after, at);
    assert.deepEqual([queries, keys], [2, 2]);
    near([limit], [0.4]);
    assert.deepEqual([...codes], [-127, 127, -32, 32]);
    near(totalVariation, [0.4, 0.1]);
  });

  it('is nothing where nothing changed', async () => {
    const same = () => run('a b', mapOf([0.6, 0.4], [0.5, 0.5]));
    const { codes, limit, totalVariation } = await difference(same(), same(), at);
    assert.deepEqual([...codes, limit, ...totalVariation], [0, 0, 0, 0, 0, 0, 0]);
  });

  it('takes the mean of a layer’s heads where it is asked for', async () => {
    const before = run('a b', mapOf([1, 0], [1, 0]), mapOf([0, 1], [1, 0]));
    const after = run('a b', mapOf([1, 0], [1, 0]), mapOf([1, 0], [1, 0]));
    const { totalVariation } = await difference(before, after, { ...at, head: 'mean' });
    near(totalVariation, [0.5, 0]);
  });

  for (const side of ['left', 'right'] as const) {
    it(`leaves out padding on the ${side}`, async () => {
      const before = run('a b', mapOf([0.6, 0.4], [0.5, 0.5]));
      const isLeft = side === 'left';
      const padded = isLeft
        ? mapOf([1, 0, 0], [0, 0.2, 0.8], [0, 0.5, 0.5])
        : mapOf([0.2, 0.8, 0], [0.5, 0.5, 0], [1, 0, 0]);
      // Ids as the tokenizer gives them: a and b have the same in both runs.
      const words = tokensOf('a b [PAD]');
      const after = smallCapture({
        tokens: { encoder: isLeft ? [2, 0, 1].flatMap(i => words[i] ?? []) : words },
        blocks: [{ layers: [[padded]] }],
        mask: { kind: 'padding', side, count: 1 },
      });
      const found = await difference(before, after, at);
      assert.deepEqual([found.queries, found.keys], [2, 2]);
      near(found.totalVariation, [0.4, 0]);
      assert.deepEqual([found.offsetBefore, found.offsetAfter], [0, isLeft ? 1 : 0]);
    });
  }

  it('shifts only the keys of cross-attention when the encoder’s text is padded', async () => {
    const encoder = tokensOf('a b [PAD]');
    const decoder = tokensOf('c');
    const before = smallCapture({
      tokens: { encoder: encoder.slice(0, 2), decoder },
      blocks: [{ ...cross, layers: [[mapOf([0.6, 0.4])]] }],
    });
    const after = smallCapture({
      tokens: { encoder: [2, 0, 1].flatMap(i => encoder[i] ?? []), decoder },
      blocks: [{ ...cross, layers: [[mapOf([0, 0.1, 0.9])]] }],
      mask: { kind: 'padding', side: 'left', count: 1 },
    });
    const found = await difference(before, after, { ...at, block: cross });
    assert.deepEqual([found.queries, found.keys, found.offsetAfter], [1, 2, 1]);
    near(found.totalVariation, [0.5]);
  });

  it('names the first token at which two texts differ', async () => {
    const two = mapOf([1, 0], [0, 1]);
    const other = smallCapture({
      tokens: {
        encoder: tokensOf('a b c')
          .slice(0, 3)
          .filter(({ token }) => token !== 'b'),
      },
      blocks: [{ layers: [[two]] }],
    });
    await assert.rejects(difference(run('a b', two), other, at), {
      code: 'inputs-wrong',
      message: /at token 1 one has “b”, the other “c”/,
    });
    await assert.rejects(difference(run('a b', two), run('a', mapOf([1])), at), {
      message: /at token 1 one has “b”, the other the end/,
    });
  });
});
