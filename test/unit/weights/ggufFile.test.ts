import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InspectorError, type ErrorCode } from '../../../src/protocol/errors';
import { readGguf } from '../../../src/inspector/weights/gguf/ggufFile';
import { readGgufParts } from '../../../src/inspector/weights/gguf/ggufParts';
import { ggufBytes, type GgufTensor, type GgufValue } from '../../support/ggufBytes';

const metadata: Readonly<Record<string, GgufValue>> = {
  'general.architecture': { kind: 'string', value: 'llama' },
  'llama.block_count': { kind: 'u32', value: 2 },
  'tokenizer.ggml.tokens': { kind: 'strings', value: ['a', 'ü'] },
};
const one: GgufTensor = { name: 'one', dims: [2, 32], type: 8, bytes: new Uint8Array(68) };
const two: GgufTensor = { name: 'two', dims: [3], type: 0, bytes: new Uint8Array(12) };

describe('GGUF files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gguf-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (bytes: Uint8Array, name = 'model.gguf') => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  const refused = (bytes: Uint8Array, code: ErrorCode, what: RegExp) => {
    const path = write(bytes);
    assert.throws(
      () => readGguf(path),
      (error: unknown) => {
        assert.ok(error instanceof InspectorError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, what);
        return true;
      },
    );
  };
  const brokenFile = (bytes: Uint8Array, what: RegExp) => refused(bytes, 'model-broken', what);

  it('are read with the places of their tensors', () => {
    for (const version of [2, 3]) {
      const bytes = ggufBytes(metadata, [one, two], { version });
      const { metadata: read, tensors, size } = readGguf(write(bytes));
      assert.deepEqual(read.get('tokenizer.ggml.tokens'), ['a', 'ü']);
      assert.equal(read.get('llama.block_count'), 2);
      const [first, second] = [tensors.get('one'), tensors.get('two')];
      assert.deepEqual([first?.dtype, first?.dims, first?.length], ['Q8_0', [2, 32], 68]);
      assert.equal((second?.offset ?? 0) + (second?.length ?? 0), size);
      assert.equal((second?.offset ?? 0) - (first?.offset ?? 0), 96);
    }
  });

  it('that were cut off anywhere are refused', () => {
    const whole = ggufBytes(metadata, [one, two]);
    for (let length = 0; length < whole.length; length += 7) {
      brokenFile(whole.slice(0, length), /is not a complete GGUF file: .*download it again\.$/);
    }
  });

  it('of other versions or the other order of bytes are refused by name', () => {
    const file = (version: number) => ggufBytes(metadata, [one], { version });
    refused(file(1), 'model-unsupported', /model\.gguf is of version 1, and/);
    refused(file(4), 'model-unsupported', /is of version 4, and/);
    refused(file(0x03000000), 'model-unsupported', /has its bytes in big-endian order/);
  });

  it('that claim what cannot be are refused before anything is allocated', () => {
    brokenFile(ggufBytes(metadata, [one], { tensorCount: 1e9 }), /claims 1000000000 tensors/);
    brokenFile(ggufBytes(metadata, [one], { valueCount: 2 ** 40 }), /claims 1099511627776 values/);
    const claimed = (bytes: Uint8Array, marker: string, value: bigint) => {
      const copy = Buffer.from(bytes);
      copy.writeBigUInt64LE(value, copy.indexOf(marker) - 8);
      return copy;
    };
    const good = ggufBytes(metadata, [one]);
    brokenFile(claimed(good, 'llama.block', 10n ** 9n), /claims a string of 1000000000 bytes/);
    brokenFile(claimed(good, 'llama.block', 2n ** 63n), /claims 9223372036854775808 bytes/);
    // The list's length stands before the length of its first string.
    const list = Buffer.from(good);
    const at = list.indexOf('tokenizer.ggml.tokens') + 'tokenizer.ggml.tokens'.length + 8;
    assert.equal(list.readBigUInt64LE(at), 2n);
    list.writeBigUInt64LE(10n ** 9n, at);
    brokenFile(list, /goes on past the end of the file/);
  });

  it('with tensors that cannot be are refused by their names', () => {
    const file = (...tensors: GgufTensor[]) => ggufBytes(metadata, tensors);
    brokenFile(file({ ...one, dims: [2, 31] }), /rows of “one” have 31 elements.* blocks of Q8_0/);
    brokenFile(file({ ...one, dims: [1, 1, 1, 1, 1] }), /“one” has 5 dimensions/);
    brokenFile(file({ ...one, dims: [2 ** 30, 2 ** 30] }), /“one” claims/);
    brokenFile(file({ ...one, dims: [4, 32] }), /“one” reaches past the end/);
    brokenFile(file(one, { ...two, offset: 32 }), /“two” overlaps with another tensor/);
    brokenFile(file(one, { ...two, offset: 97 }), /“two” does not begin where it may/);
    brokenFile(file(one, { ...two, name: 'one' }), /two of its tensors have the same name/);
    refused(
      file({ ...one, type: 4 }),
      'model-unsupported',
      /holds “one” in a quantisation, number 4/,
    );
    const wide = { ...metadata, 'general.alignment': { kind: 'u32', value: 24 } as const };
    brokenFile(ggufBytes(wide, [one]), /its alignment is 24/);
  });

  it('are regular files', function () {
    if (process.platform === 'win32') this.skip();
    const pipe = join(folder, 'pipe.gguf');
    execFileSync('mkfifo', [pipe]);
    assert.throws(() => readGguf(pipe), /cannot be opened/);
  });

  describe('of a split model', () => {
    const part = (no: number, tensors: readonly GgufTensor[], count = 2) =>
      ggufBytes(
        {
          ...(no === 0 ? metadata : {}),
          'split.no': { kind: 'u32', value: no },
          'split.count': { kind: 'u32', value: count },
          'split.tensors.count': { kind: 'u32', value: 2 },
        },
        tensors,
      );
    const [first, second] = ['m-00001-of-00002.gguf', 'm-00002-of-00002.gguf'];

    it('are joined, whichever of them is named', () => {
      const paths = [write(part(0, [one]), first), write(part(1, [two]), second)];
      for (const path of paths) {
        const { tensors, metadata: read, files } = readGgufParts(path);
        assert.deepEqual([...tensors.keys()], ['one', 'two']);
        assert.deepEqual(
          files.map(each => each.path),
          paths,
        );
        assert.equal(read.get('general.architecture'), 'llama');
        assert.equal(tensors.get('two')?.path.endsWith(second), true);
      }
    });

    it('are all needed, and belong together', () => {
      const path = write(part(0, [one]), first);
      assert.throws(
        () => readGgufParts(path),
        /split over 2 files, and m-00002-of-00002\.gguf is not in/,
      );
      write(part(0, [two]), second);
      assert.throws(() => readGgufParts(path), /it says that it is part 0 where it is 1/);
      write(part(1, [one]), second);
      assert.throws(() => readGgufParts(path), /“one” is in another part too/);
      write(part(1, []), second);
      assert.throws(() => readGgufParts(path), /hold 2 tensors, and they hold 1/);
      write(part(0, [one], 3), first);
      assert.throws(
        () => readGgufParts(path),
        /split over 3 files, and its name that it is over 2/,
      );
    });
  });
});
