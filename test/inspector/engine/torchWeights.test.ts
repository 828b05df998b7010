import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openModel } from '../../../src/inspector/model/openModel';
import { readCase } from './support/cases';
import { checkCard, checkErrors, compare, everything } from './support/compare';

const fixtures = join(import.meta.dirname, '../../fixtures/weights');
const saved = join(fixtures, '../torch_files');

describe('models whose weights PyTorch saved before safetensors', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'attention-torch-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const copy = (name: string) => {
    cpSync(join(fixtures, name), folder, { recursive: true });
    rmSync(join(folder, 'model.safetensors'));
    cpSync(join(saved, 'models', name), folder, { recursive: true });
  };
  const refuses = (code: string, message: RegExp) =>
    assert.rejects(openModel(folder, { threads: 1 }), { code, message });

  for (const name of ['bert_plain', 'gpt2', 'qwen3']) {
    it(`${name} equals Hugging Face eager`, async () => {
      copy(name);
      const example = readCase(folder);
      const model = await openModel(folder, { threads: 1 });
      try {
        checkCard(example, model);
        assert.ok(model.card.sites.every(({ check }) => check.result === 'exact'));
        const run = await model.run(example.feeds, everything);
        checkErrors(example, compare(example, run));
      } finally {
        await model.dispose();
      }
    });
  }

  it('name the file that is missing, that is none, or that holds a tensor again', async () => {
    copy('qwen3');
    const second = join(folder, 'pytorch_model-00002-of-00002.bin');
    const index = join(folder, 'pytorch_model.bin.index.json');
    const text = readFileSync(index, 'utf8');
    rmSync(second);
    await refuses('model-missing', /pytorch_model-00002-of-00002\.bin is missing from/);
    for (const shard of ['../gpt2/pytorch_model.bin', '/etc/passwd', '..', 'a\\\\b.bin']) {
      const map = text.replace('pytorch_model-00002-of-00002.bin', shard);
      writeFileSync(index, map);
      await refuses('model-broken', /names the file “.*”, which is none beside it/);
    }
    writeFileSync(index, text);
    cpSync(join(folder, 'pytorch_model-00001-of-00002.bin'), second);
    await refuses('model-broken', /00002\.bin holds “.*”, which is in another file of the model/);
  });

  it('are refused where the file wants something to be called', async () => {
    copy('gpt2');
    cpSync(join(saved, 'command.bin'), join(folder, 'pytorch_model.bin'));
    await refuses('model-unsupported', /wants to call or to make (posix|nt)\.system/);
  });
});
