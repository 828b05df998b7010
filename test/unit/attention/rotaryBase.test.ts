import assert from 'node:assert/strict';
import { rotationNumbers } from '../../../src/inspector/model/positions/rotationNumbers';
import { rotaryBase } from '../../../src/inspector/positions/rotaryBase';

const PAIRS = 32;

/** A table of sines and one of cosines for two positions, as exports store them. */
function tablesOf(base: number, rounded: (value: number) => number) {
  const tableOf = (of: (angle: number) => number) =>
    Float32Array.from({ length: 2 * PAIRS }, (_, i) =>
      rounded(of(Math.floor(i / PAIRS) * base ** -((i % PAIRS) / PAIRS))),
    );
  const dims = [2, PAIRS];
  const read = new Map([
    ['sines', { dims, data: tableOf(Math.sin) }],
    ['cosines', { dims, data: tableOf(Math.cos) }],
  ]);
  const rotation = rotationNumbers({ angles: [], tables: ['sines', 'cosines'], factors: [] }, read);
  assert.ok(rotation);
  return rotation;
}

/** To the bits that a type keeps of a float32, and to its least number. */
function to(bits: number, least = 0) {
  return (value: number) => {
    const size = Math.max(2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - bits), least);
    return Math.round(value / size) * size;
  };
}
const half = to(10, 2 ** -24);
const brain = to(7);

describe('the base of a rotation', () => {
  for (const base of [10_000, 10_003, 9990, 500_000, 1_000_000, 160_000]) {
    it(`${base} is told by tables of float32`, () => {
      assert.equal(rotaryBase(tablesOf(base, Math.fround)), base);
    });

    for (const [type, rounded] of [
      ['float16', half],
      ['bfloat16', brain],
    ] as const) {
      it(`${base} is not told by tables of ${type}, unless the configuration names it`, () => {
        const rotation = tablesOf(base, rounded);
        assert.equal(rotaryBase(rotation), undefined);
        assert.equal(rotaryBase(rotation, [base]), base);
        assert.equal(rotaryBase(rotation, [2 * base, base]), base);
        assert.equal(rotaryBase(rotation, [2 * base]), undefined);
        assert.equal(rotaryBase(rotation, [base, base * 1.000_01]), undefined);
      });
    }
  }

  it('is none of frequencies that are no powers', () => {
    const frequencies = Float32Array.of(1, 0.5, 0.3, 0.01);
    assert.equal(rotaryBase({ frequencies, rounding: 2 ** -24 }), undefined);
    assert.equal(rotaryBase({ frequencies: Float32Array.of(1), rounding: 2 ** -24 }), undefined);
  });
});
