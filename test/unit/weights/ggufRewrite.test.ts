import assert from 'node:assert/strict';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InspectorError } from '../../../src/protocol/errors';
import { readSafetensors, toFloat32 } from '../../../src/inspector/files/safetensors';
import { dequantise } from '../../../src/inspector/weights/gguf/dequantise';
import { readGguf } from '../../../src/inspector/weights/gguf/ggufFile';
import { ggufType, ggufTypeNamed } from '../../../src/inspector/weights/gguf/ggufTypes';
import { readGgufParts } from '../../../src/inspector/weights/gguf/ggufParts';
import { ggufWeights } from '../../../src/inspector/weights/gguf/ggufWeights';
import { rewritten } from '../../../src/inspector/weights/gguf/rewrite';
import { ScratchFolder } from '../../../src/inspector/weights/scratch/scratchFolder';
import type { StoredWeight } from '../../../src/inspector/weights/weights';
import { ggufBytes, type GgufTensor } from '../../support/ggufBytes';

const BLOCKS = 'test/fixtures/gguf/blocks.gguf';
const HEAD = 8;

/** The number of a kind of tensor. */
function numberOf(name: string): number {
  const type = ggufTypeNamed(name);
  const number = Array.from({ length: 64 }, (_, i) => i).find(i => ggufType(i) === type);
  assert.ok(number !== undefined);
  return number;
}

describe('weights of GGUF files in the runtime’s forms', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gguf-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A file with every quantisation as a tensor of a layer, and queries whose rows are in llama.cpp's order. */
  function model() {
    const { tensors } = readGguf(BLOCKS);
    const file = readFileSync(BLOCKS);
    const made = [...tensors.values()].map(({ dtype, dims, offset, length }, i): GgufTensor => ({
      name: `blk.${i}.ffn_up.weight`,
      dims,
      type: numberOf(dtype),
      bytes: file.subarray(offset, offset + length),
    }));
    // 16 rows of two heads, each row its own number.
    const rows = Float32Array.from({ length: 16 * 32 }, (_, i) => Math.floor(i / 32));
    const bias = Float32Array.from({ length: 16 }, (_, i) => i);
    const query: GgufTensor[] = [
      { name: 'blk.0.attn_q.weight', dims: [16, 32], type: 0, bytes: new Uint8Array(rows.buffer) },
      { name: 'blk.0.attn_q.bias', dims: [16], type: 0, bytes: new Uint8Array(bias.buffer) },
    ];
    const path = join(folder, 'model.gguf');
    const architecture = { 'general.architecture': { kind: 'string', value: 'llama' } } as const;
    writeFileSync(path, ggufBytes(architecture, [...made, ...query]));
    return ggufWeights(readGgufParts(path));
  }
  const read = ({ path, offset, length }: Pick<StoredWeight, 'path' | 'offset' | 'length'>) =>
    readFileSync(path).subarray(offset, offset + length);
  const floats = (bytes: Uint8Array) => new Float32Array(new Uint8Array(bytes).buffer);

  /** The numbers of a tensor from what the runtime is given. */
  function numbersOf(weight: StoredWeight): Float32Array {
    if (!weight.packed) return dequantise(read(weight), weight.dtype);
    const { bits, group, levels, scales, zeros } = weight.packed;
    const [bytes, scale] = [read(levels), floats(read(scales))];
    const zero = zeros && floats(read(zeros));
    return Float32Array.from({ length: (bytes.length * 8) / bits }, (_, i) => {
      const level = bits === 8 ? (bytes[i] ?? 0) : ((bytes[i >> 1] ?? 0) >> (4 * (i & 1))) & 15;
      return (
        (scale[Math.floor(i / group)] ?? 0) *
        (level - (zero?.[Math.floor(i / group)] ?? 2 ** (bits - 1)))
      );
    });
  }

  for (const form of ['fast', 'compact'] as const) {
    it(`hold the same numbers where they are ${form}`, async () => {
      const weights = model();
      // The whole as float32 has 90 KB.
      const limit = form === 'fast' ? 1e9 : 70_000;
      const scratch = new ScratchFolder(join(folder, 'scratch'), { limit });
      const result = await rewritten(weights, HEAD, scratch, 'model.gguf');
      const reference = readSafetensors(readFileSync('test/fixtures/gguf/blocks.safetensors'));
      const packed: string[] = [];
      for (const name of weights.names.filter(each => each.includes('mlp'))) {
        const [before, after] = [weights.get(name), result.get(name)];
        const expected = reference.get(before?.dtype ?? '');
        assert.ok(before && after && expected, name);
        assert.deepEqual(after.dims, before.dims);
        const [got, want] = [numbersOf(after), toFloat32(expected)];
        const largestAround = (i: number) => {
          const start = i - (i % 16);
          return Math.max(...want.slice(start, start + 16).map(Math.abs));
        };
        const worst = want.reduce((most, value, i) => {
          // With offsets there is one rounding more, of the size of the numbers of a group.
          const room = after.packed?.zeros ? 2e-6 * largestAround(i) : 0;
          return Math.max(most, Math.abs((got[i] ?? NaN) - value) - room);
        }, -Infinity);
        assert.ok(worst <= 0, `${before.dtype} differ by ${worst}`);
        if (after.packed) packed.push(before.dtype);
        if (/^B?F/.test(before.dtype)) assert.equal(after.dtype, before.dtype);
        // All of a model lies in one file.
        assert.notEqual(after.path, before.path);
      }
      const eight = ['Q5_0', 'Q8_0', 'Q6_K', 'IQ4_NL', 'IQ4_XS', 'MXFP4'];
      const shifted = ['Q4_1', 'Q2_K', 'Q4_K'];
      const more = form === 'fast' ? [] : [...eight, ...shifted];
      assert.deepEqual(packed.sort(), ['Q3_K', 'Q4_0', ...more].sort());
    });
  }

  it('have rows of queries in the checkpoint’s order', async () => {
    const scratch = new ScratchFolder(join(folder, 'scratch'));
    const result = await rewritten(model(), HEAD, scratch, 'model.gguf');
    const at = 'model.layers.0.self_attn.q_proj';
    const [weight, bias] = [result.get(`${at}.weight`), result.get(`${at}.bias`)];
    assert.ok(weight && bias);
    // reshape(heads, 2, head / 2).swapaxes(1, 2) is what the converter does.
    const order = [0, 2, 4, 6, 1, 3, 5, 7];
    const expected = [...order, ...order.map(row => row + HEAD)];
    assert.deepEqual([...numbersOf(bias)], expected);
    const firsts = [...numbersOf(weight)].filter((_, i) => i % 32 === 0);
    assert.deepEqual(firsts, expected);
  });

  it('are written once, and again once the model’s file changed', async () => {
    const scratch = new ScratchFolder(join(folder, 'scratch'));
    const files = () => readdirSync(scratch.path).map(name => join(scratch.path, name));
    const weights = model();
    await rewritten(weights, HEAD, scratch, 'model.gguf');
    const [first = ''] = files();
    writeFileSync(first, new Uint8Array(statSync(first).size));
    await rewritten(weights, HEAD, scratch, 'model.gguf');
    assert.ok(readFileSync(first).every(byte => byte === 0));
    await rewritten(model(), HEAD, scratch, 'model.gguf');
    assert.equal(files().length, 2);
    // One that was cut off is written anew.
    writeFileSync(first, '');
    await rewritten(weights, HEAD, scratch, 'model.gguf');
    assert.ok(statSync(first).size > 1000);
  });

  it('that were given up leave nothing', async () => {
    const scratch = new ScratchFolder(join(folder, 'scratch'));
    const aborted = AbortSignal.abort();
    await assert.rejects(rewritten(model(), HEAD, scratch, 'model.gguf', aborted), /was cancelled/);
    assert.deepEqual(readdirSync(scratch.path), []);
  });

  describe('the folder of scratch files', () => {
    const write = (scratch: ScratchFolder, key: string, size: number) =>
      scratch.file(key, size, 'model.gguf', async file => {
        await file.writeFile(new Uint8Array(size));
      });

    it('stays within its limit: what was used longest ago goes', async () => {
      const scratch = new ScratchFolder(join(folder, 'scratch'), { limit: 250 });
      const [a, b] = [await write(scratch, 'a', 100), await write(scratch, 'b', 100)];
      utimesSync(a, 10, 10);
      utimesSync(b, 20, 20);
      // Used again.
      assert.equal(await write(scratch, 'a', 100), a);
      const c = await write(scratch, 'c', 100);
      assert.deepEqual(
        readdirSync(scratch.path).sort(),
        [a, c].map(path => path.slice(-44)).sort(),
      );
      assert.equal(await scratch.size(), 200);
    });

    it('refuses what has no room, before anything is written', async () => {
      const refused = (scratch: ScratchFolder, size: number, room: string) =>
        assert.rejects(write(scratch, 'a', size), (error: unknown) => {
          assert.ok(error instanceof InspectorError);
          assert.equal(error.code, 'out-of-memory');
          assert.match(
            error.message,
            new RegExp(`take 3\\.0 GB once they are unpacked, and ${room}`),
          );
          return true;
        });
      await refused(new ScratchFolder(folder, { limit: 2e9 }), 3e9, '2\\.0 GB');
      const full = { freeAt: () => Promise.resolve(1.5e9) };
      await refused(new ScratchFolder(folder, full), 3e9, '0\\.5 GB');
    });

    it('is emptied of its own files alone', async () => {
      const scratch = new ScratchFolder(folder);
      await write(scratch, 'a', 100);
      writeFileSync(join(folder, 'model.safetensors'), 'somebody’s');
      assert.equal(await scratch.clear(), 100);
      assert.deepEqual(readdirSync(folder), ['model.safetensors']);
      assert.equal(await new ScratchFolder(join(folder, 'none')).clear(), 0);
    });
  });
});
