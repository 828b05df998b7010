import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { distanceScores } from '../../src/inspector/positions/distanceScores';
import { orderEffect } from '../../src/inspector/positions/orderEffect';
import { positions } from '../../src/inspector/positions/positions';
import { changesOf } from '../../src/protocol/change';

const TEXT = 'I am happy.';

interface Report {
  readonly order?: { readonly order?: readonly number[]; readonly positions: string };
  readonly positions: {
    readonly schemes: readonly {
      readonly stack: string;
      readonly notes: readonly string[];
      readonly scheme: { readonly kind: string; readonly [name: string]: unknown };
    }[];
    readonly distances: readonly {
      readonly stack: string;
      readonly layer: number;
      readonly head: number;
      readonly missing?: string;
      readonly withPosition: readonly (number | null)[];
      readonly withoutPosition: readonly (number | null)[];
      readonly pairs: readonly number[];
    }[];
  };
  readonly orderEffect?: readonly {
    readonly moved: readonly (readonly number[])[];
    readonly kl: readonly number[];
  }[];
}

function cli(...args: string[]) {
  const command = ['--import', 'tsx', 'src/inspector/cli.ts', 'inspect', ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 2 ** 28 });
}

describe('inspect --positions', function () {
  this.timeout(300_000);
  const store = new ModelStore();
  const model = resolve('models/encoder-decoder');
  const run = () => inspect({ model, text: TEXT, maximumTokens: 64 }, store, async () => undefined);

  it('prints the numbers that the views get', async () => {
    const { status, stdout } = cli('--model', model, '--text', TEXT, '--json', '--positions');
    assert.equal(status, 0);
    const report = (JSON.parse(stdout) as Report).positions;
    const capture = await run();
    for (const [i, stack] of (['encoder', 'decoder'] as const).entries()) {
      const { scheme, notes } = await positions(capture, stack, store);
      assert.ok(scheme.kind === 'relativeBias');
      const found = report.schemes[i];
      assert.deepEqual([found?.stack, found?.notes], [stack, notes]);
      assert.equal(found?.scheme.kind, scheme.kind);
      const bias = (found.scheme.bias as (number | null)[][]).flat();
      assert.deepEqual(
        bias,
        [...scheme.bias].map(value => (Number.isNaN(value) ? null : value)),
      );
    }
    const tokens = capture.summary.tokens.encoder?.length ?? 0;
    assert.equal(report.distances.length, 2 * 4 * 4);
    const head = report.distances.find(({ layer, head }) => layer === 2 && head === 3);
    const where = { capture: '', stack: 'encoder', kind: 'self', layer: 2, head: 3 } as const;
    const own = await distanceScores(capture, where, store);
    assert.deepEqual(head?.withPosition, [...own.withPosition]);
    assert.deepEqual(head.withoutPosition, [...own.withoutPosition]);
    assert.deepEqual(head.pairs, [...own.pairs]);
    assert.equal(head.pairs[tokens - 1], tokens);
    // The decoder reads its start token only.
    const missing = report.distances.find(({ stack }) => stack === 'decoder')?.missing;
    assert.match(missing ?? '', /One token has no distance/);
  });

  it('prints what another order did, beside the plain run', async () => {
    const plain = await run();
    const order = (plain.summary.tokens.encoder ?? []).map((_, i) => i);
    order.reverse();
    const args = ['--text', TEXT, '--json', '--positions', '--order', order.join()];
    const { status, stdout } = cli('--model', model, ...args);
    assert.equal(status, 0);
    const report = JSON.parse(stdout) as Report;
    assert.deepEqual(report.order, { order, positions: 'own' });
    const params = {
      model,
      text: TEXT,
      maximumTokens: 64,
      changes: changesOf({ order: { order, positions: 'own' } }),
    };
    const after = await inspect(params, store, async () => undefined);
    const block = { stack: 'encoder', kind: 'self' } as const;
    const { moved, kl } = await orderEffect(plain, after, block);
    assert.deepEqual(report.orderEffect?.[0]?.moved.flat(), [...moved]);
    assert.deepEqual(report.orderEffect[0].kl, [...(kl ?? [])]);
  });

  const misused: [string, string[], RegExp][] = [
    ['--positions without JSON', ['--text', 'x', '--positions'], /--positions goes with --json/],
    ['an order of words', ['--text', 'x', '--order', 'b,a'], /--order takes token,token/],
    ['an order of raw inputs', ['--inputs', 'x', '--order', '1,0'], /go with --text/],
  ];
  for (const [what, args, sentence] of misused) {
    it(`refuses ${what}`, () => {
      const { status, stderr } = cli('--model', 'x', ...args);
      assert.equal(status, 2);
      assert.match(stderr, sentence);
    });
  }
});
