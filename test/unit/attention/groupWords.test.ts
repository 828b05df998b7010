import assert from 'node:assert/strict';
import { groupWords } from '../../../src/inspector/attention/groupWords';
import type { Block } from '../../../src/protocol/capture';
import { BLOCKED } from '../../../src/protocol/weightCode';
import { wordsOf } from '../../../src/protocol/words';
import { seededRandom } from '../../support/seededRandom';
import { mapOf, near, randomMap, smallCapture, tokensOf } from '../../support/smallCapture';

const block: Block = { stack: 'encoder', kind: 'self' };

describe('words as rows and columns', () => {
  it('sums over the pieces of the key and averages over those of the query', () => {
    const words = [
      { first: 0, end: 1 },
      { first: 1, end: 3 },
    ];
    const grouped = groupWords(
      mapOf([0.5, 0.2, 0.3], [0.1, 0.6, 0.3], [0.3, 0, 0.7]),
      words,
      words,
    );
    near(grouped.weights, [0.5, 0.5, 0.2, 0.8]);
  });

  it('allows a pair of words where any of its pairs of pieces is allowed', async () => {
    const capture = smallCapture({
      tokens: { encoder: tokensOf('a b ##c d') },
      blocks: [
        {
          layers: [
            [
              mapOf(
                [1, 'x', 'x', 'x'],
                [0.5, 0.5, 'x', 'x'],
                [0.2, 0.3, 0.5, 'x'],
                [0.1, 0.2, 0.3, 0.4],
              ),
            ],
          ],
        },
      ],
    });
    const choice = { block, layer: 0, head: 0, grouping: 'word' } as const;
    const map = await capture.map(choice);
    assert.deepEqual([map.queries, map.keys], [3, 3]);
    assert.deepEqual(
      [...map.codes].map(code => code === BLOCKED),
      [false, true, true, false, false, true, false, false, false],
    );
    const row = await capture.row({ ...choice, query: 1 });
    near(row.weights, [0.35, 0.65, 0]);
    assert.deepEqual([...row.allowed], [1, 1, 0]);
    assert.deepEqual([row.scores, row.maskedScores], [undefined, undefined]);
    await assert.rejects(capture.row({ ...choice, query: 3 }), /no word 3: the last is 2/);
  });

  it('keeps rows at 1 for heads, mean and rollout, and a row is the row of the map', async () => {
    const random = seededRandom(3);
    const tokens = tokensOf('[CLS] a ##b ##c d e ##f [SEP]');
    const layers = [0, 1].map(() => [0, 1, 2].map(() => randomMap(tokens.length, random)));
    const capture = smallCapture({ tokens: { encoder: tokens }, blocks: [{ layers }] });
    assert.equal(wordsOf(tokens).length, 5);
    for (const head of [0, 2, 'mean', 'rollout'] as const) {
      const choice = { block, layer: 1, head, grouping: 'word' } as const;
      const { weights } = await capture.weights(choice);
      for (let word = 0; word < 5; word++) {
        const row = weights.subarray(word * 5, (word + 1) * 5);
        assert.ok(Math.abs(row.reduce((sum, w) => sum + w, 0) - 1) < 1e-5);
        near((await capture.row({ ...choice, query: word })).weights, [...row]);
      }
    }
  });

  it('groups rows by the decoder’s words and columns by the encoder’s in cross-attention', async () => {
    const capture = smallCapture({
      tokens: { encoder: tokensOf('a ##b c'), decoder: tokensOf('d ##e') },
      blocks: [
        {
          stack: 'decoder',
          kind: 'cross',
          layers: [[mapOf([0.1, 0.2, 0.7], [0.5, 0.3, 0.2])]],
        },
      ],
    });
    const { weights } = await capture.weights({
      block: { stack: 'decoder', kind: 'cross' },
      layer: 0,
      head: 0,
      grouping: 'word',
    });
    near(weights, [0.55, 0.45]);
  });

  it('says so where the run does not name its tokens', async () => {
    const capture = smallCapture({
      tokens: { encoder: [] },
      blocks: [{ layers: [[mapOf([1, 0], [0, 1])]] }],
    });
    await assert.rejects(capture.map({ block, layer: 0, head: 0, grouping: 'word' }), {
      code: 'inputs-wrong',
      message: /does not name its 2 encoder tokens/,
    });
  });
});
