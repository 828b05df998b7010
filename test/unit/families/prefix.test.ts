import assert from 'node:assert/strict';
import { prefixOf } from '../../../src/inspector/families/prefix';
import type { Weights } from '../../../src/inspector/weights/weights';

const holding = (...names: readonly string[]): Weights => ({
  names,
  get: () => undefined,
  files: new Map(),
  fileSize: 0,
});

describe('what stands before the usual names', () => {
  it('is nothing, or a path that ends with a dot', () => {
    assert.equal(prefixOf(holding('wte.weight'), 'wte.weight'), '');
    assert.equal(prefixOf(holding('transformer.wte.weight'), 'wte.weight'), 'transformer.');
  });

  it('is the shortest of several', () => {
    const weights = holding('other.bert.words.weight', 'bert.words.weight', 'a.b.c.words.weight');
    assert.equal(prefixOf(weights, 'words.weight'), 'bert.');
  });

  it('does not end within a name', () => {
    assert.throws(
      () => prefixOf(holding('passwords.weight'), 'words.weight'),
      /hold no “words\.weight”/,
    );
  });
});
