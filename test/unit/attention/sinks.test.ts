import assert from 'node:assert/strict';
import { foldHeads } from '../../../src/inspector/attention/foldHeads';
import { groupWords } from '../../../src/inspector/attention/groupWords';
import { measureHead } from '../../../src/inspector/attention/headMeasures';
import { roleOf } from '../../../src/inspector/attention/headRole';
import { softmaxParts, weightError } from '../../../src/inspector/attention/rowSteps';
import { encodeMap, type Weights } from '../../../src/inspector/attention/weightMap';
import { pickRows } from '../../../src/inspector/capture/mapSource';
import {
  displayCodes,
  displaySink,
  largestOfRows,
} from '../../../src/webview/draw/pixels/displayMap';
import { entropyBits } from '../../../src/webview/reading/rowFacts';
import { mapOf } from '../../support/smallCapture';

const near = (actual: number | undefined, expected: number) =>
  assert.ok(Math.abs((actual ?? NaN) - expected) < 1e-6, `${actual}, expected ${expected}`);

/** Two rows of which a sink takes a half and three quarters. */
const half: Weights = { ...mapOf([0.25, 0.25], [0.125, 0.125]), sink: Float32Array.of(0.5, 0.75) };
const none: Weights = { ...mapOf([0.5, 0.5], [0.5, 0.5]), sink: Float32Array.of(0, 0.25) };

describe('what a sink takes of rows', () => {
  it('is the mean or the largest of the heads that are folded', async () => {
    assert.deepEqual([...((await foldHeads([half, none], 'mean')).sink ?? [])], [0.25, 0.5]);
    assert.deepEqual([...((await foldHeads([half, none], 'max')).sink ?? [])], [0.5, 0.75]);
    assert.deepEqual([...(half.sink ?? [])], [0.5, 0.75], 'the head itself stays as it was');
  });

  it('is the mean over the pieces of a word, stands in maps, and is picked with its row', () => {
    const words = [{ first: 0, end: 2 }];
    const grouped = groupWords(half, words, words);
    assert.deepEqual([...(grouped.sink ?? [])], [0.625]);
    near((grouped.weights[0] ?? NaN) + 0.625, 1);
    assert.deepEqual([...(encodeMap(half).sink ?? [])], [0.5, 0.75]);
    assert.deepEqual([...(pickRows(half, [1]).sink ?? [])], [0.75]);
    assert.equal(encodeMap(mapOf([1])).sink, undefined);
  });

  it('counts as a key in the entropy, and as a sink in the role', () => {
    const measures = measureHead({ ...half, rows: [0, 1] }, undefined);
    // ½ and twice ¼ are 1.5 bits; ¾ and twice ⅛ are 1.06 bits.
    near(measures.entropy, (1.5 + 0.75 * Math.log2(4 / 3) + 0.75) / 2);
    near(measures.sink, 0.625);
    assert.equal(roleOf(measures).role, 'sink');
    near(roleOf(measures).score, 0.625);
    const without = measureHead({ ...mapOf([0.5, 0.5], [0.5, 0.5]), rows: [0, 1] }, undefined);
    assert.ok(Number.isNaN(without.sink));
    near(without.uniformity, 1);
    near(entropyBits({ weights: Float32Array.of(0.25, 0.25), sink: 0.5 }), 1.5);
  });

  it('has a term of the sum by which exponentials are divided', () => {
    const scores = [0, 1];
    const sum = Math.exp(-1) + 1 + Math.exp(2 - 1);
    const weight = Math.exp(1) / sum;
    const { maximum, normaliser, sink } = softmaxParts(scores, weight);
    assert.equal(maximum, 1);
    near(normaliser, sum);
    near(sink?.term, Math.exp(1));
    assert.equal(softmaxParts(scores).sink, undefined);
    const weights = Float32Array.of(Math.exp(-1) / sum, 1 / sum);
    const products = Float64Array.from(scores);
    const masked = Float32Array.from(scores);
    near(weightError(products, 1, undefined, undefined, masked, weights, weight), 0);
    assert.ok(weightError(products, 1, undefined, undefined, masked, weights) > 0.1);
  });

  it('is coloured as the map is: by itself, or relative to the largest of its row', () => {
    const { codes } = encodeMap(half);
    const grid = { codes, rows: 2, columns: 2 };
    const all = { queries: [0, 1], keys: [0, 1] };
    const sink = Float32Array.of(0.125, 0.0625);
    const plain = displaySink(sink, all, 'Linear', largestOfRows(grid));
    // A weight of ⅛ in the second row has the code that the sink of the first one has.
    assert.equal(plain[0], codes[2]);
    const relative = displaySink(sink, all, 'Row max', largestOfRows(grid));
    const shown = displayCodes(grid, all, 'Row max').codes;
    assert.equal(shown[0], 255);
    assert.equal((relative[0] ?? 0) - (plain[0] ?? 0), 255 - (codes[0] ?? 0));
    const [most] = displaySink(
      Float32Array.of(0.9, 0),
      { queries: [0] },
      'Row max',
      largestOfRows(grid),
    );
    assert.equal(most, 255, 'no more than the largest');
  });
});
