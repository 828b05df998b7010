import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  findModel,
  listModels,
  modelAt,
  modelHome,
  withVariants,
  type ModelPlaces,
} from '../../../src/extension/models/modelPaths';
import { RecentModels } from '../../../src/extension/models/recentModels';

describe('models on disk', () => {
  let folder = '';
  let places: ModelPlaces;

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'models-'));
    for (const name of ['one', 'two', 'other']) await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, 'one/config.json'), '{}');
    await writeFile(path.join(folder, 'two/model.onnx'), '');
    await writeFile(path.join(folder, 'other/notes.txt'), '');
    places = { bundled: '/extension/models', bases: [folder], trusted: true };
  });
  after(async () => rm(folder, { recursive: true }));

  it('finds the bundled models, also in an untrusted workspace', async () => {
    const { path: place } = await findModel('decoder', { ...places, trusted: false });
    assert.equal(place, path.join('/extension/models', 'decoder'));
  });

  it('finds folders and files by absolute and relative paths', async () => {
    const one = path.join(folder, 'one');
    assert.equal((await findModel(one, places)).path, one);
    assert.equal((await findModel('one', places)).path, one);
    const file = await findModel('./two/model.onnx', places);
    assert.equal(file.path, path.join(folder, 'two/model.onnx'));
    assert.equal(file.label, 'model.onnx');
  });

  it('says what to do when there is no such model', async () => {
    await assert.rejects(findModel('bert', places), { code: 'model-unknown', message: /“bert”/ });
    await assert.rejects(findModel('/no/model.onnx', places), { code: 'model-missing' });
    await assert.rejects(findModel('no/model', places), { code: 'model-missing' });
  });

  it('opens nothing but the bundled models in an untrusted workspace', async () => {
    const untrusted = { ...places, trusted: false };
    await assert.rejects(findModel('one', untrusted), { message: /not trusted/ });
    assert.deepEqual(await listModels(folder, untrusted), []);
  });

  it('lists the models of a folder, a model folder itself, and nothing for a missing one', async () => {
    const names = async (place: string) =>
      (await listModels(place, places)).map(model => model.label);
    assert.deepEqual(await names(folder), ['one', 'two']);
    assert.deepEqual(await names('one'), ['one']);
    assert.deepEqual(await names('/nowhere'), []);
  });

  it('offers the other precisions of a model, named by their files, and no halves of one', async () => {
    const model = path.join(folder, 'export');
    await mkdir(path.join(model, 'onnx'), { recursive: true });
    await writeFile(path.join(model, 'tokenizer.json'), '{}');
    const graphs = ['model', 'model_int8', 'model_q4', 'encoder_model', 'decoder_model'];
    for (const name of graphs) await writeFile(path.join(model, `onnx/${name}.onnx`), '');
    const found = await withVariants(model);
    assert.deepEqual(
      found.map(({ reference, label }) => [path.relative(folder, reference), label]),
      [
        ['export', 'export'],
        [path.join('export', 'onnx', 'model_int8.onnx'), 'export, model_int8.onnx'],
        [path.join('export', 'onnx', 'model_q4.onnx'), 'export, model_q4.onnx'],
      ],
    );
    assert.equal(await modelHome(path.join(model, 'onnx/model_q4.onnx')), model);
    assert.equal(await modelHome(path.join(folder, 'two/model.onnx')), undefined);
    assert.equal((await modelAt(model))?.path, model);
    assert.equal((await modelAt(path.join(model, 'onnx')))?.path, model);
    assert.equal((await modelAt(path.join(folder, 'two')))?.path, path.join(folder, 'two'));
    assert.equal(await modelAt(path.join(folder, 'other')), undefined);
    assert.equal(await modelAt(path.join(folder, 'other/none.onnx')), undefined);
  });

  it('offers folders of weights with their configuration, and weights beside a graph', async () => {
    const stored = path.join(folder, 'stored');
    await mkdir(stored);
    await writeFile(path.join(stored, 'model.safetensors'), '');
    assert.equal(await modelAt(stored), undefined);
    await writeFile(path.join(stored, 'config.json'), '{}');
    assert.equal((await modelAt(stored))?.path, stored);
    assert.deepEqual(
      (await withVariants(stored)).map(({ label }) => label),
      ['stored'],
    );
    const file = path.join(stored, 'model.safetensors');
    assert.equal((await modelAt(file))?.path, file);
    assert.equal(await modelHome(file), stored);
    await writeFile(path.join(stored, 'model.onnx'), '');
    assert.deepEqual(
      (await withVariants(stored)).map(({ label }) => label),
      ['stored', 'stored, model.safetensors'],
    );
    const shards = path.join(folder, 'shards');
    await mkdir(shards);
    for (const name of ['config.json', 'model.safetensors.index.json']) {
      await writeFile(path.join(shards, name), '{}');
    }
    assert.equal((await modelAt(shards))?.path, shards);
  });
});

describe('recent models', () => {
  it('are the last five, the latest first, each once', async () => {
    const stored = new Map<string, unknown>();
    const memory = {
      get: (key: string) => stored.get(key),
      update: async (key: string, value: unknown) => void stored.set(key, value),
    };
    const recent = new RecentModels(memory as never);
    assert.deepEqual(recent.references, []);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'c']) await recent.add(name);
    assert.deepEqual(recent.references, ['c', 'f', 'e', 'd', 'b']);
  });
});
