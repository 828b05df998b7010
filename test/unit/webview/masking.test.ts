import assert from 'node:assert/strict';
import type { RunState } from '../../../src/protocol/panel';
import { readMasking, DEFAULT_MASKING } from '../../../src/webview/app/choices/masking';
import { placeOf } from '../../../src/webview/views/masking/runPlaces';
import { maskingSentence } from '../../../src/webview/views/masking/sentence';
import { otherModel } from '../../../src/webview/app/comparison';
import { changeOf } from '../../../src/webview/views/masking/maskingRuns';
import { wantedFor } from '../../../src/webview/views/masking/wanted';
import { answered } from '../../../src/webview/app/answers';
import { openingLocus, sameToken } from '../../../src/webview/app/locus';
import { poolSigned } from '../../../src/webview/draw/pixels/poolSigned';
import { plainText } from '../../../src/webview/app/sentence';
import { initialState, type State } from '../../../src/webview/app/state';
import { RECIPES, tokensOf, type RecipeName } from '../../webview/support/recipes';
import { changedRecipe, decoderTokens, OTHER } from '../../webview/support/sides';
import { SyntheticCapture, type Recipe } from '../../webview/support/syntheticCapture';

const captureOf = (recipe: Recipe) => new SyntheticCapture(recipe).summary;
const ready = (recipe: Recipe): RunState => ({
  kind: 'ready',
  capture: captureOf(recipe),
  stale: false,
});

/** A panel that shows a run, with others beside it. */
function stateWith(main: RecipeName, sides: Partial<State['sides']> = {}): State {
  const capture = captureOf(RECIPES[main]);
  const state = initialState('dark');
  return {
    ...state,
    capture,
    locus: openingLocus(capture),
    sides: { ...state.sides, ...sides },
    models: {
      choices: ['encoder', 'decoder'].map(reference => ({ reference, label: '', detail: '' })),
      current: main,
    },
  };
}

describe('places of the Masking view', () => {
  it('finds the same characters in the tokens of another tokenizer, both ways', () => {
    const state = stateWith('encoder', { other: ready(OTHER) });
    const other = placeOf(state, 'other') ?? assert.fail('no place');
    assert.deepEqual(other.block, { stack: 'decoder', kind: 'self' });
    assert.equal(other.queries.of(2), 2);
    assert.equal(other.queries.of(16), other.queries.of(15), '##y is a part of the same word');
    assert.equal(other.queries.of(0), null, 'there is no [CLS]');
    const last = decoderTokens().length - 1;
    assert.equal(other.queries.back(last), 15, 'the word, not the space before it');
  });

  it('finds the tokens around an edit of the text, and none within it', () => {
    const edited = tokensOf(
      '[CLS] the tiger jumped out of a big old tree to get a drink because it was hungry . [SEP]'.split(
        ' ',
      ),
    );
    const recipe = {
      ...RECIPES.encoder,
      id: 'edited',
      text: 'edited',
      tokens: { encoder: edited },
    };
    const { queries } =
      placeOf(stateWith('encoder', { other: ready(recipe) }), 'other') ?? assert.fail('no place');
    assert.equal(queries.of(2), 2);
    assert.equal(queries.of(7), null, 'tree: behind an edit, before another');
    assert.equal(queries.of(15), null, 'thirst became hungry');
    assert.equal(
      queries.of(17),
      edited.findIndex(({ text }) => text === '.'),
    );
    assert.equal(queries.back(edited.length - 1), 18);
    assert.equal(queries.back(8), null);
  });

  it('moves tokens by the padding in front', () => {
    const mask = { kind: 'padding', side: 'left', count: 4 } as const;
    const state = stateWith('encoder', { changed: ready(changedRecipe('encoder', mask)) });
    const changed = placeOf(state, 'changed') ?? assert.fail('no place');
    assert.deepEqual([changed.keys.of(0), changed.keys.back(4)], [4, 0]);
    assert.deepEqual([changed.keys.back(3), changed.keys.of(19)], [null, null]);
  });

  it('compares nothing with a changed run of another text', () => {
    const changed = ready({ ...changedRecipe('encoder'), text: 'another' });
    assert.equal(placeOf(stateWith('encoder', { changed }), 'changed'), null);
  });

  it('wants the difference of the runs on show, at the head that both have', () => {
    const state = stateWith('encoder', { changed: ready(changedRecipe('encoder')) });
    assert.deepEqual(wantedFor(state).difference, {
      before: 'encoder-1',
      after: 'changed-1',
      block: { stack: 'encoder', kind: 'self' },
      layer: 3,
      head: 0,
    });
    assert.equal(wantedFor(stateWith('encoder')).difference, undefined);
  });

  it('finds a word behind the white space that belongs to its token', () => {
    const [, , tiger] = decoderTokens();
    const tokens = captureOf(RECIPES.encoder).tokens.encoder ?? [];
    assert.equal(tokens[sameToken(tiger, tokens) ?? -1]?.text, 'tiger');
  });
});

describe('what the Masking view asks for by itself', () => {
  it('stands the bundled model of the other kind beside a model of one stack', () => {
    assert.equal(otherModel(stateWith('encoder')), 'decoder');
    assert.equal(otherModel(stateWith('decoder')), 'encoder');
    assert.equal(otherModel(stateWith('translation')), null);
  });

  it('imposes the mask that the model does not have', () => {
    assert.deepEqual(changeOf(stateWith('encoder')), { kind: 'causal' });
    assert.deepEqual(changeOf(stateWith('decoder')), { kind: 'bidirectional' });
    assert.deepEqual(changeOf(stateWith('translation')), { kind: 'causal' });
  });

  it('reads stored options, and takes defaults for what does not fit', () => {
    assert.deepEqual(readMasking(undefined), DEFAULT_MASKING);
    assert.deepEqual(readMasking({ change: { kind: 'window', before: -1, after: 3 } }).change, {
      kind: 'window',
      before: 2,
      after: 3,
    });
    assert.equal(readMasking({ change: { kind: 'something' }, otherText: 3 }).change, null);
    const padding = { kind: 'padding', side: 'left', count: 9, unmasked: true };
    assert.deepEqual(readMasking({ change: padding }).change, padding);
  });
});

describe('poolSigned', () => {
  it('keeps what is farthest from zero, and nothing where nothing is shown', () => {
    const codes = Uint8Array.from([128, 200, 1, 128, 0, 0, 130, 120]);
    const pooled = poolSigned({ codes, rows: 1, columns: 8 }, 1, 4);
    assert.deepEqual([...pooled.codes], [200, 1, 0, 120]);
  });
});

describe('the sentence of the Masking view', () => {
  /** A state in which the main run's row of the query was read. */
  function stateWithRow(weights: readonly number[]): State {
    const state = stateWith('encoder');
    const wanted = wantedFor(state).mainRow ?? assert.fail('no row is wanted');
    const row = {
      query: wanted.query,
      weights: Float32Array.from(weights),
      allowed: new Uint8Array(weights.length).fill(1),
    };
    return answered(state, { method: 'row', params: wanted }, row);
  }
  const say = (weights: readonly number[]): string =>
    plainText(maskingSentence(stateWithRow(weights)));
  const only = (key: number) => Array.from({ length: 19 }, (_, i) => (i === key ? 1 : 0));

  it('names the later key that is read most, a special one as any other', () => {
    assert.equal(say(only(16)), 'thirst may read ##y, which comes later (100\u202f%).');
    assert.equal(say(only(18)), 'thirst may read [SEP], which comes later (100\u202f%).');
  });

  it('says where later keys get nothing', () => {
    assert.equal(say(only(3)), 'thirst may read later keys, but gives them next to nothing.');
  });

  /** A state in which another text was run, too, with a row of its own at `query`. */
  function besideText(text: readonly string[], query: number): State {
    const recipe = {
      ...RECIPES.encoder,
      id: 'edited',
      text: 'edited',
      tokens: { encoder: tokensOf(text) },
    };
    const main = stateWith('encoder', { other: ready(recipe) });
    const state = { ...main, locus: main.locus && { ...main.locus, query } };
    const withRow = (
      known: State,
      params: { query: number } | undefined,
      key: number,
      keys: number,
    ): State => {
      if (!params) return known;
      const weights = new Float32Array(keys);
      weights[key] = 1;
      const allowed = new Uint8Array(keys).fill(1);
      return answered(known, { method: 'row', params }, { query: params.query, weights, allowed });
    };
    const { mainRow, otherRow } = wantedFor(state);
    return withRow(withRow(state, mainRow, 3, 19), otherRow, 4, text.length);
  }
  const EDITED = '[CLS] the tiger jumped down out of a tree . [SEP]'.split(' ');

  it('names B where it reads another text, and says that more than the mask differs', () => {
    assert.equal(
      plainText(maskingSentence(besideText(EDITED, 2))),
      'A and B both let tiger read later keys: in A (encoder) its weight goes to jumped (100\u202f%); in B (encoder) its weight goes to down (100\u202f%). B is of another text: more than the mask differs.',
    );
  });

  it('says where another text has nothing for the query', () => {
    assert.match(
      plainText(maskingSentence(besideText(EDITED, 15))),
      / B reads another text, in which nothing stands for thirst\.$/,
    );
  });

  it('says nothing before the numbers are there', () => {
    assert.deepEqual(maskingSentence(stateWith('encoder')), []);
  });
});
