import assert from 'node:assert/strict';
import { readText } from '../../../src/inspector/chat/textTokens';
import { InspectorError } from '../../../src/protocol/errors';
import type { Token } from '../../../src/protocol/tokens';
import type { AlignedTokenizer } from '../../../src/inspector/tokenizer/types';
import {
  openFolder,
  readFixture,
  templateSource,
  type ChatCase,
  type ChatFixture,
} from './fixture';

/** Its `</think>` is cut out of the message and written again by the template: it counts as the message's. */
const WRITTEN_AGAIN = 'qwen3, thought';

/** Units of a rendered text: the string that each comes from and the place in it; -1 for the template's. */
function expectedUnits({ text, strings = [], runs = [] }: ChatCase, name: string): number[] {
  const firsts = strings.map((_, i) => strings.slice(0, i).join('').length);
  const units = new Array<number>(text.length).fill(-1);
  for (const [start, end, string, from] of runs) {
    for (let at = start; at < end; at++) units[at] = (firsts[string] ?? 0) + from + at - start;
  }
  if (name.startsWith(WRITTEN_AGAIN)) {
    const again = '\n</think>\n\n';
    const at = text.lastIndexOf(again);
    const first = (units[at - 1] ?? -1) + 1;
    for (let i = 0; i < again.length; i++) units[at + i] = first + i;
  }
  return units;
}

describe('texts as transformers gives them to a model', () => {
  let fixture: ChatFixture;
  const opened = new Map<string, Promise<AlignedTokenizer>>();
  before(async () => (fixture = await readFixture()));

  const tokenizerOf = (name: string, template?: string): Promise<AlignedTokenizer> => {
    const key = `${name} ${template ?? ''}`;
    const open = async () => {
      const source =
        template === undefined ? {} : { 'chat_template.jinja': await templateSource(template) };
      return openFolder({ ...fixture.tokenizers[name], ...source });
    };
    const made = opened.get(key) ?? open();
    opened.set(key, made);
    return made;
  };

  it('renders chats to the same characters and ids, and leads them back to the same places', async () => {
    let [refusals, compared] = [0, 0];
    for (const one of fixture.chats) {
      const { template, chat, prompt } = one;
      const tokenizer = await tokenizerOf(fixture.templates[template] ?? '', template);
      const text = JSON.stringify(fixture.documents[chat], null, 2);
      const spec = { text, chat: prompt ? ({ prompt: true } as const) : {} };
      const name = `${template}, ${chat}${prompt ? ', prompt' : ''}`;
      if (one.error !== undefined) {
        refusals++;
        const says = new RegExp(one.error.replace(/\W+$/, ''));
        await assert.rejects(readText(spec, tokenizer, 'a'), says, name);
        continue;
      }
      const read = await readText(spec, tokenizer, 'a');
      const { tokens } = await read.encode(Infinity);
      assert.equal(read.rendered?.text, one.text, name);
      assert.deepEqual(
        tokens.map(({ id }) => id),
        one.ids,
        name,
      );
      const plain = tokenizer.encode(one.text, { addSpecialTokens: false }).tokens;
      assert.deepEqual(
        plain.flatMap(({ start, end }) => [start, end]),
        one.offsets,
        name,
      );
      const mask = tokens.map((_, i) => {
        const [start = 0, end = 0] = one.offsets.slice(2 * i);
        return read.rendered?.generation?.some(range => start < range.end && range.start < end);
      });
      if (one.mask) assert.deepEqual(mask.map(Number), one.mask, name);
      if (!one.strings) continue;
      compared++;
      const source = one.strings.join('');
      const units = expectedUnits(one, name);
      for (const { index, start, end, turn, template } of tokens) {
        const [from = 0, to = 0] = one.offsets.slice(2 * index);
        const own = units.slice(from, to).filter(unit => unit >= 0);
        const wanted = source.slice(Math.min(...own), Math.max(...own) + 1);
        const token = `${name}, token ${index}`;
        assert.equal(template === true, own.length === 0, token);
        if (template) assert.deepEqual([start, end], [0, 0], token);
        else assert.equal(JSON.parse(`"${text.slice(start, end)}"`), wanted, token);
        const { start: first = 0, end: last = 0 } = read.rendered.turns[turn ?? -1] ?? {};
        assert.ok(template || (first <= start && end <= last), `${token}: of turn ${turn}`);
      }
    }
    assert.equal(refusals, 2);
    assert.ok(compared > 150, String(compared));
  });

  it('splits pairs into the same ids, segments and ranges', async () => {
    for (const one of fixture.pairs) {
      const [text, pair] = one.texts;
      const tokenizer = await tokenizerOf(one.tokenizer);
      const read = await readText({ text, pair }, tokenizer, 'a');
      const { tokens } = await read.encode(Infinity);
      const name = `${one.tokenizer}: ${text} + ${pair}`;
      const of = (take: (token: Token) => unknown) => tokens.map(take);
      assert.deepEqual(
        of(({ id }) => id),
        one.ids,
        name,
      );
      assert.deepEqual(
        of(({ typeId }) => typeId),
        one.types,
        name,
      );
      assert.deepEqual(
        of(({ sequence = null }) => sequence),
        one.sequences,
        name,
      );
      assert.deepEqual(
        tokens.flatMap(({ start, end }) => [start, end]),
        one.offsets,
        name,
      );
    }
    assert.equal(fixture.pairs.length, 30);
  });

  it('refuses with one sentence', async () => {
    const tokenizer = await tokenizerOf('spaces', 'llama2');
    await assert.rejects(
      readText({ text: 'user: a\nuser: b', chat: {} }, tokenizer, 'a'),
      new InspectorError(
        'chat-refused',
        'The chat template “default” does not render these messages: Turns of user and assistant must alternate. Change the messages, or inspect the text as it is.',
      ),
    );
  });
});
