import assert from 'node:assert/strict';
import { checkText } from '../../../src/extension/subject/textCheck';
import { tokensAt } from '../../../src/extension/subject/tokensAt';
import { trackRange } from '../../../src/extension/subject/trackRange';
import type { Token } from '../../../src/protocol/tokens';

describe('checkText', () => {
  it('accepts text of up to a million characters', () => {
    checkText('a', 'selection');
    checkText('a'.repeat(1_000_000), 'selection');
  });

  it('says what to do about each kind of nothing', () => {
    assert.throws(() => checkText('', 'document'), {
      code: 'text-empty',
      message: /Write or open/,
    });
    assert.throws(() => checkText(' ', 'line'), { code: 'text-empty', message: /line is empty/ });
    assert.throws(() => checkText('\n\t', 'selection'), {
      code: 'text-empty',
      message: /white space/,
    });
  });

  it('refuses more', () => {
    assert.throws(() => checkText('a'.repeat(1_500_000), 'selection'), {
      code: 'text-too-long',
      message: /1\.5 million characters.*Select less/,
    });
  });
});

describe('trackRange', () => {
  const range = { start: 10, end: 20 };
  const change = (rangeOffset: number, rangeLength: number, text: string) => ({
    rangeOffset,
    rangeLength,
    text,
  });

  it('moves with changes before it', () => {
    assert.deepEqual(trackRange(range, change(0, 0, 'abc'), false), { start: 13, end: 23 });
    assert.deepEqual(trackRange(range, change(2, 4, ''), false), { start: 6, end: 16 });
    assert.deepEqual(trackRange(range, change(10, 0, 'abc'), false), { start: 13, end: 23 });
  });

  it('stays where it is for changes after it', () => {
    assert.deepEqual(trackRange(range, change(20, 0, 'abc'), false), range);
    assert.deepEqual(trackRange(range, change(25, 5, ''), false), range);
  });

  it('grows and shrinks with changes inside it', () => {
    assert.deepEqual(trackRange(range, change(12, 2, 'abcd'), false), { start: 10, end: 22 });
    assert.deepEqual(trackRange(range, change(8, 4, ''), false), { start: 8, end: 16 });
    assert.deepEqual(trackRange(range, change(18, 4, 'x'), false), { start: 10, end: 19 });
  });

  it('comes back after an undo of a change at its border', () => {
    for (const offset of [10, 18]) {
      const cut = trackRange(range, change(offset, 2, ''), false);
      assert.deepEqual(trackRange(cut, change(offset, 0, 'ab'), true), range);
    }
  });
});

describe('tokensAt', () => {
  const token = (index: number, start: number, end: number): Token => ({
    index,
    id: index,
    token: '',
    text: '',
    start,
    end,
    special: start === end,
    unknown: false,
    continues: false,
  });
  const tokens = [token(0, 0, 0), token(1, 0, 3), token(2, 4, 8), token(3, 8, 10), token(4, 8, 10)];

  it('finds the token around a cursor, or the one that ends there', () => {
    assert.deepEqual(tokensAt(tokens, 0, 0), [1]);
    assert.deepEqual(tokensAt(tokens, 3, 3), [1]);
    assert.deepEqual(tokensAt(tokens, 4, 4), [2]);
    assert.deepEqual(tokensAt(tokens, 30, 30), []);
  });

  it('finds all tokens of one character', () => {
    assert.deepEqual(tokensAt(tokens, 9, 9), [3, 4]);
  });

  it('finds what a selection touches', () => {
    assert.deepEqual(tokensAt(tokens, 2, 5), [1, 2]);
    assert.deepEqual(tokensAt(tokens, 3, 4), []);
  });
});
