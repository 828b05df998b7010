import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { InspectorError } from '../../../src/protocol/errors';
import { readSafetensors, toFloat32 } from '../../../src/inspector/files/safetensors';
import { dequantise, isReadable } from '../../../src/inspector/weights/gguf/dequantise';
import { readGguf } from '../../../src/inspector/weights/gguf/ggufFile';

const FILE = 'test/fixtures/gguf/blocks.gguf';

describe('quantised numbers of GGUF files', () => {
  const reference = readSafetensors(readFileSync('test/fixtures/gguf/blocks.safetensors'));
  const { tensors } = readGguf(FILE);
  const file = readFileSync(FILE);

  it('are of every kind that gguf-py made', () => {
    assert.deepEqual([...tensors.keys()].sort(), [...reference.keys()].sort());
    assert.equal(tensors.size, 16);
  });

  for (const [name, { dtype, dims, offset, length }] of tensors) {
    it(`${name} are bit for bit those of gguf-py`, () => {
      const expected = reference.get(name);
      assert.ok(expected && isReadable(dtype));
      assert.deepEqual([dtype, dims], [name, expected.dims]);
      const got = dequantise(file.subarray(offset, offset + length), dtype);
      const bits = (values: Float32Array) => new Uint32Array(values.slice().buffer);
      assert.deepEqual(bits(got), bits(toFloat32(expected)));
    });
  }

  it('of other kinds are refused by name', () => {
    for (const name of ['IQ2_XXS', 'TQ1_0', 'NVFP4', 'I32', '__proto__']) {
      assert.ok(!isReadable(name));
      assert.throws(
        () => dequantise(new Uint8Array(66), name),
        (error: unknown) =>
          error instanceof InspectorError &&
          error.code === 'model-unsupported' &&
          error.message.startsWith(`Weights stored as ${name} cannot be read: choose`),
      );
    }
  });
});
