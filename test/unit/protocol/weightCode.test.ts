import assert from 'node:assert/strict';
import { BLOCKED, codeWeight, FAINTEST, weightCode } from '../../../src/protocol/weightCode';

describe('weight codes', () => {
  it('keeps 1 at the top and everything below 1.1e-7 at the faintest', () => {
    assert.equal(weightCode(1), 255);
    assert.equal(weightCode(0), FAINTEST);
    assert.equal(weightCode(1e-8), FAINTEST);
    assert.ok(weightCode(2e-7) > FAINTEST);
  });

  it('never gives a weight the code of a blocked pair', () => {
    for (const weight of [0, -1, NaN, 1e-300, 1e-7, 0.5, 1, 1.0001]) {
      assert.notEqual(weightCode(weight), BLOCKED);
    }
  });

  it('is monotone, and decodes to within half a step (3.2 %)', () => {
    let before = 0;
    for (let i = 0; i <= 10_000; i++) {
      const weight = Math.exp(-15.9 * (1 - i / 10_000));
      const code = weightCode(weight);
      assert.ok(code >= before);
      before = code;
      assert.ok(Math.abs(codeWeight(code) / weight - 1) < 0.032, `${weight} → ${codeWeight(code)}`);
    }
  });

  it('reaches every code from the faintest to the top', () => {
    for (let code = FAINTEST + 1; code <= 255; code++) {
      assert.equal(weightCode(codeWeight(code)), code);
    }
  });
});
