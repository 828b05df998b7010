import assert from 'node:assert/strict';
import {
  escapeMarkdown,
  showWhitespace,
  tokensMarkdown,
} from '../../../src/extension/editor/hoverMarkdown';
import { Tokenizations } from '../../../src/extension/editor/tokenizations';
import type { Token } from '../../../src/protocol/tokens';

const model = { reference: 'encoder', label: 'Encoder', detail: '', path: '/m' };

function token(index: number, text: string, start: number, end: number): Token {
  return {
    index,
    id: 100 + index,
    token: text,
    text,
    start,
    end,
    special: start === end,
    unknown: false,
    continues: text.startsWith('##'),
  };
}

describe('the hover’s Markdown', () => {
  const tokens = [token(0, '[CLS]', 0, 0), token(1, 'thirst', 0, 6), token(2, '##y', 6, 7)];

  it('gives count, pieces, ids, the token under the pointer and the model', () => {
    const markdown = tokensMarkdown({ tokens, total: 3, model }, 'thirsty', 6);
    assert.match(markdown, /\*\*3 tokens\*\* {2}7 characters {2}0 unknown/);
    assert.match(markdown, /Ids: 100 101 102/);
    assert.match(markdown, /token 2, id 102, characters 6–7/);
    assert.match(markdown, /Split into pieces: `thirsty` → `thirst` `##y`/);
    assert.match(markdown, /Encoder/);
  });

  it('lets pieces of a word touch', () => {
    const markdown = tokensMarkdown({ tokens, total: 3, model }, 'thirsty', 0);
    assert.match(markdown, /thirst&nbsp;<\/span><span/);
  });

  it('says how many tokens it leaves out', () => {
    const many = Array.from({ length: 100 }, (_, index) => token(index, 'x', index, index + 1));
    const markdown = tokensMarkdown({ tokens: many, total: 1200, model }, 'x', 0);
    assert.match(markdown, /… 1,120 more/);
  });

  it('shows white space and takes nothing of the text for Markdown or HTML', () => {
    assert.equal(showWhitespace(' a\r\n\tb\n'), '·a⏎⇥b⏎');
    const hostile = '<img src=x> [a](command:b) **c** $(eye) `d` &amp; |';
    assert.doesNotMatch(escapeMarkdown(hostile), /[<>[\]()*$`|]/);
    assert.doesNotMatch(escapeMarkdown(hostile), /&amp;/);
  });

  it('sets code in fences that the text cannot close', () => {
    const hostile = [token(0, 'a`', 0, 2), { ...token(1, '``b', 2, 5), continues: true }];
    const markdown = tokensMarkdown({ tokens: hostile, total: 2, model }, 'a```b', 0);
    assert.match(markdown, /Split into pieces: ```` a```b ```` → `` a` `` ``` ``b ```/);
  });

  it('uses only the one form of style that VS Code lets through', () => {
    const markdown = tokensMarkdown({ tokens, total: 3, model }, 'thirsty', 0);
    const styles = [...markdown.matchAll(/style="([^"]*)"/g)].map(match => match[1] ?? '');
    const allowed =
      /^(color:var\(--vscode-[\w-]+\);)?(background-color:var\(--vscode-[\w-]+\);)?(border-radius:\d+px;)?$/;
    assert.ok(styles.length > 0);
    assert.deepEqual(
      styles.filter(style => !allowed.test(style)),
      [],
    );
  });
});

describe('Tokenizations', () => {
  const setUp = () => {
    const calls: string[] = [];
    const facts = { fail: false, stamp: 'a' };
    const client = {
      call: (_: string, { text }: { text: string }) => {
        calls.push(text);
        return facts.fail
          ? Promise.reject(new Error('no'))
          : Promise.resolve({ tokens: [], total: 1 });
      },
    };
    const tokenizations = new Tokenizations(
      client as never,
      () => Promise.resolve(model),
      () => Promise.resolve(facts.stamp),
    );
    return { tokenizations, calls, facts };
  };

  it('asks once for the same text and limit', async () => {
    const { tokenizations, calls } = setUp();
    await Promise.all([tokenizations.tokenize('a', 8), tokenizations.tokenize('a', 8)]);
    await tokenizations.tokenize('a', 16);
    assert.deepEqual(calls, ['a', 'a']);
  });

  it('asks again once the tokenizer is another one', async () => {
    const { tokenizations, calls, facts } = setUp();
    await tokenizations.tokenize('a', 8);
    facts.stamp = 'b';
    await tokenizations.tokenize('a', 8);
    await tokenizations.tokenize('a', 8);
    assert.equal(calls.length, 2);
  });

  it('asks again after a failure', async () => {
    const { tokenizations, calls, facts } = setUp();
    facts.fail = true;
    await assert.rejects(tokenizations.tokenize('a', 8));
    facts.fail = false;
    await tokenizations.tokenize('a', 8);
    assert.equal(calls.length, 2);
  });
});
