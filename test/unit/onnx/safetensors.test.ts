import assert from 'node:assert/strict';
import { InspectorError } from '../../../src/protocol/errors';
import { fromBfloat16, fromHalf, toHalf, widenHalves } from '../../../src/protocol/float16';
import {
  readSafetensors,
  toFloat32,
  writeSafetensors,
} from '../../../src/inspector/files/safetensors';

describe('safetensors', () => {
  it('reads what it wrote, from any alignment', () => {
    const written = writeSafetensors(
      [
        ['ids', { dtype: 'I64', dims: [1, 2], data: BigInt64Array.of(-1n, 5n) }],
        ['mask', { dtype: 'BOOL', dims: [3], data: Uint8Array.of(1, 0, 1) }],
        ['x', { dtype: 'F32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
        ['empty', { dtype: 'F32', dims: [2, 0], data: new Float32Array(0) }],
      ],
      { made: 'here' },
    );
    const shifted = new Uint8Array(written.length + 1);
    shifted.set(written, 1);
    const read = readSafetensors(shifted.subarray(1));
    assert.deepEqual(read.metadata, { made: 'here' });
    assert.deepEqual([...read.keys()], ['ids', 'mask', 'x', 'empty']);
    assert.deepEqual(read.get('ids')?.data, BigInt64Array.of(-1n, 5n));
    assert.deepEqual(read.get('x'), {
      dtype: 'F32',
      dims: [2, 2],
      data: Float32Array.of(1, 2, 3, 4),
    });
    const mask = read.get('mask');
    assert.ok(mask);
    assert.deepEqual(toFloat32(mask), Float32Array.of(1, 0, 1));
  });

  const header = (json: string) => {
    const bytes = new Uint8Array(8 + json.length + 8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(new TextEncoder().encode(json), 8);
    return bytes;
  };
  for (const [name, bytes] of [
    ['nothing', new Uint8Array(3)],
    ['a header longer than the file', new Uint8Array(8).fill(255)],
    ['a header that is no JSON', header('{')],
    ['a header that is null', header('null')],
    ['an unknown type', header('{"a":{"dtype":"F7","shape":[1],"data_offsets":[0,4]}}')],
    ['a negative size', header('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}')],
    ['offsets outside', header('{"a":{"dtype":"F32","shape":[100],"data_offsets":[0,400]}}')],
    [
      'offsets in the wrong order',
      header('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}'),
    ],
    [
      'a shape that does not match',
      header('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}'),
    ],
    ['metadata of numbers', header('{"__metadata__":{"a":1}}')],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => readSafetensors(bytes),
        error => error instanceof InspectorError && error.code === 'inputs-wrong',
      );
    });
  }
});

describe('half precision', () => {
  it('goes there and back for every number', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = fromHalf(bits);
      if (!Number.isNaN(value)) assert.equal(toHalf(value), bits);
    }
  });

  it('rounds to the nearest, ties to even, and overflows to infinity', () => {
    assert.equal(fromHalf(toHalf(1 + 2 ** -11)), 1);
    assert.equal(fromHalf(toHalf(1 + 3 * 2 ** -11)), 1 + 2 ** -9);
    assert.equal(fromHalf(toHalf(70000)), Infinity);
    assert.equal(fromHalf(toHalf(-1e-9)), -0);
    assert.ok(Number.isNaN(fromHalf(toHalf(NaN))));
  });

  it('widens arrays, and bfloat16', () => {
    assert.deepEqual(widenHalves(Uint16Array.of(0x3c00, 0xc000)), Float32Array.of(1, -2));
    assert.equal(fromBfloat16(0x3f80), 1);
    assert.equal(fromBfloat16(0xc000), -2);
  });
});
