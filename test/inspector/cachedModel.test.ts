import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { sourceAt } from '../../src/inspector/source/source';
import { cacheModel } from './support/modelTrees';

const fixtures = path.join(import.meta.dirname, '../fixtures/onnx');
const FIRST = `aaaaaaa${'1'.repeat(33)}`;
const SECOND = `bbbbbbb${'2'.repeat(33)}`;

describe('a model of the Hugging Face cache', () => {
  let hub = '';
  beforeEach(async () => {
    hub = await mkdtemp(path.join(os.tmpdir(), 'hub-'));
  });
  afterEach(() => rm(hub, { recursive: true, force: true }));

  const add = (fixture: string, revision: string) => {
    const from = (file: string) => ({ from: path.join(fixtures, fixture, file) });
    return cacheModel(hub, 'org/small', revision, {
      'config.json': from('config.json'),
      'onnx/model.onnx': from('model.onnx'),
      'onnx/model.onnx.data': from('model.onnx.data'),
    });
  };
  const EXTERNAL = 'bert__extdata_dynamo_sdpa_op18';
  const folder = () => path.join(hub, 'models--org--small');

  it('opens by its folder, with weights behind links, and has its name and revision', async () => {
    const snapshot = await add(EXTERNAL, FIRST);
    const store = new ModelStore();
    for (const place of [folder(), snapshot]) {
      const { card } = await store.model(place);
      assert.equal(card.name, 'org/small@aaaaaaa');
    }
  });

  it('is the revision that its main branch names, else the latest', async () => {
    const first = await add(EXTERNAL, FIRST);
    const second = await add(EXTERNAL, SECOND);
    assert.equal(sourceAt(folder()).path, second);
    await writeFile(path.join(folder(), 'refs/main'), FIRST);
    assert.equal(sourceAt(folder()).path, first);
    await writeFile(path.join(folder(), 'refs/main'), '../../../elsewhere');
    const { mtimeMs } = await stat(second);
    await utimes(first, new Date(), new Date(mtimeMs + 5000));
    assert.equal(sourceAt(folder()).path, first);
    await rm(path.join(folder(), 'refs'), { recursive: true });
    assert.equal(sourceAt(folder()).path, first);
  });

  it('is read again once the branch has moved', async () => {
    await add(EXTERNAL, FIRST);
    const store = new ModelStore();
    assert.equal((await store.model(folder())).card.name, 'org/small@aaaaaaa');
    await add(EXTERNAL, SECOND);
    assert.equal((await store.model(folder())).card.name, 'org/small@bbbbbbb');
  });

  it('is not looked for in folders of another name', async () => {
    await add(EXTERNAL, FIRST);
    assert.throws(() => sourceAt(hub), { code: 'model-missing' });
    assert.throws(() => sourceAt(path.join(folder(), 'snapshots')), { code: 'model-missing' });
  });
});
