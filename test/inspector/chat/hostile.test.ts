import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMessages } from '../../../src/inspector/chat/messages';
import { renderAll } from '../../../src/inspector/chat/renderer';
import { readText } from '../../../src/inspector/chat/textTokens';
import { chatTemplates } from '../../../src/inspector/huggingface/chatTemplates';
import { InspectorError } from '../../../src/protocol/errors';
import { openFolder, readFixture } from './fixture';

const limits = { megabytes: 64, characters: 1000 };
const render = (source: string, milliseconds = 20_000) =>
  renderAll(
    'default',
    { source, shared: {}, each: [{ messages: [], add_generation_prompt: false }] },
    { ...limits, milliseconds },
  );

describe('chat templates that come with a model', () => {
  it('end, whatever is written in them', async () => {
    const endless =
      '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}';
    await assert.rejects(
      render(endless, 1500),
      /was stopped after 1\.5 s: on these messages it may never end/,
    );
    const large =
      '{% set ns = namespace(x=["a"]) %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}';
    await assert.rejects(render(large), /was stopped because it took more than 64 MB/);
    await assert.rejects(
      render('{% for a in %}'),
      /is not written as this version reads templates: /,
    );
    const deep = `{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}`;
    for (const source of [
      deep,
      '{{ raise_exception("no") }}',
      '{{ "x" * 5000 }}',
      '{{ messages.constructor.constructor("return process")() }}',
    ]) {
      const [made] = await render(source);
      assert.ok(made && ('error' in made || made.text.length <= 1000), source);
    }
    const [long] = await render('{% for a in range(2000) %}x{% endfor %}');
    assert.deepEqual(long, { error: 'it makes more than 1,000 characters' });
  });

  it('are found where transformers finds them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'templates-'));
    const found = async (settings = {}) => chatTemplates(folder, settings, { bos_token: '<s>' });
    try {
      assert.equal(await found(), undefined);
      await writeFile(join(folder, 'chat_template.json'), '{"chat_template": "older"}');
      assert.deepEqual(await found(), {
        sources: new Map([['default', 'older']]),
        tokens: { bos_token: '<s>' },
      });
      const list = [
        { name: 'default', template: 'a' },
        { name: 'tool_use', template: 'b' },
        { name: 3 },
      ];
      assert.deepEqual(
        (await found({ chat_template: list }))?.sources,
        new Map([
          ['default', 'a'],
          ['tool_use', 'b'],
        ]),
      );
      assert.deepEqual(
        (await found({ chat_template: 'one' }))?.sources,
        new Map([['default', 'one']]),
      );
      await mkdir(join(folder, 'additional_chat_templates'));
      await writeFile(join(folder, 'chat_template.jinja'), 'file\r\n');
      await writeFile(join(folder, 'additional_chat_templates', 'rag.jinja'), 'rag');
      assert.deepEqual(
        (await found({ chat_template: 'one' }))?.sources,
        new Map([
          ['default', 'file\n'],
          ['rag', 'rag'],
        ]),
      );
      await rm(join(folder, 'chat_template.jinja'));
      await mkdir(join(folder, 'chat_template.jinja'));
      assert.match(
        (await found())?.problem ?? '',
        /chat_template\.jinja cannot be read: it is not a regular file/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are chosen by name', async () => {
    const { tokenizers } = await readFixture();
    const settings = {
      ...tokenizers['bytes']?.['tokenizer_config.json'],
      chat_template: [
        { name: 'default', template: 'd' },
        { name: 'tool_use', template: 't' },
      ],
    };
    const tokenizer = await openFolder({
      ...tokenizers['bytes'],
      'tokenizer_config.json': settings,
    });
    const text = async (document: string, template?: string) =>
      (
        await readText(
          { text: document, chat: template === undefined ? {} : { template } },
          tokenizer,
          'm',
        )
      ).rendered?.text;
    assert.equal(await text('user: x'), 'd');
    assert.equal(
      await text('{"messages": [{"role": "user", "content": "x"}], "tools": [{}]}'),
      't',
    );
    assert.equal(await text('user: x', 'tool_use'), 't');
    await assert.rejects(
      text('user: x', 'rag'),
      new InspectorError(
        'chat-refused',
        'm has no chat template “rag”: choose one of its own, “default”, “tool_use”.',
      ),
    );
    const plain = await openFolder(tokenizers['bytes'] ?? {});
    await assert.rejects(
      readText({ text: 'a', chat: {} }, plain, 'm'),
      /m has no chat template: inspect the text as it is/,
    );
  });

  it('that write the first token say so', async () => {
    const { tokenizers } = await readFixture();
    const tokenizer = await openFolder({
      ...tokenizers['spaces'],
      'chat_template.jinja': '{{ bos_token + messages[0].content }}',
    });
    const read = await readText({ text: 'user: a', chat: {} }, tokenizer, 'm');
    assert.match(read.notes.join(), /writes “<s>” itself: the tokenizer adds no special tokens/);
    const { tokens } = await read.encode(9);
    assert.deepEqual(
      tokens.map(({ token }) => token),
      ['<s>', 'a'],
    );
    const doubled = await readText({ text: '<s>a' }, tokenizer, 'm');
    assert.match(
      doubled.notes.join(),
      /begins with “<s>”, and the tokenizer puts another one before it/,
    );
    assert.deepEqual((await readText({ text: 'a' }, tokenizer, 'm')).notes, []);
  });
});

describe('documents of messages', () => {
  const roles = (text: string) =>
    readMessages(text).messages.map(({ role, content }) => [role, content]);

  it('are JSON, lines with roles, or one turn of the user', () => {
    assert.deepEqual(roles('[{"role": "user", "content": "a\\nb"}]'), [['user', 'a\nb']]);
    assert.deepEqual(roles('{"messages": [{"role": "x", "content": "y"}], "a": 1}'), [['x', 'y']]);
    assert.deepEqual(roles('\nSystem: be brief\nUSER:\n  a\nb: c\n\nassistant : d '), [
      ['system', 'be brief'],
      ['user', 'a\nb: c'],
      ['assistant', 'd'],
    ]);
    for (const text of ['a\nuser: b', '[1] note', '{ x }', ' user says: no']) {
      assert.deepEqual(roles(text), [['user', text]], text);
    }
  });

  it('know where their strings stand', () => {
    const text =
      '{"messages": [{"content": "t\\u0065n \\"é\\\\😀", "role": "user", "n": [1.5e3, true, {"content": "x"}]}]}';
    const places = readMessages(text).leaves.map(({ message, path, text: of }) => [
      message,
      path.join('.'),
      of.text,
      text.slice(of.start(0), of.end(of.length - 1)),
    ]);
    assert.deepEqual(places, [
      [0, 'content', 'ten "é\\😀', 't\\u0065n \\"é\\\\😀'],
      [0, 'n.2.content', 'x', 'x'],
    ]);
    const [leaf] = readMessages(text).leaves;
    assert.equal(text.slice(leaf?.text.start(1), leaf?.text.end(1)), '\\u0065');
    assert.equal(readMessages('user: \n\tab ').leaves[0]?.text.start(0), 8);
  });

  it('are refused with the reason', () => {
    const refusal = (text: string) => {
      try {
        readMessages(text);
      } catch (error) {
        assert.ok(error instanceof InspectorError && error.code === 'chat-refused');
        return error.message;
      }
      return '';
    };
    assert.match(
      refusal('[{"role": "user", "content": "a"'),
      /no list of messages: it is not JSON/,
    );
    assert.match(
      refusal('{"x": {"role": "user", "content": "a"}}'),
      /neither a list of messages nor/,
    );
    assert.match(
      refusal('[{"role": "user", "content": "a"}, {"content": "b"}]'),
      /Message 1 of this document has no role/,
    );
    assert.match(
      refusal(JSON.stringify(Array(1001).fill({ role: 'user', content: '' }))),
      /has 1,001 messages/,
    );
    assert.match(
      refusal(`[{"role": "user", "content": ${'['.repeat(99)}${']'.repeat(99)}}]`),
      /is no list of messages: /,
    );
  });
});
