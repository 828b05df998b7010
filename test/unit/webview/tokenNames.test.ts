import assert from 'node:assert/strict';
import type { AttentionRow } from '../../../src/protocol/capture';
import { openingLocus } from '../../../src/webview/app/locus';
import { attentionSentence, plainText } from '../../../src/webview/app/sentence';
import { initialState, type State } from '../../../src/webview/app/state';
import { nameIn } from '../../../src/webview/reading/tokenText';
import { unitsOf } from '../../../src/webview/reading/units';
import { RECIPES, tokensOf } from '../../webview/support/recipes';
import { SyntheticCapture } from '../../webview/support/syntheticCapture';

const TOKENS = tokensOf('[CLS] the cat saw the other cat and ran ##ner . [SEP]'.split(' '));

describe('names of tokens in sentences', () => {
  it('have their index where the same token stands elsewhere, and only there', () => {
    const names = TOKENS.map((_, i) => nameIn(TOKENS, i));
    assert.deepEqual(names.slice(0, 8), [
      '[CLS]',
      'the₁',
      'cat₂',
      'saw',
      'the₄',
      'other',
      'cat₆',
      'and',
    ]);
  });

  it('keep their index where they are cut', () => {
    const long = tokensOf(['[CLS]', 'x'.repeat(40), 'x'.repeat(40)]);
    assert.equal(nameIn(long, 2, 8), 'xxxxxxx…₂');
  });

  it('name words by all their places', () => {
    const tokens = tokensOf('thirst ##y or thirst ##y'.split(' '));
    const words = unitsOf(tokens, 'word');
    assert.deepEqual(
      [0, 1, 2].map(word => words.name(word)),
      ['thirsty₀–₁', 'or', 'thirsty₃–₄'],
    );
    assert.deepEqual(
      [0, 1].map(token => unitsOf(tokens, 'token').name(token)),
      ['thirst₀', '##y₁'],
    );
  });

  it('tell two tokens of a sentence apart', () => {
    const capture = new SyntheticCapture({ ...RECIPES.encoder, tokens: { encoder: TOKENS } })
      .summary;
    const locus = openingLocus(capture);
    assert.ok(locus);
    const weights = new Float32Array(TOKENS.length).fill(0);
    weights[1] = 0.62;
    weights[4] = 0.38;
    const row: AttentionRow = {
      query: 6,
      weights,
      allowed: new Uint8Array(weights.length).fill(1),
    };
    const state: State = {
      ...initialState('dark'),
      capture,
      locus: { ...locus, query: 6, key: 4 },
    };
    assert.match(
      plainText(attentionSentence(state, row)),
      /cat₆ attends mostly to the₁ \(62\u202f%\), then to the₄ \(38\u202f%\)\./,
    );
  });
});
