import assert from 'node:assert/strict';
import { scientific } from '../../../src/webview/reading/numbers';
import { placeName } from '../../../src/webview/views/divergence/parts';
import { amountText, cosineText, errorText } from '../../../src/webview/views/divergence/words';

const plain = (text: string): string => text.replace('\u202f', ' ');

describe('words of the Divergence view', () => {
  it('errors are percents while these say something, else powers of ten', () => {
    const texts = [0, 3e-8, 9.4e-4, 9.6e-4, 0.066, 0.0996, 0.43, 1, 9.9, 10, 1e4].map(errorText);
    assert.deepEqual(texts.map(plain), [
      '0',
      '10⁻⁸',
      '10⁻³',
      '0.1 %',
      '6.6 %',
      '10 %',
      '43 %',
      '100 %',
      '990 %',
      '10¹',
      '10⁴',
    ]);
    assert.deepEqual([Infinity, NaN].map(errorText), ['∞', 'NaN']);
  });

  it('differences and cosines have two decimals', () => {
    assert.deepEqual([0, 2e-5, 0.91, 12.4, 5000, Infinity].map(amountText), [
      '0',
      '10⁻⁵',
      '.91',
      '12',
      '10⁴',
      '∞',
    ]);
    assert.deepEqual([1, 0.9999, 0.873, 0, -0.5].map(cosineText), ['1', '1', '.87', '.00', '−.50']);
  });

  it('the floor is a digit times a power of ten', () => {
    assert.deepEqual([3e-5, 1e-3, 0.05, 0].map(scientific), ['3·10⁻⁵', '10⁻³', '5·10⁻²', '0']);
  });

  it('a place says its stack only where there are several, and cross where it is', () => {
    const weights = { stack: 'decoder', attention: 'cross', layer: 1, kind: 'weights' } as const;
    assert.equal(placeName(weights, true), 'decoder L1 cross weights');
    assert.equal(placeName({ ...weights, attention: 'self' }, false), 'L1 weights');
    assert.equal(placeName({ ...weights, kind: 'residual' }, false), 'residual before L1');
    assert.equal(
      placeName({ ...weights, layer: 'embeddings', kind: 'residual' }, false),
      'embeddings',
    );
    assert.equal(placeName({ ...weights, layer: 'output', kind: 'logits' }, true), 'output');
  });
});
