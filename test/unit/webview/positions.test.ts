import assert from 'node:assert/strict';
import type { OrderChange } from '../../../src/protocol/change';
import type { RunState } from '../../../src/protocol/panel';
import type { PositionScheme } from '../../../src/protocol/positions';
import { answered } from '../../../src/webview/app/answers';
import { openingLocus } from '../../../src/webview/app/locus';
import { penalty, slopeText } from '../../../src/webview/views/positions/alibi';
import { bucketRange } from '../../../src/webview/views/positions/bias';
import {
  alibiSlopes,
  cosines,
  frequencies,
  rotaryCosines,
  sinusoidal,
  t5Bucket,
  wavelength,
} from '../../../src/webview/views/positions/formulaMath';
import { alibiLines } from '../../../src/webview/views/positions/positionLines';
import { readPositions, DEFAULT_POSITIONS } from '../../../src/webview/app/choices/positions';
import {
  isPlain,
  movable,
  moved,
  plainOrder,
  reversed,
  shuffled,
  swapped,
  textOf,
} from '../../../src/webview/views/positions/orders';
import { mostMoved, orderSentence } from '../../../src/webview/views/positions/orderResult';
import { positionsSentence } from '../../../src/webview/views/positions/sentence';
import { signedCodes, shareCodes } from '../../../src/webview/draw/color/signedCodes';
import { shownDimension, tableWindow } from '../../../src/webview/views/positions/tables';
import { comparedRuns, wantedFor, wishedRuns } from '../../../src/webview/views/positions/wanted';
import { plainText } from '../../../src/webview/app/sentence';
import { initialState, type State } from '../../../src/webview/app/state';
import { linePath } from '../../../src/webview/draw/lines';
import { RECIPES, type RecipeName } from '../../webview/support/recipes';
import { reorderedRecipe } from '../../webview/support/sides';
import { SyntheticCapture, type Recipe } from '../../webview/support/syntheticCapture';
import { syntheticPositions } from '../../webview/support/syntheticPositions';

const near = (actual: number | undefined, expected: number): void =>
  assert.ok(Math.abs((actual ?? NaN) - expected) < 1e-6, `${actual} is not ${expected}`);

const captureOf = (recipe: Recipe) => new SyntheticCapture(recipe).summary;

/** A panel that shows a run of a model with this scheme. */
function stateWith(
  kind: PositionScheme['kind'] | null,
  main: RecipeName = 'encoder',
  locus: Partial<State['locus']> = {},
): State {
  const capture = captureOf(RECIPES[main]);
  const opening = openingLocus(capture) ?? assert.fail('no locus');
  const state: State = {
    ...initialState('dark'),
    capture,
    locus: { ...opening, key: 2, ...locus },
  };
  const wanted = wantedFor(state).scheme;
  if (kind === null || !wanted) return state;
  const value = syntheticPositions(capture, wanted.stack, kind);
  return answered(state, { method: 'positions', params: wanted }, value);
}

const ready = (change: OrderChange, id: string): RunState => ({
  kind: 'ready',
  capture: captureOf(reorderedRecipe('encoder', change, id)),
  stale: false,
});

describe('orders of tokens', () => {
  const tokens = [true, false, false, false, true].map(special => ({ special }));
  const places = movable(tokens);

  it('moves tokens among each other and leaves special tokens where they are', () => {
    const plain = plainOrder(5);
    assert.deepEqual(places, [1, 2, 3]);
    assert.deepEqual(moved(plain, places, 1, 3), [0, 2, 3, 1, 4]);
    assert.deepEqual(moved(plain, places, 3, 1), [0, 3, 1, 2, 4]);
    assert.equal(moved(plain, places, 1, 0), plain, 'not before [CLS]');
    assert.equal(moved(plain, places, 4, 2), plain, '[SEP] stays');
    assert.deepEqual(reversed(plain, places), [0, 3, 2, 1, 4]);
    assert.ok(isPlain(reversed(reversed(plain, places), places)));
  });

  it('swaps two tokens wherever they stand', () => {
    assert.deepEqual(swapped([0, 3, 1, 2, 4], 3, 2), [0, 2, 1, 3, 4]);
  });

  it('shuffles by seed: the same again for the same, all tokens kept', () => {
    const plain = plainOrder(50);
    const all = plain.slice(1, -1);
    const one = shuffled(plain, all, 1);
    assert.deepEqual(one, shuffled(plain, all, 1));
    assert.notDeepEqual(one, shuffled(plain, all, 2));
    assert.deepEqual(
      [...one].sort((a, b) => a - b),
      plain,
    );
    assert.deepEqual([one[0], one[49]], [0, 49]);
  });
});

describe('formulas of positions', () => {
  it('sinusoidal: sines and cosines alternate, wavelengths from 2π to 10,000 · 2π', () => {
    const table = sinusoidal(3, 2, 4);
    [Math.sin(3), Math.cos(3), Math.sin(0.03), Math.cos(0.03), Math.sin(4)].forEach((value, i) =>
      near(table[i], value),
    );
    near(wavelength(frequencies(4)[0] ?? 0), 2 * Math.PI);
  });

  it('rotary: mean cosine by distance equals the cosine of sinusoidal vectors', () => {
    const [rows, dims] = [12, 16];
    const byTable = cosines(sinusoidal(0, rows, dims), rows, dims);
    rotaryCosines(frequencies(dims), rows).forEach((value, i) =>
      assert.ok(Math.abs(value - (byTable[i] ?? NaN)) < 1e-5, `${i}`),
    );
    assert.deepEqual([...cosines(new Float32Array(4), 2, 2)], [0, 0, 0, 0], 'rows of zeros');
  });

  it('T5: buckets as transformers’ T5Attention has them', () => {
    const expected = new Map([
      [-140, 15],
      [-128, 15],
      [-100, 15],
      [-64, 14],
      [-40, 12],
      [-23, 11],
      [-16, 10],
      [-12, 9],
      [-11, 8],
      [-8, 8],
      [-7, 7],
      [-1, 1],
      [0, 0],
      [1, 17],
      [7, 23],
      [8, 24],
      [12, 25],
      [16, 26],
      [31, 27],
      [32, 28],
      [64, 30],
      [90, 30],
      [91, 31],
      [140, 31],
    ]);
    for (const [offset, bucket] of expected) assert.equal(t5Bucket(offset), bucket, `${offset}`);
    assert.deepEqual(bucketRange(-11, 40), { from: -11, to: -8 });
  });

  it('ALiBi: slopes as the authors’ code has them, also where the heads are no power of two', () => {
    assert.deepEqual(
      [...alibiSlopes(8)],
      [1, 2, 3, 4, 5, 6, 7, 8].map(i => 2 ** -i),
    );
    const twelve = alibiSlopes(12);
    near(twelve[7], 0.00390625);
    near(twelve[8], 0.7071067811865476);
    near(twelve[11], 0.08838834764831849);
    assert.equal(penalty(0.25, 11), -2.75);
    assert.deepEqual([slopeText(1 / 32), slopeText(0.70710678)], ['1/32', '0.707']);
  });
});

describe('figures of positions', () => {
  it('codes of signed numbers are symmetric; NaN is hatched', () => {
    const codes = signedCodes(Float32Array.of(-2, -1, 0, 1, 2, NaN), 2);
    assert.deepEqual([...codes], [1, 64, 128, 192, 255, 0]);
    assert.deepEqual([...shareCodes(Float32Array.of(0, 1, NaN))], [1, 255, 0]);
  });

  it('the table follows the query, and pages stay within what the model has', () => {
    const state = stateWith('learned', 'long', { query: 100, key: 99 });
    const shown = (look: Partial<State['positions']['look']>, rows = 64) =>
      tableWindow(
        {
          ...state,
          options: { ...state.options, positions: { ...DEFAULT_POSITIONS, rows: rows as 64 } },
          positions: { ...state.positions, look: { ...state.positions.look, ...look } },
        },
        'learned',
      ) ?? assert.fail('no table');
    assert.equal(shown({}).first, 64);
    assert.equal(shown({ first: 500 }).first, 64, 'the table has 128 rows');
    assert.deepEqual([shown({}, 512).first, shown({}, 512).rows], [0, 128]);
    assert.equal(shown({}).total, 512);
    assert.equal(tableWindow(state, 'sinusoidal')?.isOwn, false);
    assert.equal(tableWindow(stateWith('rotary'), 'learned'), null);
  });

  it('knows the wavelengths of a model’s own sinusoids, and of no other table', () => {
    const own = tableWindow(stateWith('sinusoidal'), 'sinusoidal') ?? assert.fail('no table');
    assert.ok(own.isOwn);
    near(own.wave(1) ?? NaN, 2 * Math.PI);
    const learned = tableWindow(stateWith('learned'), 'learned') ?? assert.fail('no table');
    assert.equal(learned.wave(1), null);
    assert.equal(shownDimension(learned, 900), learned.dims - 1);
  });

  it('lines stop where they leave the chart, pause at gaps and go in steps', () => {
    const same = (value: number): number => value;
    const path = (values: number[], isStepped = false): string =>
      linePath({ first: 0, low: -2, isStepped }, Float32Array.from(values), same, same);
    assert.equal(path([0, -1, -3, -5]), 'M0.0 0.0L1.0 -1.0L1.5 -2.0');
    assert.equal(path([0, NaN, 1]), 'M0.0 0.0M2.0 1.0');
    assert.equal(path([0, 1], true), 'M0.0 0.0H0.5V1.0L1.0 1.0');
  });

  it('ALiBi’s chart reaches the distance of the locus and names every head', () => {
    const lines = alibiLines(stateWith('alibi', 'long', { query: 300, key: 200 }));
    assert.ok(lines && lines.count > 100);
    assert.equal(lines.lines.length, 4);
    const named = lines.labels?.map(({ text }) => text).join(' ') ?? '';
    for (const head of ['H0', 'H3']) assert.match(named, new RegExp(head));
  });
});

describe('the sentence of the Positions view', () => {
  const said = (state: State): string => plainText(positionsSentence(state));

  it('says what the model does, and where the two tokens are', () => {
    assert.equal(
      said(stateWith('learned')),
      'This model adds a learned vector for each of 512 positions. thirst is at position 15 and tiger at 2, a distance of 13. The other schemes are shown at the same two positions.',
    );
    assert.match(said(stateWith('rotary', 'encoder', { key: null })), /thirst is at position 15\./);
    assert.match(said(stateWith('alibi', 'encoder', { key: 15 })), /position 15 and reads itself/);
    assert.match(said(stateWith('none')), /^This model tells its attention nothing about pos/);
  });

  it('names the stack where there are two, and says that cross-attention has no positions', () => {
    assert.match(said(stateWith('relativeBias', 'translation')), /^The encoder of this model adds/);
    const block = { stack: 'decoder', kind: 'cross' } as const;
    const cross = stateWith(null, 'translation', { block, query: 2, key: 3 });
    assert.match(said(cross), /^Cross-attention has no positions: Tiger and the keys/);
    assert.equal(wantedFor(cross).scores, undefined);
  });
});

describe('runs in another order', () => {
  const told = (
    state: State,
    value: State['options']['positions']['told'],
    order: number[],
  ): State => ({
    ...state,
    options: { ...state.options, positions: { ...DEFAULT_POSITIONS, told: value } },
    positions: {
      ...state.positions,
      arrangement: {
        of: textOf(state.capture ?? assert.fail('no run')),
        order,
        seed: 0,
      },
    },
  });
  const plain = [...plainOrder(19)];
  const other = [...swapped(plain, 2, 3)];

  it('asks for no run while nothing is changed, and for three where both are compared', () => {
    const state = stateWith('rotary');
    const runs = (value: State['options']['positions']['told'], order: number[]) =>
      Object.fromEntries(wishedRuns(told(state, value, order)));
    assert.deepEqual(runs('own', plain), {});
    assert.deepEqual(runs('both', plain), {});
    assert.deepEqual(runs('equal', plain), { reorderedEqual: { positions: 'equal' } });
    assert.deepEqual(runs('own', other), { reordered: { order: other, positions: 'own' } });
    assert.deepEqual(runs('both', other), {
      reordered: { order: other, positions: 'own' },
      reorderedEqual: { order: other, positions: 'equal' },
      equal: { positions: 'equal' },
    });
  });

  it('compares without positions what both have none of, and predictions at the moved token', () => {
    const base = stateWith('rotary', 'encoder', { query: 2, key: 3 });
    const state = told(base, 'both', other);
    const sides = {
      ...state.sides,
      reordered: ready({ order: other, positions: 'own' }, 'r'),
      reorderedEqual: ready({ order: other, positions: 'equal' }, 're'),
      equal: ready({ positions: 'equal' }, 'e'),
    };
    const full = { ...state, sides };
    assert.deepEqual(
      [comparedRuns(full, 'own'), comparedRuns(full, 'equal')].map(runs => [
        runs?.before.id,
        runs?.after.id,
      ]),
      [
        ['encoder-1', 'r'],
        ['e', 're'],
      ],
    );
    const wanted = wantedFor(full);
    assert.deepEqual(wanted.ownBefore, { capture: 'encoder-1', token: 2, count: 5 });
    assert.deepEqual(wanted.ownAfter, { capture: 'r', token: 3, count: 5 });
  });

  it('reads nothing of a run that was made with another order or of another text', () => {
    const state = told(stateWith('rotary'), 'own', other);
    const stale = ready({ order: [...swapped(plain, 4, 5)], positions: 'own' }, 'old');
    assert.equal(
      comparedRuns({ ...state, sides: { ...state.sides, reordered: stale } }, 'own'),
      null,
    );
    const foreign = { ...state, capture: captureOf(RECIPES.short) };
    assert.equal(wishedRuns(foreign).size, 0, 'the order was of another text');
  });

  it('says what moved, in which head most, and that nothing did', () => {
    const base = told(stateWith('rotary'), 'own', other);
    const state = {
      ...base,
      sides: { ...base.sides, reordered: ready({ order: other, positions: 'own' }, 'r') },
    };
    const params = wantedFor(state).ownEffect ?? assert.fail('nothing wanted');
    const asked = { method: 'orderEffect', params } as const;
    const block = { stack: 'encoder', kind: 'self' } as const;
    const say = (moved: number[], kl?: number[], flipped?: number[]): string => {
      const value = {
        block,
        layers: 2,
        heads: 2,
        moved: Float32Array.from(moved),
        movedOfToken: new Float32Array(19),
        ...(kl ? { kl: Float32Array.from(kl) } : {}),
        ...(flipped ? { flipped: Uint8Array.from(flipped) } : {}),
      };
      return plainText(orderSentence(answered(state, asked, value), 'own'));
    };
    assert.equal(
      say([NaN, 0.1, 0.5, 0.3], [0, 1.25, 0], [0, 1, 0]).replaceAll('\u202f', ' '),
      '30 % of a token’s weight moves on average, most in layer 1, head 0 (50 %). The most probable token is another one at 1 of 3 tokens; the output moves most at the (KL 1.25 nats).',
    );
    assert.match(say([0, 0, 0, 0], [0, 0, 0], [0, 0, 0]), /^No weight moves.* stays the same/);
    assert.match(say([0.2, 0, 0, 0]), /has no output to compare\.$/);
    assert.equal(
      mostMoved({
        block,
        layers: 1,
        heads: 1,
        moved: Float32Array.of(NaN),
        movedOfToken: new Float32Array(0),
      }),
      null,
    );
  });
});

describe('stored options of the Positions view', () => {
  it('falls back to the defaults for what does not fit', () => {
    assert.deepEqual(readPositions({ told: 'both', rows: 256 }), { told: 'both', rows: 256 });
    for (const value of [null, 3, { told: 'x', rows: 65 }]) {
      assert.deepEqual(readPositions(value), DEFAULT_POSITIONS);
    }
  });
});
