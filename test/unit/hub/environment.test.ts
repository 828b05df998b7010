import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressText, readAddress } from '../../../src/hub/address';
import { hubEnvironment } from '../../../src/hub/environment';
import { refusalOf } from './support';

describe('the environment of the Hub', () => {
  let home: string;
  before(async () => (home = await mkdtemp(join(tmpdir(), 'attention-hub-home-'))));
  after(() => rm(home, { recursive: true }));

  it('is the public Hub and the folder of Python’s library, without a token', async () => {
    assert.deepEqual(await hubEnvironment({}, home), {
      endpoint: 'https://huggingface.co',
      host: 'huggingface.co',
      token: undefined,
      cache: join(home, '.cache', 'huggingface', 'hub'),
    });
  });

  it('takes the cache from the most particular variable', async () => {
    const cacheOf = async (variables: Record<string, string>) =>
      (await hubEnvironment(variables, home)).cache;
    const all = {
      XDG_CACHE_HOME: '/x',
      HF_HOME: '~/h',
      HUGGINGFACE_HUB_CACHE: '/old',
      HF_HUB_CACHE: '$BASE/${BASE}/c',
      BASE: '/b',
    };
    assert.equal(await cacheOf(all), '/b/b/c');
    assert.equal(await cacheOf({ ...all, HF_HUB_CACHE: '' }), '/old');
    const { XDG_CACHE_HOME, HF_HOME } = all;
    assert.equal(await cacheOf({ XDG_CACHE_HOME, HF_HOME }), join(home, 'h', 'hub'));
    assert.equal(await cacheOf({ XDG_CACHE_HOME }), '/x/huggingface/hub');
  });

  it('takes the token of the variable, else of the file', async () => {
    const tokenOf = async (variables: Record<string, string>) =>
      (await hubEnvironment(variables, home)).token;
    const folder = join(home, '.cache', 'huggingface');
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'token');
    await writeFile(file, 'hf_file\r\n');
    assert.deepEqual(await tokenOf({}), { text: 'hf_file', from: file });
    const own = { HF_TOKEN: ' hf_own\n' };
    assert.deepEqual(await tokenOf(own), { text: 'hf_own', from: 'HF_TOKEN' });
    assert.equal(await tokenOf({ ...own, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }), undefined);
    assert.deepEqual(await tokenOf({ HF_HOME: join(home, 'none') }), undefined);
    await rm(file);
  });

  it('sends no token over a line that anybody can read', async () => {
    const tokenOf = async (HF_ENDPOINT: string) =>
      (await hubEnvironment({ HF_ENDPOINT, HF_TOKEN: 'hf_own' }, home)).token?.text;
    assert.equal(await tokenOf('http://hub.example'), undefined);
    assert.equal(await tokenOf('http://127.0.0.1.example'), undefined);
    assert.equal(await tokenOf('https://hub.example/'), 'hf_own');
    assert.equal(await tokenOf('http://127.0.0.1:80'), 'hf_own');
  });

  it('refuses what is switched off or wrong, each in a sentence', async () => {
    const wrong = (variables: Record<string, string>) => refusalOf(hubEnvironment(variables, home));
    assert.match(await wrong({ HF_HUB_OFFLINE: '1' }), /^HF_HUB_OFFLINE is set, so nothing is/);
    assert.match(await wrong({ TRANSFORMERS_OFFLINE: 'yes' }), /^TRANSFORMERS_OFFLINE is set/);
    assert.match(await wrong({ HF_TOKEN: 'hf_a\r\nx: y' }), /token of HF_TOKEN holds characters/);
    for (const HF_ENDPOINT of ['hub', 'ftp://hub', 'https://me:secret@hub', 'https://hub/?x']) {
      const message = await wrong({ HF_ENDPOINT });
      assert.match(message, /HF_ENDPOINT is no address/);
      assert.doesNotMatch(message, /secret/);
    }
  });
});

describe('names of models', () => {
  const read = (text: string) => readAddress(text, 'hub.example:8080');

  it('are read in every form that people have them', () => {
    const plain = { name: 'org/name', revision: 'main' };
    for (const text of [
      ' org/name ',
      'org/name@main',
      'https://huggingface.co/org/name',
      'https://huggingface.co/org/name/',
      'huggingface.co/org/name',
      'hf.co/org/name',
      'http://hub.example:8080/org/name/tree/main?x=1#files',
      'https://huggingface.co/org/name/blob/main/config.json',
    ]) {
      assert.deepEqual(read(text), plain, text);
    }
    assert.deepEqual(read('gpt2'), { name: 'gpt2', revision: 'main' });
    assert.deepEqual(read('https://hf.co/gpt2/tree/dev'), { name: 'gpt2', revision: 'dev' });
    const pull = { name: 'org/name', revision: 'refs/pr/1' };
    assert.deepEqual(read('org/name@refs/pr/1'), pull);
    assert.deepEqual(read('https://hf.co/org/name/tree/refs%2Fpr%2F1'), pull);
    const file = { name: 'org/name', revision: 'v1', file: 'q/a b.gguf' };
    assert.deepEqual(read('org/name/q/a b.gguf@v1'), file);
    assert.deepEqual(
      read('https://huggingface.co/org/name/resolve/v1/q/a%20b.gguf?download=true'),
      file,
    );
  });

  it('are written as they are read', () => {
    for (const text of ['gpt2', 'org/name', 'org/name@v1', 'org/name/a.gguf@refs/pr/2']) {
      assert.equal(addressText(read(text)), text);
    }
  });

  it('are refused where they are none, each in a sentence', async () => {
    for (const text of [
      '',
      'a/b/c',
      '../x',
      'org/..',
      'org/na..me',
      '-org/name',
      'org/name.git',
      'org/name?x',
      'org/name@..',
      'org/name@a b',
      'org/na me',
      'org/%2e%2e',
      'https://elsewhere.example/org/name',
      'https://huggingface.co.example/org/name',
      'file:///etc/passwd',
      'https://huggingface.co/datasets/org/name',
      'spaces/org/name',
      'https://huggingface.co/org/%zz/tree/main',
      'https://huggingface.co/org/name/blob/%E0%A4%A/x.gguf',
      'x'.repeat(5000),
    ]) {
      const message = await refusalOf(Promise.resolve().then(() => read(text)));
      assert.match(message, /such as org\/name, or the address of its page\.$/);
      assert.ok(message.length < 250);
    }
  });
});
