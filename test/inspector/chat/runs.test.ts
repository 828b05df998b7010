import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { openCapture, saveCapture } from '../../../src/inspector/capture/captureFile';
import { openModel } from '../../../src/inspector/model/openModel';
import { EVERYTHING, inspect } from '../../../src/inspector/run/inspect';
import { ModelStore } from '../../../src/inspector/store/modelStore';
import { runKey, runSpec, type RunSpec } from '../../../src/protocol/run';
import type { Token } from '../../../src/protocol/tokens';
import { wordModel } from '../support/wordModel';

const quiet = () => Promise.resolve();
/** A separator stands between the texts of a pair and after them, of the second segment. */
const PAIR = {
  type: 'TemplateProcessing',
  single: [{ Sequence: { id: 'A', type_id: 0 } }],
  pair: [
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: '[UNK]', type_id: 0 } },
    { Sequence: { id: 'B', type_id: 1 } },
    { SpecialToken: { id: '[UNK]', type_id: 1 } },
  ],
  special_tokens: { '[UNK]': { id: '[UNK]', ids: [3], tokens: ['[UNK]'] } },
};
const DOCUMENT = 'system: the cat\nuser: it sat on a mat';
const TEMPLATE =
  "{% for m in messages %}{{ 'and ' + m.content + '[UNK]' }}{% endfor %}{% if add_generation_prompt %}{{ 'was' }}{% endif %}";

describe('runs of pairs and chats', function () {
  this.timeout(300_000);
  const store = new ModelStore();
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-chat-'))));
  after(() => rm(scratch, { recursive: true }));

  const model = (name: string): string => {
    const folder = wordModel(scratch, name);
    const file = join(folder, 'tokenizer.json');
    const json = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...json, post_processor: PAIR }));
    writeFileSync(join(folder, 'chat_template.jinja'), TEMPLATE);
    return folder;
  };
  const run = (spec: Omit<RunSpec, 'model'>, path: string) =>
    inspect({ ...spec, model: path, maximumTokens: 64 }, store, quiet);

  it('feed a model the segments of a pair', async () => {
    const path = model('bert__features_legacy_eager_op17');
    const pair = await run({ text: 'the cat sat', pair: 'it was warm' }, path);
    const tokens = pair.summary.tokens.encoder ?? [];
    const types = tokens.map(({ typeId }) => typeId);
    assert.deepEqual(types, [0, 0, 0, 0, 1, 1, 1, 1]);
    const card = pair.summary.model.inputs?.find(({ name }) => name === 'token_type_ids');
    assert.equal(card?.fed, 'the segment of each token');

    const opened = await openModel(path);
    const row = (values: readonly number[]) => ({
      dims: [1, values.length],
      data: BigInt64Array.from(values, BigInt),
    });
    const ids = row(tokens.map(({ id }) => id));
    const fed = (segments: readonly number[]) =>
      opened.run({ input_ids: ids, token_type_ids: row(segments) }, EVERYTHING);
    const [with01, with0] = [await fed(types.map(Number)), await fed(types.map(() => 0))];
    const states = (made: typeof with01) => [...(made.hiddenStates.encoder?.at(-1)?.data ?? [])];
    assert.ok(states(pair.run).length > 0);
    assert.deepEqual(states(pair.run), states(with01));
    assert.notDeepEqual(states(pair.run), states(with0));
    await opened.dispose();

    const own = await run(
      { text: 'the cat sat', pair: 'it was warm', feeds: { token_type_ids: 0 } },
      path,
    );
    assert.deepEqual(states(own.run), states(with0));
  });

  it('are kept by capture files, by changes and by generated tokens', async () => {
    const path = model('gpt2__legacy_eager_op14');
    const chat = await run({ text: DOCUMENT, chat: { prompt: true } }, path);
    const { summary } = chat;
    const tokens = summary.tokens.decoder ?? [];
    const words = tokens.map(({ token, turn, template, start, end }) => [
      token,
      turn,
      template ? '' : DOCUMENT.slice(start, end),
    ]);
    assert.deepEqual(words, [
      ['and', 0, ''],
      ['the', 0, 'the'],
      ['cat', 0, 'cat'],
      ['[UNK]', 0, ''],
      ['and', 1, ''],
      ['it', 1, 'it'],
      ['sat', 1, 'sat'],
      ['on', 1, 'on'],
      ['a', 1, 'a'],
      ['mat', 1, 'mat'],
      ['[UNK]', 1, ''],
      ['was', 2, ''],
    ]);
    assert.deepEqual(summary.templates, ['default']);
    for (const made of [chat, await run({ text: 'the cat', pair: 'sat on it' }, path)]) {
      const file = join(scratch, 'capture.safetensors');
      await saveCapture(made, file);
      const stored = (await openCapture(file)).summary;
      assert.deepEqual(stored, { ...made.summary, id: stored.id, file });
    }

    const generated = await run({ text: DOCUMENT, chat: {}, continuation: [6] }, path);
    const ends = generated.summary.tokens.decoder?.slice(-2).map(({ token }) => token);
    assert.deepEqual(ends, ['[UNK]', generated.summary.tokens.decoder?.at(-1)?.token]);
    assert.equal(generated.summary.tokens.decoder?.length, 12);
    const order = Array.from({ length: 12 }, (_, i) => 11 - i);
    const spec = { text: DOCUMENT, chat: { prompt: true as const } };
    const turned = await run({ ...spec, changes: [{ kind: 'order', order }] }, path);
    const turns = (list: readonly Token[] = []) => list.map(({ turn }) => turn);
    assert.deepEqual(turns(turned.summary.tokens.decoder), turns(tokens).toReversed());
  });

  it('are the same where they are made of the same', () => {
    const spec = { model: 'm', text: 'a', chat: {} };
    assert.equal(runKey(spec), runKey({ ...spec }));
    assert.notEqual(runKey(spec), runKey({ model: 'm', text: 'a' }));
    assert.notEqual(runKey(spec), runKey({ ...spec, chat: { prompt: true } }));
    assert.notEqual(
      runKey({ model: 'm', text: 'a', pair: 'b' }),
      runKey({ model: 'm', text: 'a' }),
    );
    assert.deepEqual(runSpec({ model: 'm', text: 'a', pair: undefined, chat: undefined }), {
      model: 'm',
      text: 'a',
    });
  });

  it('are reported by the command line', () => {
    const cli = (...args: string[]) => {
      const command = ['--import', 'tsx', 'src/inspector/cli.ts', 'inspect', ...args];
      return spawnSync(process.execPath, command, { encoding: 'utf8' });
    };
    const path = model('gpt2__legacy_eager_op14');
    const document = join(scratch, 'chat.txt');
    writeFileSync(document, DOCUMENT);
    const chat = cli('--model', path, '--chat', document, '--generation-prompt', '--json');
    assert.equal(chat.status, 0, chat.stderr);
    const report = JSON.parse(chat.stdout) as {
      chat: { template: string; rendered: string; turns: { role: string; tokens: number[] }[] };
      tokens: { decoder: { role: string }[] };
    };
    assert.equal(report.chat.rendered, 'and the cat[UNK]and it sat on a mat[UNK]was');
    assert.deepEqual(
      report.chat.turns.map(({ role, tokens }) => [role, tokens.length]),
      [
        ['system', 4],
        ['user', 7],
        ['assistant', 1],
      ],
    );
    assert.equal(report.tokens.decoder[5]?.role, 'user');
    const pair = cli('--model', path, '--text', 'the cat', '--pair', 'it sat', '--json');
    const { tokens } = JSON.parse(pair.stdout) as { tokens: { decoder: { segment: string }[] } };
    const segments = tokens.decoder.map(({ segment }) => segment);
    assert.deepEqual(segments, ['A', 'A', null, 'B', 'B', null]);
    const missing = cli('--model', path, '--chat', document, '--template', 'rag');
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /has no chat template “rag”: choose one of its own, “default”/);
    for (const wrong of [
      ['--pair', 'x', '--chat', document],
      ['--text', 'x', '--template', 'y'],
      ['--text', 'x', '--chat', document],
    ]) {
      assert.equal(cli('--model', path, ...wrong).status, 2, wrong.join(' '));
    }
  });
});
