import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Capture } from '../../src/inspector/capture/capture';
import { difference } from '../../src/inspector/capture/difference';
import { headFacts } from '../../src/inspector/capture/headFacts';
import { divergence, predictions } from '../../src/inspector/capture/outputs';
import { shares } from '../../src/inspector/capture/shares';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { near } from '../support/smallCapture';

/** Largest difference from what follows from Hugging Face eager attention. */
const TOLERANCE = 1e-4;

type Facts = Record<
  | 'entropy'
  | 'uniformity'
  | 'previous'
  | 'current'
  | 'next'
  | 'local'
  | 'duplicate'
  | 'induction'
  | 'mostAttended'
  | 'received',
  number | null
> & { readonly role: string };

interface Reference {
  readonly class: string;
  readonly cases: Record<
    string,
    {
      readonly text: string;
      readonly ids: number[];
      readonly rollout: Record<string, number[][]>;
      readonly shares: number[][];
      readonly facts: Facts[][];
    }
  >;
}

const store = new ModelStore();
const quiet = () => Promise.resolve();
const run = (model: string, text: string, memoryBudget?: number): Promise<Capture> =>
  inspect(
    {
      model: resolve('models', model),
      text,
      maximumTokens: 512,
      ...(memoryBudget === undefined ? {} : { memoryBudget }),
    },
    store,
    quiet,
  );
const long =
  'The keepers climbed the stairs, lit a small fire beside the window, and waited there. '.repeat(
    8,
  );

for (const stack of ['encoder', 'decoder'] as const) {
  const reference = JSON.parse(
    readFileSync(`test/fixtures/analysis/${stack}.json`, 'utf8'),
  ) as Reference;
  const block = { stack, kind: 'self' } as const;

  describe(`analysis of models/${stack} against Hugging Face ${reference.class}`, () => {
    for (const [name, expected] of Object.entries(reference.cases)) {
      it(`“${name}”: rollout, shares and the facts of every head`, async () => {
        const capture = await run(stack, expected.text);
        assert.deepEqual(
          capture.summary.tokens[stack]?.map(({ id }) => id),
          expected.ids,
        );
        for (const [layer, rows] of Object.entries(expected.rollout)) {
          const choice = { block, layer: Number(layer), head: 'rollout' } as const;
          near((await capture.weights(choice)).weights, rows.flat(), TOLERANCE);
        }
        near((await shares(capture, block)).parts, expected.shares.flat(), TOLERANCE);

        const facts = await headFacts(capture, block);
        const heads = expected.facts.flat();
        assert.deepEqual(
          facts.roles,
          heads.map(({ role }) => role),
        );
        const column = (of: keyof Facts) => heads.map(head => Number(head[of] ?? NaN));
        for (const measure of ['entropy', 'previous', 'current', 'next', 'received'] as const) {
          near(facts[measure], column(measure), TOLERANCE);
        }
        near(facts.mostAttended, column('mostAttended'));
        const scores = heads.map(head => scoreOf(head));
        near(facts.scores, scores, TOLERANCE);
        assert.equal(facts.sampledQueries, expected.ids.length);
      });
    }

    it('measures sampled queries of a text whose maps were not kept, and says how many', async () => {
      const kept = await run(stack, long);
      const lean = await run(stack, long, 1);
      const [all, some] = [await headFacts(kept, block), await headFacts(lean, block)];
      assert.ok(all.sampledQueries > 64);
      assert.equal(some.sampledQueries, 64);
      const changes = some.entropy.map((bits, i) => Math.abs(bits - (all.entropy[i] ?? NaN)));
      assert.ok(Math.max(...changes) < 1, 'the mean of a sample is near the mean of all');
      const [a, b] = [await shares(kept, block), await shares(lean, block)];
      near(b.parts, [...a.parts], 0.06);
    });

    it('lets the process answer while it measures', async () => {
      const capture = await run(stack, long);
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      await headFacts(capture, block);
      await capture.map({ block, layer: 5, head: 'rollout' });
      clearInterval(timer);
      assert.ok(turns > 3, `${turns} turns`);
    });

    it('compares a run with itself: nothing moved, and probabilities sum to at most 1', async () => {
      const text = reference.cases['tiger']?.text ?? '';
      const [a, b] = [await run(stack, text), await run(stack, text)];
      const tokenizer = await store.tokenizer(resolve('models', stack));
      const moved = await difference(a, b, { before: '', after: '', block, layer: 2, head: 'max' });
      assert.equal(moved.limit, 0);
      const { kl, flipped } = await divergence(a, b);
      near(kl, [...kl].fill(0));
      assert.ok(flipped.every(flip => flip === 0));
      const { best } = predictions(a, tokenizer, 4, 10);
      const probabilities = best.map(({ probability }) => probability);
      assert.deepEqual(
        probabilities,
        [...probabilities].sort((x, y) => y - x),
      );
      assert.ok(probabilities.reduce((sum, p) => sum + p, 0) <= 1 + 1e-12);
      assert.ok(best.every(({ text: token }) => !/^#\d+$/.test(token) && !token.includes('Ġ')));
    });
  });
}

/** What the rule of a role looks at. */
function scoreOf({ role, ...measures }: Facts): number {
  const by: Record<string, keyof typeof measures> = { sink: 'received', uniform: 'uniformity' };
  if (role === 'none') return NaN;
  return Number(measures[by[role] ?? (role as keyof typeof measures)]);
}
