import assert from 'node:assert/strict';
import { maskKind } from '../../../src/inspector/model/tensors/maskKind';
import type { Tensor } from '../../../src/inspector/runtime/tensor';

/** Scores of two heads, with `blocked` where the query may not attend. */
function scores(
  size: number,
  sees: (query: number, key: number) => boolean,
  blocked: number,
): Tensor {
  const data = Float32Array.from({ length: 2 * size * size }, (_, i) => {
    const [query, key] = [Math.floor(i / size) % size, i % size];
    return Math.sin(i) * 20 + (sees(query, key) ? 0 : blocked);
  });
  return { dims: [1, 2, size, size], data };
}

describe('maskKind', () => {
  for (const blocked of [-Infinity, -3.4028234663852886e38, -1e4]) {
    it(`sees what ${blocked} blocks`, () => {
      const kind = (sees: (query: number, key: number) => boolean) =>
        maskKind(scores(8, sees, blocked));
      assert.deepEqual(
        kind(() => true),
        { kind: 'bidirectional' },
      );
      assert.deepEqual(
        kind((q, k) => k <= q),
        { kind: 'causal' },
      );
      assert.deepEqual(
        kind((q, k) => k <= q && q - k < 3),
        { kind: 'window', before: 2, after: 0 },
      );
      assert.deepEqual(
        kind((q, k) => Math.abs(q - k) <= 2),
        { kind: 'window', before: 2, after: 2 },
      );
      assert.equal(
        kind((q, k) => (q + k) % 2 === 0),
        undefined,
      );
    });
  }

  it('counts a pair as visible if any head sees it', () => {
    const tensor = scores(4, (q, k) => k <= q, -Infinity);
    tensor.data.fill(0, 16);
    assert.deepEqual(maskKind(tensor), { kind: 'bidirectional' });
  });
});
