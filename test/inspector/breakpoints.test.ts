import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { breakpoints } from '../../src/inspector/breakpoints/breakpoints';
import type { Capture } from '../../src/inspector/capture/capture';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import type { BreakpointHit } from '../../src/protocol/breakpoints';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { mapOf, smallCapture, tokensOf } from '../support/smallCapture';

const TEXT = 'The old dog saw a bird near the river.';

const placesOf = (hits: readonly BreakpointHit[]) =>
  hits.map(({ stack, kind, layer, head, token }) => [stack, kind, layer, head, token].join(' '));

/** Two layers of one and two heads over three words. */
const small = smallCapture({
  tokens: { encoder: tokensOf('it saw it') },
  blocks: [
    {
      layers: [
        [mapOf([0.95, 0.05, 0], [0.5, 0.25, 0.25], [0, 0.25, 0.75])],
        [
          mapOf([1, 0, 0], [0.2, 0.3, 0.5], [0.25, 0.5, 0.25]),
          mapOf([0.4, 'x', 0.6], [NaN, 0.5, 0.5], [0, 0, 0.9]),
        ],
      ],
    },
  ],
});

describe('conditional breakpoints', function () {
  this.timeout(120_000);

  const hitsOf = async (condition: string) => placesOf((await breakpoints(small, condition)).hits);

  it('stop where a condition on a row holds, in the order of computation, with what they read', async () => {
    const { hits, count, places } = await breakpoints(small, 'weight(0) > .9');
    assert.deepEqual(placesOf(hits), ['encoder self 0 0 0', 'encoder self 1 0 0']);
    assert.deepEqual([count, places], [2, 9]);
    assert.ok(Math.abs((hits[0]?.values['weight(0)'] ?? 0) - 0.95) < 1e-6);
  });

  it('read keys by number, from the end and by text, entropy in bits, and what a mask blocks', async () => {
    assert.deepEqual(await hitsOf('weight(-1) >= .75'), [
      'encoder self 0 0 2',
      'encoder self 1 1 2',
    ]);
    assert.deepEqual(
      await hitsOf('weight("it") > .9'),
      ['encoder self 0 0 0', 'encoder self 1 0 0', 'encoder self 1 1 0'],
      '.4 + .6 are 1',
    );
    assert.deepEqual(await hitsOf('entropy < 0.1'), ['encoder self 1 0 0']);
    assert.deepEqual(await hitsOf('entropy == 1.5'), ['encoder self 0 0 1', 'encoder self 1 0 2']);
    assert.deepEqual(await hitsOf('score(1) < -1e9'), ['encoder self 1 1 0']);
    assert.deepEqual(await hitsOf('weight(7) > 0 or weight(7) <= 0'), [], 'no such key');
  });

  it('join conditions, and name places, tokens, sums and numbers that are none', async () => {
    assert.deepEqual(await hitsOf('mostAttended == query and not (head == 0)'), [
      'encoder self 1 1 1',
      'encoder self 1 1 2',
    ]);
    assert.deepEqual(await hitsOf('token == "saw" && weight(query - 1) > 0.3'), [
      'encoder self 0 0 1',
    ]);
    assert.deepEqual(await hitsOf('abs(sum - 1) > 0.05'), ['encoder self 1 1 2']);
    assert.deepEqual(await hitsOf('isNaN(weight(0))'), ['encoder self 1 1 1']);
    assert.deepEqual(
      await hitsOf('layer == 1 and query == 2'),
      ['encoder self 1  2'],
      'of no head',
    );
    assert.deepEqual(await hitsOf('largest > 0.9 or layer == 0 and largest == 0.5'), [
      'encoder self 0 0 0',
      'encoder self 0 0 1',
      'encoder self 1 0 0',
    ]);
  });

  for (const [condition, sentence] of [
    ['', /empty/],
    ['entropy', /is a number, not a condition/],
    ['weight(0) > ', /cannot be read/],
    ['weight > 0.9', /“weight” takes one value: weight\(…\)/],
    ['weight(0, 1) > 0.9', /takes one value/],
    ['entropy(1) > 0', /takes nothing/],
    ['score("it") > 0', /takes a number, not a text/],
    ['token > 3', /compares a text with a number/],
    ['token < "it"', /compares numbers/],
    ['not weight(0) > 0.9', /needs true or false/],
    ['largest > 1,000', /without separators/],
    ['constructor == 1', /cannot name “constructor”/],
    ['__proto__ == 1', /cannot name “__proto__”/],
    ['token.length > 2', /cannot hold properties/],
    ['process.exit(1)', /by their names/],
    ['eval("1") == 1', /cannot name “eval”/],
    ['layer = 1', /cannot hold|cannot be read/],
    ['layer | 1', /cannot hold/],
    ['[1] == 1', /cannot hold lists/],
    ['this == 1', /cannot hold “this”/],
    ['layer > 1; head > 1', /several/],
    [`${'-'.repeat(400)}1 > 0`, /nested too deeply/],
  ] as const) {
    it(`refuse ${JSON.stringify(condition.slice(0, 40))} in one sentence`, async () => {
      await assert.rejects(breakpoints(small, condition), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'inputs-wrong');
        assert.match(error.message, sentence);
        return true;
      });
    });
  }

  describe('in runs of the bundled models', () => {
    let decoder: Capture;
    let both: Capture;
    before(async () => {
      const store = new ModelStore();
      const run = (name: string, text: string, target?: string) =>
        inspect(
          {
            model: resolve('models', name),
            text,
            ...(target === undefined ? {} : { target }),
            changes: [],
            maximumTokens: 64,
          },
          store,
          () => Promise.resolve(),
        );
      decoder = await run('decoder', `${TEXT} `.repeat(6));
      both = await run('encoder-decoder', TEXT, 'The dog saw the bird.');
    });

    it('find the states that are largest, token by token, as the run has them', async () => {
      const { hiddenStates, lastResidual } = decoder.run;
      // The last hidden state has been through the final norm: no layer leaves that.
      const states = [...(hiddenStates.decoder?.slice(0, -1) ?? []), lastResidual.decoder].flatMap(
        state => state ?? [],
      );
      assert.equal(states.length, hiddenStates.decoder?.length);
      const largest = states.reduce(
        (most, { data }) => data.reduce((a, b) => Math.max(a, Math.abs(b)), most),
        0,
      );
      const limit = (largest * 0.7).toFixed(2);
      const expected: string[] = [];
      for (const [layer, { data, dims }] of states.slice(1).entries()) {
        const [, tokens = 0, width = 0] = dims;
        for (let token = 0; token < tokens; token++) {
          const vector = Array.from(data.slice(token * width, (token + 1) * width), Math.abs);
          if (Math.max(...vector) > Number(limit)) expected.push(`decoder self ${layer}  ${token}`);
        }
      }
      assert.ok(expected.length > 0);
      assert.ok(expected.length < states.length * 10, 'not all places');
      const { hits } = await breakpoints(decoder, `stateMax > ${limit}`);
      assert.deepEqual(placesOf(hits), expected);
    });

    it('find rows of every kind of attention, by its own keys', async () => {
      const { hits, count } = await breakpoints(both, 'kind == "cross" and mostAttended == 0');
      const expected = both.run.sites
        .filter(({ site }) => site.kind === 'cross')
        .flatMap(({ site, weights }) => {
          const [, heads = 0, queries = 0, keys = 0] = weights?.dims ?? [];
          return Array.from({ length: heads * queries }, (_, row) => ({ row, queries, keys }))
            .filter(({ row }) => {
              const all = [...(weights?.data.slice(row * keys, (row + 1) * keys) ?? [])];
              return all.indexOf(Math.max(...all)) === 0;
            })
            .map(({ row }) =>
              [site.stack, 'cross', site.layer, Math.floor(row / queries), row % queries].join(' '),
            );
        });
      assert.equal(count, expected.length);
      assert.deepEqual(placesOf(hits), expected.slice(0, 1000));
    });

    it('end when they are cancelled', async () => {
      const ending = breakpoints(decoder, 'largest >= 0', { ...NEVER_CANCELLED, aborted: true });
      await assert.rejects(ending, { code: 'cancelled' });
    });

    it('list a thousand at most, and count the others', async () => {
      const { hits, count, places } = await breakpoints(decoder, 'largest >= 0');
      assert.ok(places > 1000);
      assert.deepEqual([hits.length, count], [1000, places]);
    });
  });
});
