import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { changedFile } from '../../src/inspector/files/fileStamps';
import { openModel } from '../../src/inspector/model/openModel';
import { decidingFiles } from '../../src/inspector/source/files';
import { sourceAt } from '../../src/inspector/source/source';
import { openSafetensors } from '../../src/inspector/weights/safetensors';
import { InspectorError, type ErrorCode } from '../../src/protocol/errors';
import { readCase } from './engine/support/cases';
import { checkErrors, compare, everything } from './engine/support/compare';
import { copyInShards } from './support/shards';

const fixtures = join(import.meta.dirname, '../fixtures/weights');
const gemma = join(fixtures, 'gemma3');
const INDEX = 'model.safetensors.index.json';

/** A file of tensors of bytes, as its header says. */
function safetensors(header: Readonly<Record<string, unknown>>, data = 16): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(data)]);
}

const bytes = (from: number, to: number, dtype = 'U8') => ({
  dtype,
  shape: [to - from],
  data_offsets: [from, to],
});

describe('weights without a graph on disk', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'attention-debugger-weights-')));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function refuses(what: Promise<unknown>, code: ErrorCode, says: RegExp): Promise<void> {
    await assert.rejects(what, error => {
      assert.ok(error instanceof InspectorError, String(error));
      assert.match(error.message, says);
      assert.equal(error.code, code);
      return true;
    });
  }

  /** A model as it is in the folder gives what the reference has. */
  async function isExact(path: string, of: string): Promise<void> {
    const example = readCase(of);
    const model = await openModel(path, { threads: 1 });
    try {
      checkErrors(example, compare(example, await model.run(example.feeds, everything)));
    } finally {
      await model.dispose();
    }
  }

  function copied(from: string): void {
    cpSync(from, folder, { recursive: true });
  }

  it('are found in a folder, in a file of it, and in all shards where one is chosen', () => {
    const names = copyInShards(gemma, folder);
    const { graphs, home } = sourceAt(folder);
    assert.equal(home, folder);
    assert.ok(graphs.kind === 'weights');
    assert.deepEqual(
      graphs.files.map(file => basename(file)),
      names,
    );
    assert.deepEqual(sourceAt(at(names[1])).graphs, graphs);
    assert.deepEqual(decidingFiles(sourceAt(folder)), [at('config.json'), ...graphs.files]);
  });

  it('come after a graph in the same folder, unless they are chosen', () => {
    copied(join(fixtures, 'llama'));
    writeFileSync(at('model.onnx'), 'a graph');
    assert.equal(sourceAt(folder).graphs.kind, 'single');
    assert.equal(sourceAt(at('model.safetensors')).graphs.kind, 'weights');
  });

  it('may be one file of any name beside its configuration', async () => {
    copied(join(fixtures, 'gpt2'));
    renameSync(at('model.safetensors'), at('epoch 3.safetensors'));
    await isExact(at('epoch 3.safetensors'), join(fixtures, 'gpt2'));
  });

  it('lie behind the links of the Hugging Face cache', async () => {
    copyInShards(gemma, at('plain'));
    const snapshot = at('models--org--name/snapshots/0123abcd');
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(at('models--org--name/blobs'));
    for (const name of readdirSync(at('plain'))) {
      cpSync(at(`plain/${name}`), at(`models--org--name/blobs/hash-of-${name}`));
      symlinkSync(`../../blobs/hash-of-${name}`, join(snapshot, name));
    }
    await isExact(snapshot, gemma);
  });

  it('may lie in several folders', async () => {
    const [first] = copyInShards(gemma, folder);
    mkdirSync(at('elsewhere'));
    renameSync(at(first), at(`elsewhere/${first}`));
    symlinkSync(join('elsewhere', first), at(first));
    await isExact(folder, gemma);
  });

  it('are known again by their files', async () => {
    copied(join(fixtures, 'gpt2'));
    const model = await openModel(folder, { threads: 1 });
    try {
      assert.deepEqual(
        [...model.files.keys()].sort(),
        [at('config.json'), at('model.safetensors')].sort(),
      );
      assert.equal(model.card.fileSize, readFileSync(at('model.safetensors')).length);
      assert.equal(await changedFile(model.files), undefined);
      writeFileSync(at('config.json'), readFileSync(at('config.json')));
      assert.equal(await changedFile(model.files), at('config.json'));
    } finally {
      await model.dispose();
    }
  });

  it('miss a shard, which is named', async () => {
    const [first] = copyInShards(gemma, folder);
    rmSync(at(first));
    await refuses(openModel(folder), 'model-missing', new RegExp(`${first} is missing from`));
  });

  it('have an index that leads elsewhere, or nowhere', async () => {
    copied(join(fixtures, 'gpt2'));
    rmSync(at('model.safetensors'));
    const indices: readonly [string, RegExp][] = [
      ['{"weight_map":{"a":"../secret.safetensors"}}', /names the file “\.\.\/secret/],
      ['{"weight_map":{"a":"/etc/passwd"}}', /names the file “\/etc\/passwd/],
      ['{"weight_map":{"a":1}}', /does not say where weights are/],
      ['{"weight_map":{}}', /does not say where weights are/],
      ['{', /is broken: it is not JSON/],
    ];
    for (const [text, says] of indices) {
      writeFileSync(at(INDEX), text);
      await refuses(openModel(folder), 'model-broken', says);
    }
  });

  it('are no weights: what Git keeps elsewhere, a web page, a broken configuration', async () => {
    copied(join(fixtures, 'gpt2'));
    writeFileSync(at('config.json'), '{"model_type":');
    await refuses(openModel(folder), 'model-broken', /config\.json is not JSON/);
    cpSync(join(fixtures, 'gpt2/config.json'), at('config.json'));
    writeFileSync(
      at('model.safetensors'),
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
    );
    await refuses(openModel(folder), 'model-broken', /is a Git LFS pointer/);
    writeFileSync(at('model.safetensors'), '<!DOCTYPE html><html>');
    await refuses(openModel(folder), 'model-broken', /is a web page/);
  });

  it('are an adapter alone', async () => {
    writeFileSync(at('adapter_config.json'), '{}');
    writeFileSync(at('adapter_model.safetensors'), safetensors({ a: bytes(0, 16) }));
    await refuses(openModel(folder), 'model-broken', /does not name the model that it changes/);
  });

  it('hold tensors twice, in each other, past the end, or of a type that is not read', async () => {
    const read = (...files: readonly Buffer[]) => {
      files.forEach((file, i) => writeFileSync(at(`${i}.safetensors`), file));
      return openSafetensors(files.map((_, i) => at(`${i}.safetensors`)));
    };
    const one = safetensors({ a: bytes(0, 8), b: bytes(8, 16) });
    assert.deepEqual((await read(one)).names, ['a', 'b']);
    assert.deepEqual((await read(one)).get('b'), {
      dtype: 'U8',
      dims: [8],
      path: at('0.safetensors'),
      offset: one.length - 8,
      length: 8,
    });
    await refuses(read(one, one), 'model-broken', /“a” is in another file of the model, too/);
    const wrong: readonly [Buffer, RegExp][] = [
      [safetensors({ a: bytes(0, 8), b: bytes(7, 15) }), /“b” overlaps/],
      [safetensors({ a: bytes(0, 17) }), /“a” lies outside the file/],
      [safetensors({ a: { ...bytes(0, 8), shape: [9] } }), /“a” has 8 bytes/],
      [safetensors({ a: bytes(0, 16, 'F8_E4M3') }), /“a” is of the type F8_E4M3, which is not/],
      [safetensors({ a: { dtype: 'U8' } }), /“a” is malformed/],
      [Buffer.from([255, 255, 255, 255, 255, 0, 0, 0, 1]), /its header claims/],
      [Buffer.alloc(4), /shorter than its 8-byte header/],
    ];
    for (const [file, says] of wrong) await refuses(read(file), 'model-broken', says);
  });
});
