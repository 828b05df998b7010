import assert from 'node:assert/strict';
import type { Token } from '../../../src/protocol/tokens';
import {
  count,
  duration,
  percent,
  score,
  weight2,
  weight3,
} from '../../../src/webview/reading/format';
import { attentionSentence, plainText } from '../../../src/webview/app/sentence';
import type { Locus } from '../../../src/webview/reading/place';
import { initialState } from '../../../src/webview/app/state';
import { label, readable, shorten } from '../../../src/webview/reading/tokenText';
import { RECIPES } from '../../webview/support/recipes';
import { SyntheticCapture } from '../../webview/support/syntheticCapture';

const token = (text: string, more: Partial<Token> = {}): Token => ({
  index: 0,
  id: 1,
  token: text,
  text,
  start: 0,
  end: text.length,
  special: false,
  unknown: false,
  continues: false,
  ...more,
});

describe('numbers as people read them', () => {
  it('weights, scores, shares, counts and times', () => {
    assert.deepEqual(
      [weight3(0.6134), weight3(1), weight3(0), weight3(NaN)],
      ['.613', '1.000', '.000', 'NaN'],
    );
    assert.equal(weight2(0.6134), '.61');
    assert.deepEqual(
      [score(4.6), score(-0.5), score(-0.001), score(-Infinity)],
      ['4.60', '−0.50', '0.00', '−∞'],
    );
    assert.deepEqual(
      [percent(0.613), percent(0.004), percent(0)],
      ['61\u202f%', 'under 1\u202f%', '0\u202f%'],
    );
    assert.deepEqual([count(1204), duration(41.4), duration(1240)], ['1,204', '41 ms', '1.2 s']);
  });
});

describe('tokens as people read them', () => {
  it('shows white space, controls and joiners that stand alone', () => {
    assert.equal(readable(token(' the\n\t')), '·the⏎⇥');
    assert.equal(readable(token('\u202eevil')), 'U+202Eevil');
    assert.equal(readable(token('👩\u200d👧')), '👩\u200d👧');
    assert.equal(readable(token('\u200d')), 'U+200D');
    assert.equal(readable(token('')), '∅');
  });

  it('keeps the sign of a piece inside a word, and the name of a special token', () => {
    assert.equal(readable(token('y', { token: '##y', continues: true })), '##y');
    assert.equal(readable(token('', { token: '[CLS]', special: true })), '[CLS]');
  });

  it('shortens by characters, never inside one', () => {
    assert.equal(shorten('x'.repeat(5000), 8), 'xxxxxxx…');
    assert.equal(shorten('👩👩👩👩', 3), '👩👩…');
    assert.equal(shorten('👩👩👩', 3), '👩👩👩');
    assert.equal(label(undefined), '–');
  });
});

describe('the sentence', () => {
  const { summary } = new SyntheticCapture(RECIPES.encoder);
  const locus: Locus = {
    block: { stack: 'encoder', kind: 'self' },
    layer: 3,
    head: 1,
    aggregate: 'head',
    query: 13,
    key: 2,
  };
  const say = (weights: readonly number[], change: Partial<Locus> = {}, blocked = 0): string =>
    plainText(
      attentionSentence(
        { ...initialState('dark'), capture: summary, locus: { ...locus, ...change } },
        {
          query: 13,
          weights: Float32Array.from({ length: 19 }, (_, i) => weights[i] ?? 0),
          allowed: Uint8Array.from({ length: 19 }, (_, i) => (i < 19 - blocked ? 1 : 0)),
        },
      ),
    ).replaceAll('\u202f', ' ');

  it('names the two keys that matter, with percents', () => {
    assert.equal(
      say([0.1, 0, 0.61, 0.14]),
      'In layer 3, head 1, it attends mostly to tiger (61 %), then to jumped (14 %).',
    );
    assert.equal(say([0, 0, 1]), 'In layer 3, head 1, it attends mostly to tiger (100 %).');
  });

  it('says so when a row is even, blocked, causal or broken', () => {
    assert.match(
      say(Array<number>(19).fill(1 / 19)),
      /spreads its attention almost evenly over 19 tokens\.$/,
    );
    assert.match(say([], {}, 19), /is blocked from every token by the mask\.$/);
    assert.match(say([0.7, 0.3], {}, 15), /It may see 4 of 19 tokens\.$/);
    assert.match(say([1], {}, 18), /may see only \[CLS\]\.$/);
    assert.match(say([NaN]), /not numbers \(NaN\)/);
  });

  it('says which heads were put together', () => {
    assert.match(
      say([0.7, 0.3], { aggregate: 'mean' }),
      /^On average over the 4 heads of layer 3, it /,
    );
    assert.match(
      say([0.7, 0.3], { aggregate: 'max' }),
      /^Taking the largest of 4 heads in layer 3, it /,
    );
    assert.equal(
      say([0.7, 0.3], { aggregate: 'rollout' }),
      'Rolled out through layers 0 to 3 (½A + ½I, multiplied), it draws mostly on [CLS] (70 %), then on the (30 %).',
    );
    assert.equal(
      say([0.7, 0.3], { aggregate: 'norm' }),
      'In layer 3, head 1, by the norm of α·v·W_O, it takes mostly from [CLS] (70 %), then from the (30 %).',
    );
  });
});
