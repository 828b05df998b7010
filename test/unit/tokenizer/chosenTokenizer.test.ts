import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { ModelStore } from '../../../src/inspector/store/modelStore';

describe('a tokenizer from elsewhere', () => {
  const encoder = resolve('models/encoder');
  let folder: string;
  const choose = (choices: unknown) =>
    writeFile(join(folder, 'tokenizers.json'), JSON.stringify(choices));
  const tokensOf = async (model: string) => {
    const tokenizer = await new ModelStore(folder).tokenizer(model);
    return tokenizer.encode('The tiger', { maximumTokens: 9 }).tokens.map(({ token }) => token);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(os.tmpdir(), 'attention-debugger-tokenizer-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('takes the place of the model’s own, for that model only', async () => {
    const own = await tokensOf(encoder);
    const other = join(folder, 'words.json');
    await copyFile(resolve('models/decoder/tokenizer.json'), other);
    await choose({ [encoder]: other });
    assert.deepEqual(own, ['[CLS]', 'the', 'tiger', '[SEP]']);
    assert.deepEqual(await tokensOf(encoder), ['<|endoftext|>', 'ĠThe', 'Ġtiger']);
    assert.ok((await tokensOf(resolve('models/encoder-decoder'))).includes('▁tiger'));
  });

  it('says which file is gone', async () => {
    await choose({ [encoder]: join(folder, 'gone.json') });
    await assert.rejects(tokensOf(encoder), {
      code: 'tokenizer-missing',
      message:
        /gone\.json that was chosen for this model is no longer there\. Choose another file\./,
    });
  });

  it('is the model’s own where the choices are broken', async () => {
    for (const broken of [null, [], 7, { [encoder]: 7 }, { constructor: 'x' }]) {
      await choose(broken);
      assert.equal((await tokensOf(encoder)).length, 4);
    }
    await writeFile(join(folder, 'tokenizers.json'), '{');
    assert.equal((await tokensOf(encoder)).length, 4);
  });
});
