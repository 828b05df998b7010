import assert from 'node:assert/strict';
import { tokenRow } from '../../../src/webview/reading/rowFacts';
import { unitsOf } from '../../../src/webview/reading/units';
import { tokensOf } from '../../webview/support/recipes';

describe('rows and columns', () => {
  const tokens = tokensOf(['[CLS]', 'the', 'thirst', '##y', '##er', 'cat', '[SEP]']);

  it('are tokens one by one, or words with all their pieces', () => {
    const single = unitsOf(tokens, 'token');
    assert.deepEqual(
      [single.length, single.of(3), single.label(3), single.place(3)],
      [7, 3, '##y', '3'],
    );
    const words = unitsOf(tokens, 'word');
    assert.equal(words.length, 5);
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6].map(token => words.of(token)),
      [0, 1, 2, 2, 2, 3, 4],
    );
    assert.deepEqual([words.label(2), words.place(2)], ['thirstyer', '2–4']);
    assert.deepEqual([words.first(2), words.end(2)], [2, 5]);
    assert.deepEqual([words.isSpecial(0), words.isSpecial(2)], [true, false]);
    assert.equal(words.of(99), -1);
  });

  it('are the same object for the same tokens', () => {
    assert.equal(unitsOf(tokens, 'word'), unitsOf(tokens, 'word'));
  });

  it('leave out the white space before a word, and keep a word of white space', () => {
    const spaced = tokensOf(['a', ' b', ' ']);
    const words = unitsOf(spaced, 'word');
    assert.deepEqual(
      [0, 1, 2].map(unit => words.label(unit)),
      ['a', 'b', '·'],
    );
  });

  it('give each piece its word’s number', () => {
    const row = {
      query: 2,
      weights: Float32Array.of(0.125, 0.25, 0.5, 0.125, 0),
      allowed: Uint8Array.of(1, 1, 1, 1, 0),
    };
    const spread = tokenRow(row, unitsOf(tokens, 'word'));
    assert.deepEqual([...spread.weights], [0.125, 0.25, 0.5, 0.5, 0.5, 0.125, 0]);
    assert.deepEqual([...spread.allowed], [1, 1, 1, 1, 1, 1, 0]);
    assert.equal(tokenRow(row, unitsOf(tokens, 'word')), spread);
    const single = { ...row, weights: new Float32Array(7), allowed: new Uint8Array(7) };
    assert.equal(tokenRow(single, unitsOf(tokens, 'token')), single);
  });
});
