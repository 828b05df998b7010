import assert from 'node:assert/strict';
import {
  carryLocus,
  fitLocus,
  isLocus,
  moveHead,
  moveLayer,
  openingLocus,
} from '../../../src/webview/app/locus';
import { pairFacts, rankedKeys, strongestKey } from '../../../src/webview/reading/rowFacts';
import { readSaved } from '../../../src/webview/app/saved';
import { DEFAULT_OPTIONS } from '../../../src/webview/app/viewOptions';
import { Store } from '../../../src/webview/app/store';
import { RECIPES, type RecipeName } from '../../webview/support/recipes';
import { SyntheticCapture } from '../../webview/support/syntheticCapture';

const capture = (name: RecipeName) => new SyntheticCapture(RECIPES[name]).summary;

describe('locus', () => {
  it('opens in the middle of the model at the last word', () => {
    const locus = openingLocus(capture('encoder'));
    assert.deepEqual([locus?.layer, locus?.head, locus?.query, locus?.key], [3, 0, 15, null]);
    assert.equal(openingLocus(capture('unusable')), null);
  });

  it('moves to the nearest that a capture has', () => {
    const wanted = { ...openingLocus(capture('encoder')), layer: 99, head: 99, query: 99, key: 99 };
    const fitted = fitLocus(capture('encoder'), wanted as never);
    assert.deepEqual([fitted?.layer, fitted?.head, fitted?.query, fitted?.key], [5, 3, 18, 18]);
    assert.equal(fitLocus(capture('decoder'), wanted as never)?.block.stack, 'decoder');
  });

  it('steps over refused layers and stays inside', () => {
    const refused = capture('refused');
    const start = fitLocus(refused, { ...openingLocus(refused), layer: 0 } as never);
    assert.ok(start);
    assert.equal(moveLayer(refused, start, 1).layer, 2);
    assert.equal(moveLayer(refused, start, -1).layer, 0);
    assert.equal(moveHead(refused, start, -1).head, 0);
  });

  it('keeps to the heads of a layer that has fewer', () => {
    const translation = capture('translation');
    const cross = { stack: 'decoder', kind: 'cross' } as const;
    const start = fitLocus(translation, {
      ...openingLocus(translation),
      block: cross,
      layer: 0,
      head: 3,
    } as never);
    assert.ok(start);
    assert.equal(start.head, 3);
    assert.equal(moveLayer(translation, start, 1).head, 1);
  });

  it('asks a new first question of another text, at the same layer and head', () => {
    const before = { ...openingLocus(capture('encoder')), layer: 4, head: 2, query: 18, key: 18 };
    const other = { ...capture('encoder'), text: 'Something else entirely' };
    const carried = carryLocus(other, before as never, capture('encoder'));
    assert.deepEqual([carried?.layer, carried?.head, carried?.query], [4, 2, 15]);
    assert.equal(carried?.key, null, 'the strongest key of that question is taken');
  });

  it('stays with the same characters when another model reads the same text', () => {
    const encoder = capture('encoder');
    const decoder = { ...capture('decoder'), text: encoder.text };
    const before = { ...openingLocus(encoder), query: 15, key: 2 } as never;
    const tokens = encoder.tokens.encoder ?? [];
    const carried = carryLocus(decoder, before, encoder);
    const at = decoder.tokens.decoder?.[carried?.query ?? -1];
    const word = tokens[15];
    assert.ok(at && word && at.start <= word.start && word.start < at.end);
    assert.notEqual(carried?.key, null);
  });

  it('stays with a generated token, which stands for no characters', () => {
    const decoder = capture('decoder');
    const tokens = decoder.tokens.decoder ?? [];
    const index = tokens.length;
    const generated = [41, 42].map((id, i) => ({
      ...{ index: index + i, id, token: 'Ġso', text: 'so', start: 0, end: 0 },
      ...{ special: false, unknown: false, continues: false },
    }));
    const steps = [1, 2].map(count => ({
      ...decoder,
      tokens: { decoder: [...tokens, ...generated.slice(0, count)] },
    }));
    const [one = decoder, two = decoder] = steps;
    const before = { ...openingLocus(one), query: index, key: index } as never;
    const later = carryLocus(two, before, one);
    assert.deepEqual([later?.query, later?.key], [index, index]);
    const back = carryLocus(decoder, before, one);
    assert.equal(back?.query, openingLocus(decoder)?.query);
  });

  it('trusts saved tokens after a reload only where all of them exist', () => {
    const saved = { ...openingLocus(capture('encoder')), query: 7, key: 4 } as never;
    const kept = carryLocus(capture('encoder'), saved, null);
    assert.deepEqual([kept?.query, kept?.key], [7, 4]);
    const beyond = { ...openingLocus(capture('encoder')), query: 7, key: 99 } as never;
    const fresh = carryLocus(capture('encoder'), beyond, null);
    assert.deepEqual([fresh?.query, fresh?.key], [15, null]);
  });

  it('refuses what does not have its shape', () => {
    assert.equal(isLocus(openingLocus(capture('encoder'))), true);
    for (const wrong of [
      null,
      1,
      {},
      { block: null },
      { ...openingLocus(capture('short')), layer: 'x' },
    ]) {
      assert.equal(isLocus(wrong), false);
    }
    assert.deepEqual(readSaved({ locus: 3, options: { scale: 'Root', view: 'attention' } }), {
      locus: null,
      options: DEFAULT_OPTIONS,
    });
    assert.deepEqual(readSaved(undefined), { locus: null, options: DEFAULT_OPTIONS });
  });
});

describe('facts of a row', () => {
  const row = {
    query: 0,
    weights: Float32Array.from([0.5, 0.25, 0.25, 0]),
    scores: Float32Array.from([2, 1, 1, -3]),
    allowed: Uint8Array.from([1, 1, 1, 0]),
  };

  it('rank, multiple of uniform and the order of keys leave blocked keys out', () => {
    assert.deepEqual(pairFacts(row, 1), {
      weight: 0.25,
      score: 1,
      allowed: true,
      rank: 2,
      visible: 3,
      timesUniform: 0.75,
    });
    assert.deepEqual(rankedKeys(row), [0, 1, 2]);
    assert.equal(strongestKey({ ...row, allowed: new Uint8Array(4) }), null);
  });
});

describe('store', () => {
  it('tells each listener once about the changes of one task, and only what it selected', async () => {
    const store = new Store({ a: 1, b: 1 });
    const seen: string[] = [];
    const stop = store.select(
      state => [state.a],
      a => seen.push(`a ${a}`),
    );
    store.select(
      state => [state.a + state.b],
      sum => seen.push(`sum ${sum}`),
    );
    store.set({ a: 2 });
    store.set({ b: 5, a: 3 });
    await Promise.resolve();
    stop();
    store.set({ a: 0, b: 8 });
    await Promise.resolve();
    assert.deepEqual(seen, ['a 1', 'sum 2', 'a 3', 'sum 8']);
  });
});
