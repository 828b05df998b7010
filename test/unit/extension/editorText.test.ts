import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { boundaryRanges } from '../../../src/extension/editor/boundaryRanges';
import { hoverPart, LONGEST_HOVER } from '../../../src/extension/editor/hoverText';
import { characterAt, tokensUnder } from '../../../src/extension/subject/tokensAt';
import { openTokenizer } from '../../../src/inspector/huggingface/openTokenizer';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import type { AlignedTokenizer } from '../../../src/inspector/tokenizer/types';
import { tokenizerJson } from '../../inspector/tokenizer/fixtures';

const TEXT = '👍🏽 cafe\u0301 is thirsty\n東京 とても速い\n\treturn thirsty;\r\n';

describe('characterAt', () => {
  const seen = (text: string, cursor: number) => {
    const { start, end } = characterAt(text, cursor);
    return text.slice(start, end);
  };

  it('gives the character that people see around a cursor', () => {
    assert.equal(seen(TEXT, 0), '👍🏽');
    assert.equal(seen(TEXT, 2), '👍🏽');
    assert.equal(seen(TEXT, TEXT.indexOf('e\u0301')), 'e\u0301');
    assert.equal(seen(TEXT, TEXT.indexOf('京')), '京');
    assert.equal(seen('👩‍👩‍👧‍👦', 3), '👩‍👩‍👧‍👦');
  });

  it('gives nothing at the end and outside', () => {
    assert.deepEqual(characterAt('ab', 2), { start: 2, end: 2 });
    assert.deepEqual(characterAt('ab', -1), { start: -1, end: -1 });
    assert.deepEqual(characterAt('', 0), { start: 0, end: 0 });
  });
});

describe('tokens under a cursor', () => {
  const check = (name: string, tokenizer: AlignedTokenizer) => {
    const { tokens } = tokenizer.encode(TEXT);
    for (let cursor = 0; cursor < TEXT.length; cursor++) {
      const { start, end } = characterAt(TEXT, cursor);
      const expected = tokens.filter(
        token => token.end > token.start && token.start < end && start < token.end,
      );
      const found = tokensUnder(tokens, TEXT, { start: cursor, end: cursor });
      const indices = expected.map(token => token.index);
      if (indices.length > 0) assert.deepEqual(found, indices, `${name} at ${cursor}`);
      // Where nothing covers the character, only tokens that end there can be meant.
      else
        assert.ok(
          found.every(index => tokens[index]?.end === cursor),
          `${name} at ${cursor}`,
        );
    }
  };

  it('are all that touch the character there, in every tokenizer', async () => {
    const names = readdirSync(resolve('test/fixtures/tokenizers/tok'));
    for (const name of names) check(name, createTokenizer(tokenizerJson(name)));
    const bundled = ['encoder', 'decoder'];
    for (const name of bundled) check(name, await openTokenizer(resolve('models', name)));
    const count = names.length + bundled.length;
    console.log(`      ${count} tokenizers, ${TEXT.length} places each`);
    assert.ok(count > 3);
  }).timeout(300_000);
});

describe('boundaryRanges', () => {
  const token = (start: number, end: number, continues = false) => ({
    index: 0,
    id: 0,
    token: '',
    text: '',
    start,
    end,
    special: false,
    unknown: false,
    continues,
  });

  it('takes turns, and leaves out tokens without characters', () => {
    const { even, odd, pieces } = boundaryRanges([
      token(0, 0),
      token(0, 3),
      token(3, 5, true),
      token(6, 8),
    ]);
    assert.deepEqual(even, [
      { start: 0, end: 3 },
      { start: 6, end: 8 },
    ]);
    assert.deepEqual(odd, [{ start: 3, end: 5 }]);
    assert.deepEqual(pieces, odd);
  });

  it('makes one range of tokens that share characters', () => {
    const bytes = [token(0, 2), token(0, 2, true), token(0, 2, true), token(2, 4, true)];
    const { even, odd } = boundaryRanges(bytes);
    assert.deepEqual([even, odd], [[{ start: 0, end: 2 }], [{ start: 2, end: 4 }]]);
  });
});

describe('hoverPart', () => {
  it('is the whole of a short line', () => {
    assert.deepEqual(hoverPart('a short line', 3), { start: 0, end: 12 });
    assert.deepEqual(hoverPart('', 0), { start: 0, end: 0 });
    assert.deepEqual(hoverPart('ab', 9), { start: 0, end: 2 });
  });

  it('cuts a long line into parts that cover it, each of bounded length and cut at spaces', () => {
    for (const line of ['word '.repeat(900), '😀'.repeat(2300), 'x'.repeat(4321)]) {
      let end = 0;
      for (let character = 0; character < line.length; character++) {
        const part = hoverPart(line, character);
        assert.ok(part.start <= character && character < part.end);
        assert.ok(part.end - part.start <= LONGEST_HOVER + 100);
        if (part.end !== end) assert.equal(part.start, end);
        end = part.end;
        assert.ok(!/[\udc00-\udfff]/.test(line.charAt(part.start)));
      }
      assert.equal(end, line.length);
    }
    assert.equal('word '.repeat(900).charAt(hoverPart('word '.repeat(900), 1500).start), ' ');
  });
});
