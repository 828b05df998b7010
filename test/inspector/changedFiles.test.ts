import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from '../../src/inspector/run/inspect';
import { Kept } from '../../src/inspector/store/kept';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { positions } from '../../src/inspector/positions/positions';
import { changedFile, stampsOf } from '../../src/inspector/files/fileStamps';
import { wordModel, WORDS_TEXT } from './support/wordModel';

/** Whole seconds, which every file system can set again. */
const TIME = [1_700_000_000, 1_700_000_000] as const;
const quiet = () => Promise.resolve();

describe('files of a model that change', function () {
  this.timeout(300_000);
  let scratch: string;
  beforeEach(() => (scratch = mkdtempSync(join(tmpdir(), 'attention-debugger-changed-'))));
  afterEach(() => rmSync(scratch, { recursive: true }));
  const run = (store: ModelStore, model: string, memoryBudget = 2e9) =>
    inspect({ model, text: WORDS_TEXT, maximumTokens: 64, memoryBudget }, store, quiet);

  /** Other numbers in the last kilobytes of a file, its size and modification time as they were. */
  function rewriteInPlace(file: string): void {
    const bytes = readFileSync(file);
    for (let at = bytes.length - 4096; at + 4 <= bytes.length; at += 4) {
      bytes.writeFloatLE(0.5 * bytes.readFloatLE(at), at);
    }
    writeFileSync(file, bytes);
    utimesSync(file, ...TIME);
  }

  it('are seen where size and modification time are as they were', async () => {
    const file = join(scratch, 'a');
    writeFileSync(file, 'one');
    utimesSync(file, ...TIME);
    const missing = join(scratch, 'b');
    const stamps = await stampsOf([file, missing]);
    assert.equal(await changedFile(stamps), undefined);
    writeFileSync(file, 'two');
    utimesSync(file, ...TIME);
    assert.equal(await changedFile(stamps), file, 'written in place');
    const now = await stampsOf([file, missing]);
    writeFileSync(join(scratch, 'other'), 'two');
    utimesSync(join(scratch, 'other'), ...TIME);
    renameSync(join(scratch, 'other'), file);
    assert.equal(await changedFile(now), file, 'replaced');
    const last = await stampsOf([file, missing]);
    writeFileSync(missing, '');
    assert.equal(await changedFile(last), missing, 'appeared');
  });

  it('are read again, weights outside the graph too, and the run says so once', async () => {
    const model = wordModel(scratch, 'bert__extdata_dynamo_sdpa_op18');
    const weights = join(model, 'model.onnx.data');
    utimesSync(weights, ...TIME);
    const store = new ModelStore();
    const first = await run(store, model);
    const same = await run(store, model);
    assert.deepEqual(same.run.logits?.data, first.run.logits?.data);
    assert.ok(!same.summary.notes?.some(note => note.includes('changed')));
    rewriteInPlace(weights);
    const again = await run(store, model);
    assert.notDeepEqual(again.run.logits?.data, first.run.logits?.data);
    const note =
      'The file model.onnx.data changed since the model was opened: it was opened again.';
    assert.ok(again.summary.notes?.includes(note));
    assert.ok(!(await run(store, model)).summary.notes?.includes(note));
    const fresh = await run(new ModelStore(), model);
    assert.deepEqual(again.run.logits?.data, fresh.run.logits?.data);
  });

  it('keep earlier runs from being mixed with new numbers', async () => {
    const model = wordModel(scratch, 'bloom__legacy_eager_op14');
    const store = new ModelStore();
    const lean = await run(store, model, 1);
    const graph = join(model, 'model.onnx');
    writeFileSync(graph, readFileSync(graph));
    const site = lean.run.sites[0];
    assert.ok(site);
    const stale = { code: 'capture-missing', message: /files of the model changed since this run/ };
    await assert.rejects(lean.detailsOf(site), stale);
    await assert.rejects(positions(lean, 'decoder', store), stale);
  });

  it('are the ones that are read, not what else lies in the folder', async () => {
    const model = wordModel(scratch, 'gpt2__legacy_eager_op14');
    const store = new ModelStore();
    const [opened, tokenizer] = [await store.model(model), await store.tokenizer(model)];
    for (const name of ['notes.json', 'other_model.onnx_data', 'x.bin', 'vocab.json.bak']) {
      writeFileSync(join(model, name), '{}');
    }
    assert.equal(await store.model(model), opened);
    assert.equal(await store.tokenizer(model), tokenizer);
    writeFileSync(join(model, 'tokenizer_config.json'), '{}');
    assert.notEqual(await store.tokenizer(model), tokenizer);
    const graph = join(model, 'model.onnx');
    mkdirSync(join(model, 'onnx'));
    cpSync(graph, join(model, 'onnx', 'model.onnx'));
    const reopened = await store.model(model);
    rmSync(graph);
    assert.notEqual(await store.model(model), reopened, 'another graph is the one to take');
  });

  it('are opened once by several calls that find the change', async () => {
    let opened = 0;
    let isChanged = false;
    const closed: number[] = [];
    const kept = new Kept<number>(2, value => void closed.push(value));
    const get = () =>
      kept.get('a', async () => {
        const value = ++opened;
        return { value, changed: async () => (isChanged && value === 1 ? 'file' : undefined) };
      });
    assert.deepEqual(await Promise.all([get(), get()]), [1, 1]);
    isChanged = true;
    assert.deepEqual(await Promise.all([get(), get(), get()]), [2, 2, 2]);
    assert.equal(opened, 2);
    assert.deepEqual(closed, [1]);
  });
});
