import assert from 'node:assert/strict';
import type { CaptureSummary } from '../../../src/protocol/capture';
import {
  MOST_AHEAD,
  type Intervention,
  type ListedIntervention,
} from '../../../src/protocol/intervention';
import { headsOff } from '../../../src/webview/app/interventions/off';
import { readPairs, writePairs } from '../../../src/webview/app/interventions/make';
import { movedEntries, onWords } from '../../../src/webview/app/interventions/outcome';
import { refusalAt } from '../../../src/webview/app/interventions/support';
import { wordsOf } from '../../../src/webview/app/interventions/words';
import { plainText } from '../../../src/webview/app/sentence';
import { conditionText, readCondition } from '../../../src/webview/app/interventions/condition';

const names = ['[CLS]', 'The', 'dogs', 'near', 'the', 'house', '[MASK]', 'black', '.', '[SEP]'];
const token = (text: string, index: number) => ({
  index,
  id: index,
  token: text,
  text,
  start: 0,
  end: text.length,
  special: text.startsWith('['),
  continues: false,
  unknown: false,
});
const sites = Array.from({ length: 6 }, (_, layer) => ({
  stack: 'encoder',
  kind: 'self',
  layer,
  heads: 4,
}));
const capture = {
  id: 'a',
  model: { stacks: ['encoder'], sites, layers: { encoder: 6 } },
  tokens: { encoder: names.map(token) },
  sites,
} as unknown as CaptureSummary;

const made = (one: ListedIntervention): Intervention => ({ kind: 'intervention', ...one });
const says = (one: ListedIntervention): string => plainText(wordsOf(made(one), capture).sentence);

const CASES: readonly (readonly [ListedIntervention, sentence: string, value: string])[] = [
  [
    {
      at: { layer: 4, point: 'maskedScores', heads: [1], tokens: [6], keys: [2] },
      how: { block: true },
    },
    'Block [MASK] → dogs in L4H1',
    'edge',
  ],
  [
    {
      at: { layer: 4, point: 'weights', heads: [1], tokens: [6], keys: [5] },
      how: { force: [0.8] },
    },
    'Force [MASK] → house in L4H1',
    'weight .80',
  ],
  [
    { at: { layer: 4, point: 'headOutput', heads: [2] }, how: { mean: 'text' } },
    'Switch off L4H2',
    'mean of text',
  ],
  [
    { at: { layers: [2, 3], point: 'headOutput', heads: [0, 2] }, how: { scale: 0.5 } },
    'Scale L2–3H0 H2 by 0.5',
    'scale',
  ],
  [{ at: { point: 'token', tokens: [2] }, how: { text: 'dog' } }, 'Replace dogs with dog', 'text'],
  [
    { at: { layer: 0, point: 'residual', tokens: [2] }, how: { text: 'dog' } },
    'Replace the embedding of dogs with that of dog',
    'embedding',
  ],
  [
    {
      at: { layer: 2, point: 'residual', tokens: [2] },
      how: { add: { pairs: [{ plus: 'cats', minus: 'cat', token: 1 }] } },
    },
    'Add 1.0 × a direction to L2, dogs',
    'steer',
  ],
  [
    {
      at: { layer: 4, point: 'residual', tokens: [2] },
      how: { from: { text: 'The dog.', token: 3 } },
    },
    'Residual before L4 at dogs, from “The dog.”, token 3',
    'patch',
  ],
  [
    { at: { point: 'weights' }, how: { from: { text: 'A' } } },
    'Freeze patterns of every layer from “A”',
    'patterns',
  ],
  [
    { at: { layer: 3, point: 'attentionOutput' }, how: { zero: true } },
    'Skip the attention of L3',
    'zero',
  ],
  [
    { at: { layer: 3, point: 'feedForwardOutput', tokens: [7] }, how: { zero: true } },
    'Skip the MLP of L3 at black',
    'zero',
  ],
  [
    {
      at: { layer: 3, point: 'headOutput', heads: [1] },
      how: { zero: true },
      only: { token: 'dogs' },
    },
    'Switch off L3H1, only where the token is “dogs”',
    'zero',
  ],
  [
    {
      at: { layers: [1, 2], point: 'maskedScores' },
      how: { block: true },
      only: { ahead: [1, MOST_AHEAD] },
    },
    'Block every query → later keys in L1–2',
    'edge',
  ],
];

describe('Interventions in words', () => {
  for (const [one, sentence, value] of CASES) {
    it(sentence, () => {
      assert.equal(says(one), sentence);
      assert.equal(wordsOf(made(one), capture).value, value);
    });
  }

  it('name a token that stands there twice with its index, and one that is not there by its number', () => {
    const twice = { ...capture, tokens: { encoder: ['a', 'b', 'a'].map(token) } };
    const edited = made({ at: { point: 'token', tokens: [2] }, how: { text: 'c' } });
    assert.equal(plainText(wordsOf(edited, twice).sentence), 'Replace a₂ with c');
    const gone = made({ at: { point: 'token', tokens: [99] }, how: { text: 'c' } });
    assert.equal(plainText(wordsOf(gone, capture).sentence), 'Replace token 99 with c');
  });

  it('count what is on by what happened to it', () => {
    const [edge, , off, scaled] = CASES.map(([one]) => made(one));
    assert.ok(edge && off && scaled);
    assert.equal(
      onWords([edge, { ...scaled, on: false }, off]),
      'one edge blocked and one head off',
    );
    assert.equal(onWords([off, edge, off]), 'two heads off and one edge blocked');
  });
});

describe('What interventions do', () => {
  it('is the entries that moved most, up or down, with the first choices marked', () => {
    const entries = (...all: readonly (readonly [string, number])[]) => ({
      token: 0,
      best: all.map(([text, probability]) => ({
        id: text.charCodeAt(0),
        text,
        probability,
      })),
    });
    const moved = movedEntries(
      entries(['are', 0.5], ['was', 0.3], ['in', 0.1]),
      entries(['was', 0.7], ['in', 0.12], ['zoo', 0.1]),
      3,
    );
    assert.deepEqual(
      moved.map(({ text, before, after, isFirst }) => [text, before, after, isFirst]),
      [
        ['are', 0.5, null, true],
        ['was', 0.3, 0.7, true],
        ['zoo', null, 0.1, false],
      ],
    );
  });

  it('strikes out heads that are off for every token, and no others', () => {
    const off = (at: ListedIntervention['at'], more: Partial<ListedIntervention> = {}) =>
      made({ at, how: { zero: true }, ...more });
    const changes = [
      off({ layer: 4, point: 'headOutput', heads: [2] }),
      off({ layers: [0, 1], point: 'headOutput', heads: [3] }),
      off({ layer: 2, point: 'headOutput', heads: [0] }, { on: false }),
      off({ layer: 2, point: 'headOutput', heads: [1], tokens: [0] }),
      off({ layer: 3, point: 'attentionOutput' }),
    ];
    const found = headsOff({ ...capture, changes }, { stack: 'encoder', kind: 'self' });
    assert.deepEqual([...found], ['4 2', '0 3', '1 3']);
  });

  it('says why a place cannot be changed where no layer of it can', () => {
    const reason = 'Inside GroupQueryAttention: heads can be scaled only.';
    const points = [
      {
        stack: 'encoder',
        kind: 'self',
        point: 'weights',
        layers: [0],
        missing: [{ layer: 1, reason }],
      },
    ] as const;
    const model = { ...capture.model, points };
    assert.equal(refusalAt({ layer: 1, point: 'weights' }, { ...capture, model }), reason);
    assert.equal(refusalAt({ layers: [0, 1], point: 'weights' }, { ...capture, model }), null);
    assert.equal(refusalAt({ layer: 1, point: 'headOutput' }, { ...capture, model }), null);
  });
});

describe('What people write into the form', () => {
  it('is pairs of texts, a line each', () => {
    const pairs = readPairs('The cats | The cat\n\nno pair\nThe boys|The boy', 2);
    assert.deepEqual(pairs, [
      { plus: 'The cats', minus: 'The cat', token: 2 },
      { plus: 'The boys', minus: 'The boy', token: 2 },
    ]);
    assert.equal(writePairs(pairs), 'The cats | The cat\nThe boys | The boy');
    assert.equal(readPairs('no pair', 2), null);
  });

  it('is a condition, or none', () => {
    assert.deepEqual(readCondition('positions', '2–5'), { positions: [2, 5] });
    assert.deepEqual(readCondition('layers', '3'), { layers: [3, 3] });
    for (const [text, ahead] of [
      ['1 …', [1, MOST_AHEAD]],
      ['… -8', [-MOST_AHEAD, -8]],
      ['-3 … 2', [-3, 2]],
    ] as const) {
      assert.deepEqual(readCondition('ahead', text), { ahead });
      assert.equal(conditionText('ahead', { ahead }), text);
    }
    assert.equal(readCondition('ahead', '2 … 1'), null);
    assert.equal(readCondition('ahead', '3'), null);
    assert.deepEqual(readCondition('token', 'dog'), { token: 'dog' });
    for (const text of ['', 'x', '5–2', '-1', '1.5']) {
      assert.equal(readCondition('positions', text), null);
    }
  });
});
