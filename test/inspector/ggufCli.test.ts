import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ggufBytes } from '../support/ggufBytes';

const MODEL = resolve('test/fixtures/gguf/models/qwen3_q8_0/model.gguf');
const INPUTS = resolve('test/fixtures/gguf/models/qwen3_q8_0/inputs.safetensors');

describe('the command line with GGUF files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gguf-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const cli = (...args: string[]) => {
    const all = ['--import', 'tsx', 'src/inspector/cli.ts', ...args];
    // Where each system has its caches.
    const env = { ...process.env, HOME: folder, XDG_CACHE_HOME: folder, LOCALAPPDATA: folder };
    return spawnSync(process.execPath, all, { encoding: 'utf8', env });
  };

  it('inspects one, tells what is unpacked, and removes it', () => {
    const { stdout, stderr, status } = cli(
      'inspect',
      '--model',
      MODEL,
      '--inputs',
      INPUTS,
      '--json',
    );
    assert.equal(status, 0, stderr);
    const report = JSON.parse(stdout) as { model: { name: string; notes: string[] } };
    assert.equal(report.model.name, 'model.gguf');
    const caches = process.platform === 'darwin' ? join(folder, 'Library', 'Caches') : folder;
    const unpacked = join(caches, 'attention-debugger', 'weights');
    const [file, ...others] = readdirSync(unpacked);
    assert.match(file ?? '', /^[\da-f]{32}\.safetensors$/);
    assert.deepEqual(others, []);
    const { stdout: said } = cli('weights');
    assert.ok(said.startsWith(`${unpacked}: `));
    assert.match(said, /: \d{6} bytes\.\n$/);
    assert.match(cli('weights', '--delete').stdout, /^\d{6} bytes were removed from /);
    assert.deepEqual(readdirSync(unpacked), []);
    assert.equal(cli('weights').stdout, `${unpacked}: 0 bytes.\n`);
  });

  it('runs a text, and a conversation with the template inside', () => {
    const run = (...args: string[]) => {
      const { stdout, stderr, status } = cli('inspect', '--model', MODEL, ...args, '--json');
      assert.equal(status, 0, stderr);
      const { tokens } = JSON.parse(stdout) as { tokens: { decoder: { token: string }[] } };
      return tokens.decoder.map(({ token }) => token);
    };
    assert.deepEqual(run('--text', 'a the'), ['<s>', 'a', 'Ġ', 'th', 'e']);
    const chat = join(folder, 'chat.json');
    writeFileSync(chat, JSON.stringify([{ role: 'user', content: 'hi' }]));
    assert.deepEqual(run('--chat', chat), [...Array.from('user:hi'), '</s>']);
  });

  it('splits texts with the tokenizer inside, of an architecture that is not built, too', () => {
    const path = join(folder, 'words.gguf');
    const tokens = ['<|end|>', 'a', 'b', 'ab'];
    const metadata = {
      'general.architecture': { kind: 'string', value: 'somethingnew' },
      'tokenizer.ggml.model': { kind: 'string', value: 'gpt2' },
      'tokenizer.ggml.pre': { kind: 'string', value: 'gpt-2' },
      'tokenizer.ggml.tokens': { kind: 'strings', value: tokens },
      'tokenizer.ggml.token_type': { kind: 'ints', value: [3, 1, 1, 1] },
      'tokenizer.ggml.merges': { kind: 'strings', value: ['a b'] },
      'tokenizer.ggml.eos_token_id': { kind: 'u32', value: 0 },
      'tokenizer.ggml.add_eos_token': { kind: 'bool', value: true },
    } as const;
    writeFileSync(path, ggufBytes(metadata, []));
    writeFileSync(join(folder, 'texts.jsonl'), '{"i": 0, "text": "abb"}\n');
    const { stdout, stderr, status } = cli(
      'tokenize',
      '--model',
      path,
      '--jsonl',
      join(folder, 'texts.jsonl'),
    );
    assert.equal(status, 0, stderr);
    const line = JSON.parse(stdout) as { ids: number[]; tokens: string[] };
    assert.deepEqual(
      [line.ids, line.tokens],
      [
        [3, 2, 0],
        ['ab', 'b', '<|end|>'],
      ],
    );
  });
});
