import assert from 'node:assert/strict';
import { measureHead } from '../../../src/inspector/attention/headMeasures';
import { roleOf } from '../../../src/inspector/attention/headRole';
import { hasRepeats, repeatsOf } from '../../../src/inspector/attention/repeats';
import type { Weights } from '../../../src/inspector/attention/weightMap';
import { headFacts } from '../../../src/inspector/capture/headFacts';
import type { HeadRole } from '../../../src/protocol/headFacts';
import { seededRandom } from '../../support/seededRandom';
import { mapOf, near, randomMap, smallCapture, tokensOf } from '../../support/smallCapture';

const text = 'a b c d e f g h i j';
/** A map that puts `weight` on the keys that `pick` names and spreads the rest over the others. */
function patterned(
  size: number,
  weight: number,
  pick: (query: number) => readonly number[],
  causal = false,
): Weights {
  return mapOf(
    ...Array.from({ length: size }, (_, query) => {
      const allowed = Array.from({ length: causal ? query + 1 : size }, (_, key) => key);
      const picked = pick(query).filter(key => allowed.includes(key));
      const rest = allowed.length - picked.length;
      const share = picked.length === 0 ? 0 : rest === 0 ? 1 : weight;
      return Array.from({ length: size }, (_, key) => {
        if (!allowed.includes(key)) return 'x' as const;
        return picked.includes(key) ? share / picked.length : (1 - share) / rest;
      });
    }),
  );
}
const all = ({ queries }: Weights) => Array.from({ length: queries }, (_, query) => query);
const measure = (map: Weights, words = text) =>
  measureHead({ ...map, rows: all(map) }, repeatsOf(tokensOf(words)));
const role = (map: Weights, words = text): HeadRole => roleOf(measure(map, words)).role;

describe('repeated tokens', () => {
  const at = (words: string, query: number) => repeatsOf(tokensOf(words))(query);

  it('finds earlier copies and what followed them', () => {
    assert.deepEqual(at('a b c d a b c a', 4), { copies: [0], followers: [1] });
    assert.deepEqual(at('a b c d a b c a', 7), { copies: [0, 4], followers: [1, 5] });
    assert.deepEqual(at('a b c', 1), { copies: [], followers: [] });
  });

  it('leaves out what a head that reads its neighbour would show too', () => {
    assert.deepEqual(at('a a', 1), { copies: [], followers: [] }, 'the copy is the token before');
    assert.deepEqual(at('a , b ,', 3), { copies: [1], followers: [] }, 'what followed is');
    assert.ok(!hasRepeats(tokensOf('a a')));
    assert.ok(hasRepeats(tokensOf('a , b ,')));
  });

  it('takes no special token for a repeat', () => {
    assert.ok(!hasRepeats(tokensOf('[PAD] a [PAD] b [PAD]')));
    assert.deepEqual(at('[PAD] a b [PAD]', 3), { copies: [], followers: [] });
  });
});

describe('measures of a head', () => {
  it('averages over the queries that have such a key and a choice', () => {
    // Causal, so the first query has no token before it, and sees nothing but itself.
    const map = mapOf([1, 'x', 'x'], [0.3, 0.7, 'x'], [0.2, 0.1, 0.7]);
    const { previous, current, next, local, entropy, uniformity } = measure(map, 'a b c');
    near([previous, current], [(0.3 + 0.1) / 2, (0.7 + 0.7) / 2]);
    near([next, local], [NaN, NaN]);
    const bits = (...weights: number[]) =>
      weights.reduce((sum, weight) => sum - weight * Math.log2(weight), 0);
    const [second, third] = [bits(0.3, 0.7), bits(0.2, 0.1, 0.7)];
    near([entropy], [(second + third) / 2]);
    near([uniformity], [(second / 1 + third / Math.log2(3)) / 2]);
  });

  it('lets blocked keys have no part', () => {
    // Additive masks leave tiny weights behind.
    const map = mapOf([0.5, 0.5, 'x'], [0.5, 0.5, 'x'], ['x', 'x', 'x']);
    map.weights[2] = 1e-3;
    const { entropy, mostAttended, received, next } = measure(map, 'a b c');
    near([entropy, mostAttended, received, next], [1, 0, 0.5, 0.5]);
  });

  it('finds the key that receives most among those that are seen often', () => {
    // The last key of a causal mask is seen by one query only, which gives it .9.
    const map = patterned(10, 0.9, query => (query === 9 ? [9] : [2]), true);
    const { mostAttended, received, seenBy } = measure(map);
    assert.equal(mostAttended, 2);
    // Queries 2 to 8 give it .9, query 9 a ninth of .1; the first has no choice.
    near([received, seenBy], [(7 * 0.9 + 0.1 / 9) / 8, 8 / 9]);
  });

  it('has nothing to say of a single token', () => {
    const { entropy, current, mostAttended } = measure(mapOf([1]), 'a');
    near([entropy, current, mostAttended], [NaN, NaN, -1]);
    assert.equal(role(mapOf([1]), 'a'), 'none');
  });
});

describe('roles', () => {
  const cases: [HeadRole, (weight: number, causal: boolean) => Weights, number, string?][] = [
    [
      'induction',
      (w, c) => patterned(8, w, q => (q > 3 ? [q - 3] : []), c),
      0.4,
      'a b c d a b c d',
    ],
    [
      'duplicate',
      (w, c) => patterned(8, w, q => (q > 3 ? [q - 4] : []), c),
      0.4,
      'a b c d a b c d',
    ],
    ['previous', (w, c) => patterned(10, w, q => [q - 1], c), 0.4],
    ['current', (w, c) => patterned(10, w, q => [q], c), 0.4],
    ['local', (w, c) => patterned(10, w, q => [-2, -1, 0, 1, 2].map(d => q + d), c), 0.62],
  ];
  for (const [name, make, above, words] of cases) {
    for (const causal of [false, true]) {
      it(`${name}${causal ? ', causal' : ''}: above ${above}, not at it`, () => {
        assert.equal(role(make(above + 0.01, causal), words), name);
        assert.notEqual(role(make(above - 0.01, causal), words), name);
        const { score } = roleOf(measure(make(above + 0.01, causal), words));
        if (name !== 'local') near([score], [above + 0.01]);
      });
    }
  }

  it('next: above .40', () => {
    assert.equal(role(patterned(10, 0.41, q => [q + 1])), 'next');
    assert.notEqual(role(patterned(10, 0.39, q => [q + 1])), 'next');
  });

  for (const causal of [false, true]) {
    it(`sink${causal ? ', causal' : ''}: one key receives more than .42`, () => {
      const make = (weight: number) => patterned(10, weight, () => [0], causal);
      assert.deepEqual(roleOf(measure(make(0.43))).role, 'sink');
      assert.notEqual(role(make(0.41)), 'sink');
    });

    it(`uniform${causal ? ', causal' : ''}: entropy above 96.5 % of what the row allows`, () => {
      assert.equal(role(patterned(10, 0, () => [], causal)), 'uniform');
      const far = (q: number) => [(q + 5) % 10, (q + 6) % 10];
      assert.notEqual(role(patterned(10, 0.6, far, causal)), 'uniform');
    });
  }

  it('takes the first rule that holds', () => {
    // Every row reads key 0, which is also the earlier copy of the only repeated token.
    assert.equal(
      role(
        patterned(6, 0.9, () => [0]),
        'a b c d e a',
      ),
      'duplicate',
    );
    assert.equal(
      role(
        patterned(6, 0.9, () => [0]),
        'a b c d e f',
      ),
      'sink',
    );
  });

  it('takes a window’s own key for no sink of the text', () => {
    // Each query sees itself and the one before it: key 9 is seen by two of ten.
    const map = mapOf(
      ...Array.from({ length: 10 }, (_, q) =>
        Array.from({ length: 10 }, (_, k) => (k === q ? 0.5 : k === q - 1 ? 0.5 : ('x' as const))),
      ),
    );
    assert.equal(role(map), 'previous');
  });

  it('gives one of the roles, scores above its rule, and bounded measures to any map', () => {
    const random = seededRandom(11);
    for (let round = 0; round < 60; round++) {
      const size = 2 + Math.floor(12 * random());
      const words = Array.from({ length: size }, () => `w${Math.floor(5 * random())}`).join(' ');
      const map = randomMap(size, random, round % 2 === 0);
      const measures = measure(map, words);
      const { role: name, score } = roleOf(measures);
      if (name === 'none') assert.ok(Number.isNaN(score));
      else assert.ok(score > 0.4 && score <= 1 + 1e-6);
      assert.ok(measures.entropy >= 0 && measures.entropy <= Math.log2(size) + 1e-6);
      for (const share of [measures.previous, measures.current, measures.next, measures.local]) {
        assert.ok(Number.isNaN(share) || (share >= 0 && share <= 1 + 1e-6));
      }
    }
  });
});

describe('head facts', () => {
  it('lists every head of a block, and nothing for heads that a layer lacks', async () => {
    const capture = smallCapture({
      tokens: { encoder: tokensOf(text) },
      blocks: [
        {
          layers: [
            [patterned(10, 0.9, q => [q - 1]), patterned(10, 0.8, () => [3])],
            [patterned(10, 0.7, q => [q])],
          ],
        },
      ],
    });
    const facts = await headFacts(capture, { stack: 'encoder', kind: 'self' });
    assert.deepEqual([facts.layers, facts.heads], [2, 2]);
    assert.deepEqual(facts.roles, ['previous', 'sink', 'current', null]);
    near(facts.scores, [0.9, 0.8, 0.7, NaN]);
    near(facts.current.slice(2), [0.7, NaN]);
    assert.deepEqual([facts.mostAttended[1], facts.mostAttended[3]], [3, -1]);
    near([facts.received[1] ?? 0], [0.8]);
    assert.deepEqual([facts.hasRepeats, facts.sampledQueries], [false, 10]);
  });

  it('knows sinks and uniform heads only of cross-attention', async () => {
    const capture = smallCapture({
      tokens: { encoder: tokensOf('a b c d'), decoder: tokensOf('a b c d') },
      blocks: [
        {
          stack: 'decoder',
          kind: 'cross',
          layers: [
            [
              patterned(4, 0.9, q => [q - 1]),
              patterned(4, 0.9, () => [3]),
              patterned(4, 0, () => []),
            ],
          ],
        },
      ],
    });
    const facts = await headFacts(capture, { stack: 'decoder', kind: 'cross' });
    assert.deepEqual(facts.roles, ['none', 'sink', 'uniform']);
    near(facts.previous, [NaN, NaN, NaN]);
    assert.equal(facts.hasRepeats, false);
  });

  it('leaves out the rows of padding that the mask hides', async () => {
    const map = mapOf(['x', 0.5, 0.5], ['x', 0.2, 0.8], ['x', 0.9, 0.1]);
    const run = {
      tokens: { encoder: tokensOf('[PAD] a b') },
      blocks: [{ layers: [[map]] }],
    };
    const mask = { kind: 'padding', side: 'left', count: 1 } as const;
    const block = { stack: 'encoder', kind: 'self' } as const;
    const facts = await headFacts(smallCapture({ ...run, mask }), block);
    near(facts.current, [(0.2 + 0.1) / 2]);
    assert.equal(facts.sampledQueries, 2);
    const seen = smallCapture({ ...run, mask: { ...mask, unmasked: true } });
    assert.equal((await headFacts(seen, block)).sampledQueries, 3);
  });
});
