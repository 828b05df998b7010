import assert from 'node:assert/strict';
import type { Block } from '../../../src/protocol/capture';
import type { RunState } from '../../../src/protocol/panel';
import { answered, question } from '../../../src/webview/app/answers';
import { openingLocus } from '../../../src/webview/app/locus';
import { plainText } from '../../../src/webview/app/sentence';
import { initialState, type State } from '../../../src/webview/app/state';
import {
  cellText,
  shareCodes,
  shareLayout,
  type ShareMap,
} from '../../../src/webview/draw/shareMap';
import { argmaxPath } from '../../../src/webview/views/patching/argmaxPath';
import { entryMeant, entryNames } from '../../../src/webview/shell/entryField';
import { interventionAt } from '../../../src/webview/views/patching/intervention';
import {
  differences,
  openingToken,
  pairOf,
  patchingPresence,
  unfit,
} from '../../../src/webview/views/patching/pair';
import { headNamed } from '../../../src/webview/views/patching/paths';
import { pathPhrases } from '../../../src/webview/views/patching/pathWords';
import { mapSize, measured, placeOf } from '../../../src/webview/views/patching/wanted';
import { SHORTER_B, TEXT_B } from '../../webview/support/patchingView';
import { RECIPES, tokensOf } from '../../webview/support/recipes';
import { SyntheticCapture, type Recipe } from '../../webview/support/syntheticCapture';

const rows = (...values: readonly (readonly number[])[]): Float32Array[] =>
  values.map(row => Float32Array.from(row));

const NAMES = {
  layers: 6,
  place: 4,
  word: (token: number) => ['<s>', 'The', 'cat', 'and', 'blue'][token] ?? '',
  placeName: (token: number) => (token === 4 ? 'the last token' : `token ${token}`),
};

/** The induction text, with fewer tokens: the word carries all until layer 4, the last token the rest. */
const RESIDUAL = rows(
  [0, 0, 1.19, 0, 0],
  [0, 0, 1.18, 0, 0],
  [0, 0, 1.17, -0.07, 0],
  [0, 0, 1.16, -0.09, 0],
  [0, 0, 1.05, 0, 0.15],
  [0, 0, 0.51, 0, 0.62],
);
const HEADS = rows([0, 0.92], [0, 0], [0, 0.06], [0, 0.19], [0.45, 0], [0.46, -0.3]);

describe('sentence of the patch maps', () => {
  it('follows the token, names the heads where it moves, and the best single state', () => {
    const path = argmaxPath(RESIDUAL, HEADS, [2]);
    assert.deepEqual(path.stays, [
      { token: 2, from: 0, until: 4 },
      { token: 4, from: 5, until: 5 },
    ]);
    assert.equal(
      plainText(pathPhrases(path, NAMES)),
      '“cat” lies on token 2 until layer 4; then L4H0 and L5H0 bring it to the last token. One state (token 4 before L5) recovers 62\u202f% of the difference between the two texts.',
    );
  });

  it('names heads of the layer alone where it moves on again', () => {
    const residual = rows(
      [1, 0, 0],
      [1, 0, 0],
      [0.4, 0.9, 0],
      [0, 0.8, 0],
      [0, 0.7, 0.1],
      [0, 0, 0.9],
    );
    const heads = rows([0.9], [0.5], [0.3], [0.1], [0.6], [0.7]);
    const path = argmaxPath(residual, heads, [0]);
    const words = plainText(pathPhrases(path, { ...NAMES, place: 2 }));
    assert.match(
      words,
      /^“<s>” lies on token 0 until layer 1; then L1H0 and L2H0 bring it to token 1, until layer 4; then L4H0 and L5H0 bring it to token 2\. /,
    );
    assert.doesNotMatch(words, /L0H0/);
  });

  it('ends where the token is itself the place, and says where many heads bring it', () => {
    const stays = argmaxPath(rows([0, 1], [0, 1]), [], [1]);
    const at = (place: number): string =>
      plainText(pathPhrases(stays, { ...NAMES, layers: 2, place }));
    assert.match(at(1), /^“The” lies on token 1 to the end\. One state \(token 1 before L0\)/);
    assert.match(at(0), /until layer 1; then many heads together bring it to token 0\./);
  });

  it('does not invent a carrier: below a half there is none, and NaN is no number', () => {
    const path = argmaxPath(rows([0.3, 0.49], [NaN, NaN]), rows([0.9]), [1]);
    assert.deepEqual(path.stays, []);
    assert.deepEqual(path.best?.token, 0, 'the token that both texts have');
    assert.match(plainText(pathPhrases(path, NAMES)), /^No single token carries the difference\./);
    assert.equal(argmaxPath(rows([NaN]), [], []).best, null);
  });
});

/** Without a page, in which letters have a width. */
const shareLayoutOf = (map: ShareMap, room: number) =>
  shareLayout(map, room, (text, size) => text.length * size * 0.6);

const MAP: ShareMap = {
  name: 'Residual',
  rows: ['L0', 'L1'],
  columns: [{ label: 'a' }, { label: 'cat', other: 'dog' }, { label: 'c' }],
  values: [null, Float32Array.of(0.049, -1.4, NaN)],
  limit: 1,
  here: null,
  hasTurnedNames: true,
};

describe('geometry of the patch maps', () => {
  it('prints a twentieth and more, unclipped; marks what is not there and what cannot be', () => {
    assert.deepEqual(
      [0, 1, 2].map(column => cellText(MAP, 1, column)),
      ['', '−1.40', '×'],
    );
    assert.equal(cellText(MAP, 0, 0), '–');
    assert.deepEqual([...shareCodes(MAP).codes], [0, 0, 0, 134, 1, 0]);
  });

  it('fills the room, never wider than a cell may be, and scrolls rather than vanish', () => {
    const layout = (columns: number, room: number) =>
      shareLayoutOf(
        { ...MAP, columns: Array.from({ length: columns }, () => ({ label: 'x' })) },
        room,
      );
    assert.equal(layout(3, 1000).cellWidth, 34);
    const tight = layout(100, 400);
    assert.ok(tight.left + tight.width <= 400 && tight.cellWidth >= 3, JSON.stringify(tight));
    assert.equal(layout(1000, 400).width, 3000);
    const flat = shareLayoutOf({ ...MAP, hasTurnedNames: false }, 1000);
    assert.equal(flat.cellWidth, 56);
    const deep = shareLayoutOf({ ...MAP, rows: Array.from({ length: 40 }, () => 'L') }, 400);
    assert.equal(deep.cellHeight, 12);
  });
});

const captureOf = (recipe: Recipe) => new SyntheticCapture(recipe).summary;

/** A panel that compares the synthetic decoder's text with another one. */
function compared(
  other: Recipe,
  options: Partial<State['options']['masking']> = {},
  main: Recipe = RECIPES.decoder,
): State {
  const capture = captureOf(main);
  const state = initialState('dark');
  const masking = { ...state.options.masking, other: '=', otherText: other.text, ...options };
  const side: RunState = { kind: 'ready', capture: captureOf(other), stale: false };
  return {
    ...state,
    run: { kind: 'ready', capture, stale: false, model: 'decoder' },
    capture,
    locus: openingLocus(capture),
    options: { ...state.options, masking },
    sides: { ...state.sides, other: side },
    models: {
      choices: ['encoder', 'decoder'].map(reference => ({ reference, label: '', detail: '' })),
      current: 'decoder',
    },
  };
}

describe('the two runs of the Patching view', () => {
  it('is there for another text of the same model, and says why not for another model', () => {
    assert.equal(patchingPresence(compared(TEXT_B)), 'there');
    assert.equal(patchingPresence(compared(TEXT_B, { other: 'decoder' })), 'there');
    assert.equal(patchingPresence(compared(TEXT_B, { otherText: ' ' })), 'absent');
    assert.equal(patchingPresence(compared(RECIPES.decoder)), 'absent', 'the same text');
    assert.equal(patchingPresence(compared(TEXT_B, { other: 'encoder', otherText: '' })), 'absent');
    const both = patchingPresence(compared(TEXT_B, { other: 'encoder' }));
    assert.match(typeof both === 'string' ? both : both.reason, /^Patching needs the same model/);
  });

  it('finds where the texts differ, and refuses unequal counts', () => {
    const pair = pairOf(compared(TEXT_B)) ?? assert.fail('no pair');
    assert.deepEqual(differences(pair), [3, 7]);
    assert.equal(unfit(pair), null);
    const shorter = pairOf(compared(SHORTER_B)) ?? assert.fail('no pair');
    const [a, b] = [shorter.tokensOfA.length, shorter.tokensOfB.length];
    assert.equal(
      unfit(shorter),
      `${a} and ${b} tokens: the texts must have the same number; F2 edits B.`,
    );
    assert.equal(placeOf(compared(SHORTER_B)), null);
  });

  it('measures at the last token, or at the mask', () => {
    const pair = pairOf(compared(TEXT_B)) ?? assert.fail('no pair');
    assert.equal(openingToken(pair), pair.tokensOfA.length - 1);
    const tokens = tokensOf(['[CLS]', 'the', '[MASK]', 'ran', '[SEP]']);
    const encoder = captureOf({ ...RECIPES.encoder, tokens: { encoder: tokens } });
    const block = { stack: 'encoder', kind: 'self' } as const;
    const both = { a: encoder, b: encoder, block };
    const masked = { ...both, tokensOfA: tokens, tokensOfB: tokens, measured: tokens };
    assert.equal(openingToken(masked), 2);
    const plain = tokensOf(['[CLS]', 'the', 'ran', '[SEP]']);
    assert.equal(openingToken({ ...masked, measured: plain }), 2, 'not the [SEP]');
  });

  it('patches the stack that is chosen, and measures at the target’s last token', () => {
    const main = captureOf(RECIPES.translation);
    const of = (block: Block): State => ({
      ...compared(RECIPES.translation, {}, RECIPES.translation),
      locus: openingLocus(main, block),
    });
    const blocks: readonly Block[] = [
      { stack: 'encoder', kind: 'self' },
      { stack: 'decoder', kind: 'self' },
      { stack: 'decoder', kind: 'cross' },
    ];
    const { encoder = [], decoder = [] } = main.tokens;
    assert.notEqual(encoder.length, decoder.length);
    const sizes = blocks.map(block => {
      const pair = pairOf(of(block)) ?? assert.fail('no pair');
      const place = placeOf(of(block));
      return [pair.block.stack, pair.block.kind, mapSize(of(block))?.tokens, place?.token];
    });
    const last = openingToken(
      pairOf(of({ stack: 'decoder', kind: 'self' })) ?? assert.fail('no pair'),
    );
    assert.ok(last > 0 && last < decoder.length);
    assert.deepEqual(sizes, [
      ['encoder', 'self', encoder.length, last],
      ['decoder', 'self', decoder.length, last],
      ['decoder', 'cross', decoder.length, last],
    ]);
    assert.deepEqual(pairOf(compared(TEXT_B))?.block, { stack: 'decoder', kind: 'self' });
  });

  it('measures the first choices, and where these are one, what each run favours', () => {
    const state = compared(TEXT_B);
    const place = placeOf(state) ?? assert.fail('no place');
    const predictions = (capture: string, best: readonly (readonly [number, number])[]) =>
      [
        question('predictions', { capture, token: place.token, count: 100 }),
        {
          token: place.token,
          best: best.map(([id, probability]) => ({ id, text: ` w${id}`, probability })),
        },
      ] as const;
    const known = (
      a: readonly (readonly [number, number])[],
      b: readonly (readonly [number, number])[],
    ) =>
      measured(
        answered(
          answered(state, ...predictions(place.pair.a.id, a)),
          ...predictions(place.pair.b.id, b),
        ),
      );
    assert.deepEqual(
      known(
        [
          [5, 0.7],
          [6, 0.1],
        ],
        [
          [6, 0.8],
          [5, 0.1],
        ],
      ),
      { answer: 5, other: 6 },
    );
    const same = known(
      [
        [9, 0.5],
        [5, 0.3],
        [6, 0.1],
      ],
      [
        [9, 0.5],
        [6, 0.3],
        [5, 0.1],
      ],
    );
    assert.deepEqual(same, { answer: 5, other: 6 });
    assert.equal(measured(state), null);
  });
});

describe('what people type in the Patching view', () => {
  const ENTRIES = [' cat', ' dog', 'dog', '\n'].map((text, id) => ({ id, text, probability: 0 }));

  it('is an entry by its word, with its space where that tells it from another, or by its number', () => {
    assert.deepEqual([...entryNames(ENTRIES).values()], ['cat', '·dog', 'dog', '⏎']);
    assert.equal(entryMeant('cat', ENTRIES), 0);
    assert.equal(entryMeant('·dog', ENTRIES), 1);
    assert.equal(entryMeant(' dog', ENTRIES), 2, 'names first');
    assert.equal(entryMeant('#77', ENTRIES), 77);
    assert.equal(entryMeant('', ENTRIES), null);
    assert.equal(entryMeant('bird', ENTRIES), null);
  });

  it('is a head by its name', () => {
    assert.deepEqual(headNamed(' l12h3'), { layer: 12, head: 3 });
    assert.equal(headNamed('L1'), null);
  });
});

describe('a patch that is kept', () => {
  const source = captureOf(TEXT_B);
  const OWN = { stack: 'decoder', kind: 'self' } as const;

  it('names one token of one layer, or one head at all tokens, and the text that it comes from', () => {
    const state = { map: 'residual', layer: 5, column: 10 } as const;
    assert.deepEqual(interventionAt(state, 'weights', OWN, source), {
      at: { layer: 5, point: 'residual', tokens: [10] },
      how: { from: { text: TEXT_B.text } },
    });
    const head = { map: 'heads', layer: 4, column: 0 } as const;
    assert.deepEqual(interventionAt(head, 'weights', OWN, source).at, {
      layer: 4,
      point: 'weights',
      heads: [0],
    });
  });

  it('names the stack, and the target, of a model with two', () => {
    const both = { ...captureOf(RECIPES.translation), target: 'der Hund' };
    const cell = { map: 'residual', layer: 1, column: 2 } as const;
    const { at, how } = interventionAt(cell, 'value', { stack: 'encoder', kind: 'self' }, both);
    assert.deepEqual(at, { stack: 'encoder', layer: 1, point: 'residual', tokens: [2] });
    const cross = { stack: 'decoder', kind: 'cross' } as const;
    assert.equal(interventionAt(cell, 'value', cross, both).at.kind, 'cross');
    assert.deepEqual(how, { from: { text: both.text, target: 'der Hund' } });
  });
});
