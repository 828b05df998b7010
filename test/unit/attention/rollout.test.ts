import assert from 'node:assert/strict';
import { isBlocked } from '../../../src/inspector/attention/masks';
import { rolloutStep } from '../../../src/inspector/attention/rollout';
import type { Weights } from '../../../src/inspector/attention/weightMap';
import type { Block } from '../../../src/protocol/capture';
import { seededRandom } from '../../support/seededRandom';
import { mapOf, near, randomMap, smallCapture, tokensOf } from '../../support/smallCapture';

const step = (mean: Weights, below?: Weights) => rolloutStep(mean, below, () => Promise.resolve());
const block: Block = { stack: 'encoder', kind: 'self' };

describe('rollout', () => {
  it('is ½A + ½I of the lowest layer', async () => {
    const { weights } = await step(mapOf([0.2, 0.8], [0.6, 0.4]));
    near(weights, [0.6, 0.4, 0.3, 0.7]);
  });

  it('multiplies the layers from below', async () => {
    const below = await step(mapOf([0.2, 0.8], [0.6, 0.4]));
    const { weights } = await step(mapOf([1, 0], [0.5, 0.5]), below);
    // [1, 0; .25, .75] · [.6, .4; .3, .7]
    near(weights, [0.6, 0.4, 0.375, 0.625]);
  });

  it('normalises rows that do not sum to 1', async () => {
    near((await step(mapOf([0.5, 0], [0, 0]))).weights, [1, 0, 0, 1]);
  });

  it('calls a pair blocked where no path leads to it, and a weight of zero not', async () => {
    // Each sees itself and the one before it: two layers reach two back.
    const window = mapOf([1, 'x', 'x'], [0, 1, 'x'], ['x', 1, 0]);
    const one = await step(window);
    const blocked = ({ maskedScores }: Weights) => [...maskedScores].map(isBlocked);
    assert.deepEqual(blocked(one), [false, true, true, false, false, true, true, false, false]);
    const two = await step(window, one);
    assert.deepEqual(blocked(two), [false, true, true, false, false, true, false, false, false]);
  });

  it('keeps rows at 1 and the future at 0, whatever the maps', async () => {
    const random = seededRandom(7);
    let below: Weights | undefined;
    for (let layer = 0; layer < 5; layer++) {
      below = await step(randomMap(37, random, true), below);
      for (let query = 0; query < 37; query++) {
        const row = below.weights.subarray(query * 37, (query + 1) * 37);
        assert.ok(Math.abs(row.reduce((sum, w) => sum + w, 0) - 1) < 1e-5);
        row.forEach((weight, key) => {
          assert.equal(isBlocked(below?.maskedScores[query * 37 + key] ?? 0), key > query);
          if (key > query) assert.equal(weight, 0);
        });
      }
    }
  });

  it('takes the mean of each layer’s heads, up to the layer that is asked for', async () => {
    const capture = smallCapture({
      tokens: { encoder: tokensOf('a b') },
      blocks: [
        {
          layers: [
            [mapOf([0.4, 0.6], [1, 0]), mapOf([0, 1], [0.2, 0.8])],
            [mapOf([1, 0], [0.5, 0.5])],
          ],
        },
      ],
    });
    const at = (layer: number) => capture.weights({ block, layer, head: 'rollout' });
    near((await at(1)).weights, [0.6, 0.4, 0.375, 0.625]);
    near((await at(0)).weights, [0.6, 0.4, 0.3, 0.7]);
    const row = await capture.row({ block, layer: 1, head: 'rollout', query: 1 });
    near(row.weights, [0.375, 0.625]);
    assert.equal(row.scores, undefined);
  });

  it('says why there is none of cross-attention, and none above 2,048 tokens', async () => {
    const cross = smallCapture({
      tokens: { encoder: tokensOf('a b'), decoder: tokensOf('c d') },
      blocks: [{ stack: 'decoder', kind: 'cross', layers: [[mapOf([1, 0], [0, 1])]] }],
    });
    await assert.rejects(
      cross.map({ block: { stack: 'decoder', kind: 'cross' }, layer: 0, head: 'rollout' }),
      { code: 'inputs-wrong', message: /cross-attention has none/ },
    );
    const size = 2049;
    const weights = new Float32Array(size * size);
    const long = smallCapture({
      tokens: { encoder: tokensOf('a b') },
      blocks: [{ layers: [[{ queries: size, keys: size, weights, maskedScores: weights }]] }],
    });
    await assert.rejects(long.row({ block, layer: 0, head: 'rollout', query: 0 }), {
      code: 'text-too-long',
      message: /at most 2,048 tokens, and this text has 2,049/,
    });
  });
});
