import assert from 'node:assert/strict';
import { BLOCKED, codeWeight, weightCode } from '../../../src/protocol/weightCode';
import {
  arcsOfRow,
  chooseArcs,
  keptOfRow,
  MOST_ARCS,
} from '../../../src/webview/views/attention/arcChoice';
import {
  ARC_ROW,
  arcEnds,
  arcPath,
  arcWidth,
  layoutArcs,
} from '../../../src/webview/views/attention/arcGeometry';

const codesOf = (weights: readonly (number | null)[]): Uint8Array =>
  Uint8Array.from(weights, weight => (weight === null ? BLOCKED : weightCode(weight)));
const all = { queries: [0, 1], keys: [0, 1, 2] };

describe('which arcs are drawn', () => {
  const codes = codesOf([0.7, 0.2, 0.1, 0.06, null, 0.94]);

  it('those at or above the threshold, and says what share of the weight they hold', () => {
    const choice = chooseArcs(codes, 3, all, 0.15, 100);
    assert.deepEqual(choice.rows, [[0, 1], [2]]);
    const weight = (of: number): number => codeWeight(weightCode(of));
    const kept = weight(0.7) + weight(0.2) + weight(0.94);
    assert.ok(Math.abs(choice.kept - kept / (kept + weight(0.1) + weight(0.06))) < 1e-6);
    assert.equal(choice.cutRows, 0);
  });

  it('of a query with more than may be drawn, the strongest', () => {
    const choice = chooseArcs(codes, 3, all, 0.05, 1);
    assert.deepEqual(choice.rows, [[0], [2]]);
    assert.equal(choice.cutRows, 2);
  });

  it('only between tokens on show', () => {
    const choice = chooseArcs(codes, 3, { queries: [1], keys: [1, 2] }, 0.05, 9);
    assert.deepEqual(choice.rows, [[1]]);
    assert.equal(choice.kept, 1);
  });

  it('of the locus’s query by exact weights, the strongest last', () => {
    const weights = Float32Array.of(0.049, 0.5, 0.05, 0.401);
    const keys = [0, 1, 2, 3];
    const arcs = arcsOfRow(weights, keys, 7, 0.05, 10);
    assert.deepEqual(
      arcs.map(({ row, column }) => [row, column]),
      [
        [7, 2],
        [7, 3],
        [7, 1],
      ],
    );
    assert.ok(Math.abs(keptOfRow(weights, keys, arcs) - 0.951) < 1e-6);
    assert.equal(arcsOfRow(weights, keys, 7, 0.05, 2).length, 2);
  });

  it('never more than the limit of a frame, whatever the map holds', () => {
    const size = 512;
    const full = new Uint8Array(size * size).fill(weightCode(0.5));
    const every = Array.from({ length: size }, (_, i) => i);
    const inSight = 31;
    const choice = chooseArcs(
      full,
      size,
      { queries: every, keys: every },
      0.01,
      Math.floor(MOST_ARCS / (inSight + 1)),
    );
    const frame = choice.rows.slice(0, inSight).reduce((sum, row) => sum + row.length, 0);
    assert.ok(frame <= MOST_ARCS && frame > MOST_ARCS / 2, `${frame} arcs`);
  });
});

describe('where arcs lie', () => {
  it('from the queries to the keys, level at both ends, through the middle', () => {
    const layout = layoutArcs(492, { queries: 80, keys: 80 }, 8);
    assert.ok(layout.width <= 492 && layout.right > layout.left);
    assert.deepEqual(arcEnds(0, 2, layout), {
      source: [80, ARC_ROW / 2],
      target: [layout.right, 2.5 * ARC_ROW],
    });
    const middle = (layout.left + layout.right) / 2;
    assert.equal(
      arcPath(arcEnds(0, 2, layout)),
      `M80,12C${middle},12,${middle},60,${layout.right},60`,
    );
  });

  it('as wide as the weight, never invisible', () => {
    assert.equal(arcWidth(0.5), 6);
    assert.equal(arcWidth(0.001), 0.75);
  });

  it('leaves room for the arcs however narrow the panel and however many heads', () => {
    for (const [width, heads] of [
      [360, 12],
      [200, 1],
      [492, 64],
    ] as const) {
      const layout = layoutArcs(width, { queries: 90, keys: 90 }, heads);
      assert.ok(layout.right - layout.left >= 64, `${width} pixels, ${heads} heads`);
    }
  });
});
