import assert from 'node:assert/strict';
import { foldHeads } from '../../../src/inspector/attention/foldHeads';
import { isBlocked } from '../../../src/inspector/attention/masks';
import { encodeMap, poolMap, type Weights } from '../../../src/inspector/attention/weightMap';
import { BLOCKED, weightCode } from '../../../src/protocol/weightCode';

/** A causal map of `n` tokens whose allowed weights are 1/(query + 1). */
function causal(n: number, maskValue = -3.4e38): Weights {
  const weights = new Float32Array(n * n);
  const maskedScores = new Float32Array(n * n).fill(maskValue);
  for (let query = 0; query < n; query++) {
    for (let key = 0; key <= query; key++) {
      weights[query * n + key] = 1 / (query + 1);
      maskedScores[query * n + key] = -0.5;
    }
  }
  return { queries: n, keys: n, weights, maskedScores };
}

describe('masks', () => {
  it('takes every value that exporters write for a blocked pair', () => {
    for (const value of [-Infinity, -3.4028235e38, -65504, -1e9, -1e4, -10_050]) {
      assert.ok(isBlocked(value), String(value));
    }
  });
  it('takes no score and no position bias for a mask', () => {
    for (const value of [0, -1, 900, -1024, -4000]) assert.ok(!isBlocked(value), String(value));
  });
});

describe('encodeMap', () => {
  it('codes allowed weights and leaves blocked pairs at 0', () => {
    const map = encodeMap(causal(3));
    const [one, half, third] = [1, 1 / 2, 1 / 3].map(weightCode);
    assert.deepEqual([...map.codes], [one, 0, 0, half, half, 0, third, third, third]);
  });

  it('averages what a key receives over the queries that may see it', () => {
    const { received } = encodeMap(causal(3));
    const expected = [(1 + 1 / 2 + 1 / 3) / 3, (1 / 2 + 1 / 3) / 2, 1 / 3];
    expected.forEach((value, key) => assert.ok(Math.abs((received[key] ?? 0) - value) < 1e-7));
  });

  it('codes a weight of zero that is allowed differently from a blocked pair', () => {
    const map = encodeMap({
      queries: 1,
      keys: 2,
      weights: Float32Array.of(0, 1),
      maskedScores: Float32Array.of(-200, 0),
    });
    assert.notEqual(map.codes[0], BLOCKED);
  });
});

describe('poolMap', () => {
  it('shows the maximum of each block, so that one key among many stays visible', () => {
    const n = 100;
    const weights = new Float32Array(n * n).fill(1e-5);
    weights[57 * n + 93] = 0.9;
    const codes = new Uint8Array(100);
    poolMap({ queries: n, keys: n, weights, maskedScores: new Float32Array(n * n) }, 10, 10, codes);
    assert.equal(codes[5 * 10 + 9], weightCode(0.9));
    assert.equal(codes.filter(code => code === weightCode(1e-5)).length, 99);
  });

  it('is the map itself when there is a cell for every pair', () => {
    const map = causal(7);
    const codes = new Uint8Array(49);
    poolMap(map, 7, 7, codes);
    assert.deepEqual(codes, encodeMap(map).codes);
  });

  it('covers maps that are not square and do not divide evenly', () => {
    const [queries, keys] = [5, 13];
    const weights = Float32Array.from({ length: queries * keys }, (_, i) => i / 65);
    const codes = new Uint8Array(3 * 4);
    const maskedScores = new Float32Array(queries * keys);
    poolMap({ queries, keys, weights, maskedScores }, 3, 4, codes);
    const lastWeight = weights.at(-1) ?? 0;
    assert.equal(codes.at(-1), weightCode(lastWeight));
  });

  it('calls a block blocked only where all its pairs are', () => {
    const codes = new Uint8Array(4);
    poolMap(causal(4, -Infinity), 2, 2, codes);
    assert.deepEqual(
      [...codes].map(code => code === BLOCKED),
      [false, true, false, false],
    );
  });
});

describe('foldHeads', () => {
  const head = (weight: number, maskedScore: number): Weights => ({
    queries: 1,
    keys: 1,
    weights: Float32Array.of(weight),
    maskedScores: Float32Array.of(maskedScore),
  });
  it('averages or takes the maximum', async () => {
    const heads = [head(0.25, 0), head(0.75, 0)];
    assert.equal((await foldHeads(heads, 'mean')).weights[0], 0.5);
    assert.equal((await foldHeads(heads, 'max')).weights[0], 0.75);
  });
  it('keeps a pair allowed that any head allows', async () => {
    const folded = await foldHeads([head(0, -Infinity), head(1, 2)], 'mean');
    assert.equal(folded.maskedScores[0], 2);
  });
  it('leaves the heads themselves as they were', async () => {
    const first = head(0.25, 0);
    await foldHeads([first, head(0.75, 0)], 'mean');
    assert.equal(first.weights[0], 0.25);
  });
  it('asks for one head at a time', async () => {
    let open = 0;
    const heads = (function* () {
      for (let i = 0; i < 3; i++) {
        assert.equal(++open, 1);
        yield head(0.5, 0);
        open--;
      }
    })();
    assert.equal((await foldHeads(heads, 'mean')).weights[0], 0.5);
  });
});
