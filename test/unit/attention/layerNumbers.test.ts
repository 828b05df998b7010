import assert from 'node:assert/strict';
import { rolloutStep } from '../../../src/inspector/attention/rollout';
import { headFacts } from '../../../src/inspector/capture/headFacts';
import { shares } from '../../../src/inspector/capture/shares';
import { orderEffect } from '../../../src/inspector/positions/orderEffect';
import type { Block } from '../../../src/protocol/capture';
import { EACH_BY_ITSELF } from '../../../src/protocol/model';
import { seededRandom } from '../../support/seededRandom';
import { near, randomMap, smallCapture, tokensOf } from '../../support/smallCapture';

const block: Block = { stack: 'encoder', kind: 'self' };
const LAYERS = 8;
/** The layers that have attention: neither from 0 on, nor up to the last. */
const NUMBERS = [1, 3, 6];

describe('a model with attention in some of its layers', () => {
  const random = seededRandom(5);
  const maps = NUMBERS.map(() => [randomMap(3, random), randomMap(3, random)]);
  const captureOf = (instead: string) =>
    smallCapture({
      tokens: { encoder: tokensOf('a b c') },
      blocks: [{ layers: maps, numbers: NUMBERS }],
      count: {
        layers: { encoder: LAYERS },
        withoutAttention: Array.from({ length: LAYERS }, (_, layer) => layer)
          .filter(layer => !NUMBERS.includes(layer))
          .map(layer => ({ stack: 'encoder', layer, instead })),
      },
    });
  const capture = captureOf(EACH_BY_ITSELF);
  const isThere = (cell: number): boolean => NUMBERS.includes(Math.floor(cell / 2));

  it('has its small maps at the numbers of their layers, and nothing elsewhere', async () => {
    const overview = await capture.overview(block);
    assert.deepEqual([overview.layers, overview.heads], [LAYERS, 2]);
    for (let cell = 0; cell < LAYERS * 2; cell++) {
      const codes = overview.codes.subarray(cell * 9, (cell + 1) * 9);
      assert.equal(
        codes.some(code => code > 0),
        isThere(cell),
        `layer ${Math.floor(cell / 2)}`,
      );
    }
  });

  it('has the weights of a pair and what is known of heads there, too', async () => {
    const pair = await capture.pair(block, 2, 1);
    const expected = Array.from({ length: LAYERS * 2 }, (_, cell) => {
      const map = maps[NUMBERS.indexOf(Math.floor(cell / 2))]?.[cell % 2];
      return map?.weights[2 * 3 + 1] ?? NaN;
    });
    assert.equal(pair.layers, LAYERS);
    near(pair.weights, expected);
    const facts = await headFacts(capture, block);
    assert.equal(facts.layers, LAYERS);
    facts.entropy.forEach((entropy, cell) => assert.equal(!Number.isNaN(entropy), isThere(cell)));
    const same = await orderEffect(capture, capture, block);
    assert.equal(same.layers, LAYERS);
    same.moved.forEach((moved, cell) => assert.equal(moved === 0, isThere(cell)));
    assert.deepEqual((await shares(capture, block)).layers, NUMBERS);
  });

  it('rolls attention out past layers that leave each token by itself', async () => {
    const meanOf = (layer: number) => capture.weights({ block, layer, head: 'mean' });
    const breathe = () => Promise.resolve();
    let expected;
    for (const layer of NUMBERS) {
      expected = await rolloutStep(await meanOf(layer), expected, breathe);
    }
    const { weights } = await capture.weights({ block, layer: 6, head: 'rollout' });
    near(weights, [...(expected?.weights ?? [])]);
  });

  it('has no rollout past a layer that mixes tokens by other means, and says which', async () => {
    const mixing = captureOf('convolution');
    await assert.rejects(mixing.weights({ block, layer: 6, head: 'rollout' }), {
      code: 'inputs-wrong',
      message: /layer 5 has none \(convolution\)/,
    });
  });
});
