import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readSafetensors } from '../../../src/inspector/files/safetensors';
import { readTorchFile } from '../../../src/inspector/weights/torch/torchFile';
import { InspectorError } from '../../../src/protocol/errors';
import { seededRandom } from '../../support/seededRandom';
import { writeSparseArchive } from './sparseArchive';

const FIXTURES = path.join(import.meta.dirname, '../../fixtures/torch_files');
const fixture = (name: string) => path.join(FIXTURES, name);

describe('files of torch.save', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'torch-files-'));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const files = ['float32', 'float16', 'bfloat16', 'module', 'parameters', 'protocol4'];
  for (const name of files) {
    it(`points at the values of ${name}.bin as PyTorch stores them`, async () => {
      const tensors = await readTorchFile(fixture(`${name}.bin`));
      const bytes = readFileSync(fixture(`${name}.bin`));
      const expected = readSafetensors(readFileSync(fixture(`${name}.safetensors`)));
      assert.deepEqual(new Set(tensors.keys()), new Set(expected.keys()));
      for (const [key, { dtype, dims, data }] of expected) {
        const tensor = tensors.get(key)!;
        assert.equal(tensor.dtype, dtype, key);
        assert.deepEqual(tensor.dims, dims, key);
        const stored = bytes.subarray(tensor.offset, tensor.offset + tensor.length);
        const values = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        assert.ok(stored.equals(values), `${key} has other bytes`);
      }
    });
  }

  const refused: readonly (readonly [string, RegExp])[] = [
    ['command', /cannot be read: it wants to call or to make (posix|nt)\.system, and only tensors/],
    ['module_object', /wants to call or to make torch\.nn\.modules\.linear\.Linear/],
    ['complex', /wants to call or to make torch\.ComplexFloatStorage/],
    ['transposed', /“weight” is a view whose values are not stored in their order/],
    ['strided', /“weight” is a view whose values are not stored in their order/],
    ['negated', /values that are yet to be computed/],
    ['training', /its entry “state_dict” is no tensor, as in a checkpoint of a training/],
    ['old', /saved by a PyTorch before 1\.6/],
    ['plain_pickle', /saved by a PyTorch before 1\.6, or in its old format/],
  ];
  for (const [name, reason] of refused) {
    it(`refuses ${name}.bin by name, in one sentence`, async () => {
      await assert.rejects(readTorchFile(fixture(`${name}.bin`)), (error: unknown) => {
        assert.ok(error instanceof InspectorError);
        assert.equal(error.code, 'model-unsupported');
        assert.match(error.message, reason);
        assert.match(error.message, /save the model as safetensors\.$/);
        return true;
      });
      assert.ok(!existsSync('called.txt'), 'the pickle was run');
    });
  }

  it('refuses a compressed archive and one whose entries overlap', async () => {
    const file = path.join(folder, 'changed.bin');
    const change = (edit: (bytes: Buffer, entry: number) => void) => {
      const bytes = readFileSync(fixture('float32.bin'));
      const directory = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
      const second = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]), directory + 4);
      edit(bytes, second);
      writeFileSync(file, bytes);
    };
    change((bytes, entry) => bytes.writeUInt16LE(8, entry + 10));
    await assert.rejects(readTorchFile(file), /its entry “.*” is compressed/);
    change((bytes, entry) => bytes.writeUInt16LE(1, entry + 8));
    await assert.rejects(readTorchFile(file), /its entry “.*” is encrypted/);
    change((bytes, entry) => bytes.writeUInt32LE(0, entry + 42));
    await assert.rejects(readTorchFile(file), /is not where it should be|overlaps with another/);
    change((bytes, entry) => {
      const longer = bytes.readUInt32LE(entry + 24) + 300;
      bytes.writeUInt32LE(longer, entry + 20);
      bytes.writeUInt32LE(longer, entry + 24);
    });
    await assert.rejects(readTorchFile(file), /overlaps with another one/);
  });

  it('ends with an answer or a sentence, whatever a byte becomes', async () => {
    const random = seededRandom(3);
    const file = path.join(folder, 'mutated.bin');
    const original = readFileSync(fixture('parameters.bin'));
    const pickle = original.indexOf('data.pkl');
    const directory = original.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    const outcomes = { read: 0, refused: 0 };
    for (let i = 0; i < 2500; i++) {
      const bytes = Buffer.from(original);
      // Most of them where something is parsed, not where numbers lie.
      const [from, to] = [
        [0, bytes.length],
        [pickle, pickle + 700],
        [directory - 600, bytes.length],
      ][i % 3] as [number, number];
      for (let edits = 1 + Math.floor(random() * 4); edits > 0; edits--) {
        bytes[from + Math.floor(random() * (to - from))] = Math.floor(random() * 256);
      }
      const end = random() < 0.1 ? Math.floor(random() * bytes.length) : bytes.length;
      writeFileSync(file, bytes.subarray(0, end));
      try {
        for (const { offset, length } of (await readTorchFile(file)).values()) {
          assert.ok(offset >= 0 && offset + length <= end);
        }
        outcomes.read++;
      } catch (error) {
        assert.ok(error instanceof InspectorError, String(error));
        assert.match(error.message, /^.* cannot be read: [^\n]*\.$/);
        outcomes.refused++;
      }
    }
    assert.ok(outcomes.read > 50 && outcomes.refused > 500, JSON.stringify(outcomes));
  });

  it('allocates nothing for what a file only claims to hold', async () => {
    const file = path.join(folder, 'bomb.bin');
    const original = readFileSync(fixture('float32.bin'));
    const start = original.indexOf(Buffer.from([0x80, 2]));
    const bytes = Buffer.from(original);
    // BINUNICODE of 4 GB, then a LONG1 of 255 bytes that are not there.
    Buffer.from([0x80, 2, 0x58, 0xff, 0xff, 0xff, 0xff]).copy(bytes, start);
    writeFileSync(file, bytes);
    await assert.rejects(readTorchFile(file), /its pickle does not end/);
    const tail = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 6, 6]));
    bytes.writeBigUInt64LE(1n << 40n, tail + 40);
    writeFileSync(file, bytes);
    await assert.rejects(readTorchFile(file), /its directory has \d+ bytes, more than/);
  });
});

describe('archives of more than 4 GB', () => {
  const file = path.join(os.tmpdir(), `torch-large-${process.pid}.bin`);
  after(() => rmSync(file, { force: true }));

  it('are read by their numbers of 64 bits', async () => {
    const count = 1_300_000_000;
    const pickle = Buffer.concat([
      Buffer.from('\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((', 'latin1'),
      Buffer.from('X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu', 'latin1'),
      Buffer.from('K\x01tQK\x00J\0\0\0\0\x85K\x01\x85\x89)tRs.', 'latin1'),
    ]);
    pickle.writeInt32LE(count, pickle.lastIndexOf('J') + 1);
    await writeSparseArchive(file, [
      { name: 'm/data/0', length: 4 * count },
      { name: 'm/data.pkl', length: pickle.length, bytes: pickle },
    ]);
    const tensor = (await readTorchFile(file)).get('w')!;
    assert.deepEqual(tensor.dims, [count]);
    assert.deepEqual([tensor.offset, tensor.length], [38, 4 * count]);
  });
});
