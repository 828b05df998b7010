import assert from 'node:assert/strict';
import type { RunState } from '../../../src/protocol/panel';
import { answered } from '../../../src/webview/app/answers';
import { openingLocus } from '../../../src/webview/app/locus';
import { maskingSentence } from '../../../src/webview/views/masking/sentence';
import { signedMap } from '../../../src/webview/views/masking/signedMap';
import { METHODS, wantedFor } from '../../../src/webview/views/masking/wanted';
import { weightCode, BLOCKED } from '../../../src/protocol/weightCode';
import { plainText } from '../../../src/webview/app/sentence';
import { initialState, type State } from '../../../src/webview/app/state';
import { RECIPES } from '../../webview/support/recipes';
import { changedRecipe } from '../../webview/support/sides';
import { SyntheticCapture, type Recipe } from '../../webview/support/syntheticCapture';

const TOKENS = 19;
const PADS = 2;
const summaryOf = (recipe: Recipe) => new SyntheticCapture(recipe).summary;

/** A panel whose changed run hides two tokens of padding, which get `padding` from each query. */
function stateWith(padding: number, kl: number, side: 'left' | 'right' = 'right'): State {
  const capture = summaryOf(RECIPES.encoder);
  const changed = summaryOf(changedRecipe('encoder', { kind: 'padding', side, count: PADS }));
  const ready: RunState = { kind: 'ready', capture: changed, stale: false };
  const plain = initialState('dark');
  const sides = { ...plain.sides, changed: ready };
  const state: State = { ...plain, capture, locus: openingLocus(capture), sides };
  const wanted = wantedFor(state);
  const keys = TOKENS + PADS;
  const isPad = (key: number) => (side === 'left' ? key < PADS : key >= TOKENS);
  const each = padding / PADS;
  const codes = Uint8Array.from({ length: keys * keys }, (_, i) => {
    if (!isPad(i % keys)) return weightCode((1 - padding) / TOKENS);
    return padding === 0 ? BLOCKED : weightCode(each);
  });
  const weights = Float32Array.from({ length: keys }, (_, key) =>
    isPad(key) ? each : (1 - padding) / TOKENS,
  );
  const at = (params: object | undefined, value: unknown) => {
    assert.ok(params);
    return { params, value };
  };
  const row = (query: number | undefined, of: Float32Array) => ({
    query: query ?? 0,
    weights: of,
    allowed: new Uint8Array(of.length).fill(1),
  });
  const offset = side === 'left' ? PADS : 0;
  const found = {
    mainRow: at(
      wanted.mainRow,
      row(wanted.mainRow?.query, new Float32Array(TOKENS).fill(1 / TOKENS)),
    ),
    changedRow: at(wanted.changedRow, row(wanted.changedRow?.query, weights)),
    changedMap: at(wanted.changedMap, { queries: keys, keys, codes, received: new Float32Array() }),
    mainMap: at(wanted.mainMap, {
      queries: TOKENS,
      keys: TOKENS,
      codes: new Uint8Array(TOKENS * TOKENS).fill(weightCode(1 / TOKENS)),
      received: new Float32Array(),
    }),
    difference: at(wanted.difference, {
      queries: TOKENS,
      keys: TOKENS,
      codes: new Int8Array(TOKENS * TOKENS).fill(padding === 0 ? 0 : -127),
      limit: padding / TOKENS,
      totalVariation: new Float32Array(TOKENS).fill(padding),
      offsetBefore: 0,
      offsetAfter: offset,
    }),
    divergence: at(wanted.divergence, {
      kl: Float32Array.from({ length: TOKENS }, (_, token) => (token === 18 ? kl : 0)),
      flipped: new Uint8Array(TOKENS),
      offsetBefore: 0,
      offsetAfter: offset,
    }),
  };
  return Object.entries(found).reduce<State>(
    (known, [name, { params, value }]) =>
      answered(known, { method: METHODS[name as keyof typeof found], params }, value),
    state,
  );
}

const said = (state: State): string =>
  plainText(maskingSentence(state)).replace(/^.*?(?=With 2 padding)/, '');

describe('the sentence about hidden padding', () => {
  it('says that a mask is ignored, what the padding gets and what the output does', () => {
    assert.equal(
      said(stateWith(0.4, 1.02)),
      'With 2 padding tokens on the right, which should be hidden, thirst still gives them 40\u202f% of its weight: the attention mask is ignored here. The output moves by up to 1.0 nats, at [SEP]; hidden padding should move it by 0.',
    );
  });

  it('tells a mask that hides in part from one that is ignored', () => {
    assert.match(
      said(stateWith(0.004, 0.0004)),
      /the attention mask hides them in part only\. The output moves by less than 0\.001 nats\.$/,
    );
  });

  it('blames no mask that does its work', () => {
    assert.equal(
      said(stateWith(0, 0)),
      'With 2 padding tokens on the right, no weight moves in this map.',
    );
  });

  it('says where the output moves although the padding gets nothing here', () => {
    assert.match(
      said(stateWith(0, 0.5)),
      /gets no weight here, but it may elsewhere\. The output moves by up to 0\.5 nats/,
    );
    assert.match(
      said(stateWith(0, 0.5, 'left')),
      /should move it by 0 unless the positions shift\.$/,
    );
  });

  it('has no distance for outputs that are not numbers', () => {
    assert.doesNotMatch(said(stateWith(0.4, NaN)), /nats|NaN/);
  });
});

describe('the difference of a run with padding', () => {
  for (const side of ['left', 'right'] as const) {
    it(`has the padding’s columns on the ${side}, on the scale of the largest change`, () => {
      const map = signedMap(stateWith(0.4, 0, side)) ?? assert.fail('no map');
      const keys = TOKENS + PADS;
      assert.equal(map.codes.length, TOKENS * keys);
      assert.ok(Math.abs(map.limit - 0.2) < 0.01, String(map.limit));
      const row = [...map.codes.subarray(3 * keys, 4 * keys)];
      const pads = side === 'left' ? row.slice(0, PADS) : row.slice(TOKENS);
      assert.deepEqual(pads, [255, 255]);
      const lost = 128 - Math.round((0.4 / TOKENS / map.limit) * 127);
      assert.deepEqual(new Set(row.filter(code => code !== 255)), new Set([lost]));
    });
  }

  it('hatches padding that is hidden', () => {
    const map = signedMap(stateWith(0, 0)) ?? assert.fail('no map');
    const row = [...map.codes.subarray(0, TOKENS + PADS)];
    assert.deepEqual(row.slice(TOKENS), [BLOCKED, BLOCKED]);
    assert.ok(row.slice(0, TOKENS).every(code => code === 128));
  });
});
