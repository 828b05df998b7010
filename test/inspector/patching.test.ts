import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Capture } from '../../src/inspector/capture/capture';
import { openCapture, saveCapture } from '../../src/inspector/capture/captureFile';
import { attribution } from '../../src/inspector/layers/attribution';
import { headAttribution } from '../../src/inspector/patching/headAttribution';
import { patching, type PatchingParams } from '../../src/inspector/patching/patching';
import { path } from '../../src/inspector/patching/path';
import { sweep, type SweepParams } from '../../src/inspector/patching/sweep';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { changesOf } from '../../src/protocol/change';
import { InspectorError, type ErrorCode } from '../../src/protocol/errors';
import type { InspectParams } from '../../src/protocol/inspector';
import type { Stack } from '../../src/protocol/model';
import {
  HEAD_PARTS,
  STATE_PARTS,
  type Measure,
  type PatchMaps,
  type PatchPart,
  type PatchRow,
  type SweepMap,
} from '../../src/protocol/patching';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { wordModel } from './support/wordModel';

/** Largest difference of a share, and of a measure relative to the larger of 1 and it. */
const SHARE = 1e-3;
const MEASURE = 1e-4;

type Rows = readonly (readonly (number | null)[])[];
interface Oracle {
  readonly text: readonly [string, string];
  readonly target?: string;
  readonly token: number;
  readonly answer: number;
  readonly other: number;
  readonly a: number;
  readonly b: number;
  readonly maps: Readonly<Record<PatchPart, Rows>>;
  readonly sweeps?: {
    readonly zero: Rows;
    readonly mean: Rows;
    readonly edges: {
      readonly query: number;
      readonly layer: number;
      readonly heads: Rows;
      readonly all: readonly (number | null)[];
    };
    readonly tokens: readonly number[];
  };
  readonly path?: {
    readonly from: readonly [number, number];
    readonly to: readonly [number, number];
    readonly query: number;
    readonly key: number;
    readonly value: number;
  };
}

const { cases } = JSON.parse(readFileSync('test/fixtures/patching/patching.json', 'utf8')) as {
  cases: Record<string, Oracle>;
};
const PARTS: readonly PatchPart[] = [...STATE_PARTS, ...HEAD_PARTS];

/** Which exports have the weights that a case was made with; parts that one does not show. */
const exports: Readonly<Record<string, readonly (readonly [string, ...PatchPart[]])[]>> = {
  gpt2: [
    ['gpt2__legacy_eager_op14'],
    ['gpt2__dynamo_eager_op18'],
    ['gpt2__dynamo_sdpa_op23', 'weights'],
    ['gpt2__past_legacy_sdpa_op17'],
  ],
  llama: [['llama__legacy_eager_op14'], ['llama__dynamo_sdpa_op18']],
  bert: [
    ['bert__legacy_eager_op14'],
    ['bert__dynamo_sdpa_op18'],
    ['bert__extdata_dynamo_sdpa_op18'],
  ],
  't5.encoder': [['t5__legacy_eager_op14'], ['t5__dynamo_eager_op18']],
  't5.cross': [['t5__legacy_eager_op14'], ['t5__dynamo_eager_op18']],
};
const bundled: Readonly<Record<string, string>> = {
  'agreement.decoder': 'models/decoder',
  'induction.decoder': 'models/decoder',
  'agreement.encoder': 'models/encoder',
  'cross.encoder-decoder': 'models/encoder-decoder',
};

const isError = (code: ErrorCode, sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof InspectorError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, sentence);
  return true;
};

describe('patching', function () {
  this.timeout(300_000);
  const store = new ModelStore();
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-patching-'))));
  after(() => rm(scratch, { recursive: true }));

  const run = (model: string, text: string, options: Partial<InspectParams> = {}) =>
    inspect({ model: resolve(model), text, maximumTokens: 512, ...options }, store, () =>
      Promise.resolve(),
    );
  const sidesOf = async (model: string, { text, target }: Oracle) => {
    const options = target === undefined ? {} : { target };
    return {
      before: await run(model, text[0], options),
      after: await run(model, text[1], options),
    };
  };
  const measureOf = ({ answer, other }: Oracle): Measure => ({
    kind: 'logitDifference',
    answer,
    other,
  });
  const patch = (
    runs: { readonly before: Capture; readonly after: Capture },
    params: PatchingParams,
    progress: (row: PatchRow) => void = () => undefined,
  ) => patching(runs, params, store, progress, NEVER_CANCELLED);
  const decoderRuns = async () => {
    const oracle = cases['agreement.decoder'];
    assert.ok(oracle);
    return { oracle, runs: await sidesOf('models/decoder', oracle) };
  };
  const ofDecoder = { parts: ['residual'], direction: 'intoB', token: 5 } as const;

  const checkMaps = (maps: PatchMaps, oracle: Oracle, without: readonly PatchPart[]) => {
    near(maps.ofA, oracle.a, MEASURE, 'A');
    near(maps.ofB, oracle.b, MEASURE, 'B');
    const difference = oracle.a - oracle.b;
    for (const part of PARTS.filter(one => !without.includes(one))) {
      const reason = maps.missing.find(one => one.part === part)?.reason;
      assert.equal(reason, undefined, `${part}: ${reason ?? ''}`);
      for (const [layer, row] of oracle.maps[part].entries()) {
        const found = maps.rows.find(one => one.part === part && one.layer === layer);
        assert.equal(found?.shares.length, row.length, `${part} ${layer}`);
        for (const [column, raw] of row.entries()) {
          const share = found.shares[column] ?? NaN;
          const place = `${part} L${layer} ${column}`;
          near(share, ((raw ?? NaN) - oracle.b) / difference, SHARE, place);
          near(oracle.b + share * difference, raw ?? NaN, MEASURE, place);
        }
      }
    }
    for (const part of without)
      assert.ok(
        maps.missing.some(one => one.part === part),
        part,
      );
  };

  const checkSweeps = async (capture: Capture, oracle: Oracle, stack: Stack) => {
    const { sweeps, token } = oracle;
    if (!sweeps) return;
    const measure = measureOf(oracle);
    const swept = (wanted: SweepParams['sweep']) =>
      sweep(
        capture,
        { sweep: wanted, measure, token, stack },
        store,
        () => undefined,
        NEVER_CANCELLED,
      );
    const check = (map: SweepMap, rows: Rows, what: string) => {
      assert.deepEqual(map.missing, [], what);
      assert.deepEqual([map.rows, map.columns], [rows.length, rows[0]?.length], what);
      for (const [i, expected] of rows.flat().entries()) {
        const effect = map.effects[i] ?? NaN;
        if (expected === null) assert.ok(!(Math.abs(effect) > 0), `${what} ${i}: ${effect}`);
        else near(map.plain + effect, expected, MEASURE, `${what} ${i}`);
      }
    };
    check(await swept({ kind: 'heads', how: 'zero' }), sweeps.zero, 'zero');
    check(await swept({ kind: 'heads', how: 'mean' }), sweeps.mean, 'mean');
    const { query, layer, heads, all } = sweeps.edges;
    check(await swept({ kind: 'edges', query, layer }), heads, 'edges of a layer');
    check(await swept({ kind: 'edges', query }), [all], 'edges of all layers');
    check(await swept({ kind: 'tokens' }), [sweeps.tokens], 'tokens');
  };

  const checkPath = async (
    runs: { readonly before: Capture; readonly after: Capture },
    oracle: Oracle,
    stack: Stack,
  ) => {
    if (!oracle.path) return;
    const [from, to] = [oracle.path.from, oracle.path.to].map(([layer, head]) => ({ layer, head }));
    assert.ok(from && to);
    const { token, a, b } = oracle;
    const effects = await path(
      runs,
      { stack, from, to, direction: 'intoB', measure: measureOf(oracle), token },
      store,
      NEVER_CANCELLED,
    );
    assert.deepEqual(
      effects.map(({ into }) => into),
      ['query', 'key', 'value'],
    );
    for (const { into, share } of effects) {
      near(share, (oracle.path[into] - b) / (a - b), SHARE, `path into ${into}`);
    }
  };

  describe('gives what PyTorch hooks give:', () => {
    for (const [name, folders] of Object.entries(exports)) {
      const oracle = cases[name];
      const stack: Stack = name === 'bert' || name === 't5.encoder' ? 'encoder' : 'decoder';
      for (const [folder, ...without] of folders) {
        it(`${name}, ${folder}`, async () => {
          assert.ok(oracle);
          const { token } = oracle;
          const runs = await sidesOf(wordModel(scratch, folder), oracle);
          const params = {
            parts: PARTS,
            direction: 'intoB',
            measure: measureOf(oracle),
            token,
          } as const;
          const kind = name === 't5.cross' ? 'cross' : 'self';
          checkMaps(await patch(runs, { ...params, stack, kind }), oracle, without);
          if (without.length > 0) return;
          await checkSweeps(runs.before, oracle, stack);
          await checkPath(runs, oracle, stack);
        });
      }
    }
    for (const [name, model] of Object.entries(bundled)) {
      it(name, async () => {
        const oracle = cases[name];
        assert.ok(oracle);
        const { token } = oracle;
        const runs = await sidesOf(model, oracle);
        const stack: Stack = model === 'models/decoder' ? 'decoder' : 'encoder';
        const params = {
          parts: PARTS,
          direction: 'intoB',
          measure: measureOf(oracle),
          token,
        } as const;
        checkMaps(await patch(runs, { ...params, stack }), oracle, []);
        await checkSweeps(runs.before, oracle, stack);
        await checkPath(runs, oracle, stack);
      });
    }
  });

  it('rows come from the last layer to the first, each part by part', async () => {
    const { oracle, runs } = await decoderRuns();
    const rows: PatchRow[] = [];
    const parts = ['feedForwardOutput', 'residual'] as const;
    const maps = await patch(runs, { ...ofDecoder, parts, measure: measureOf(oracle) }, row => {
      rows.push(row);
    });
    assert.deepEqual(maps.rows, rows);
    assert.deepEqual(
      rows.map(({ part, layer }) => [part, layer]),
      [5, 4, 3, 2, 1, 0].flatMap(layer => parts.map(part => [part, layer])),
    );
    // What comes before the word that differs is the same in both runs, and not run again.
    assert.ok(rows.every(({ shares }) => shares[0] === 0 && shares[1] === 0));
    assert.equal(maps.patches, 5 * 4 + 1 + 6 * 4);
    assert.equal(maps.batches, 6);
  });

  it('the other direction restores the other run', async () => {
    const { oracle, runs } = await decoderRuns();
    const measure = measureOf(oracle);
    const into = await patch(runs, { ...ofDecoder, measure, direction: 'intoA' });
    const exchanged = await patch(
      { before: runs.after, after: runs.before },
      { ...ofDecoder, measure, direction: 'intoB' },
    );
    assert.deepEqual([into.ofA, into.ofB], [exchanged.ofB, exchanged.ofA]);
    for (const [i, { shares }] of into.rows.entries()) {
      assert.deepEqual(shares, exchanged.rows[i]?.shares);
    }
    // All of A's difference lies in one word: its embedding brings all of it back.
    near(into.rows.at(-1)?.shares[2] ?? NaN, 1, SHARE, 'embedding');
  });

  it('measures the probability of a token, and KL to the run that is restored', async () => {
    const { oracle, runs } = await decoderRuns();
    const { answer } = oracle;
    const probability = await patch(runs, {
      ...ofDecoder,
      measure: { kind: 'probability', answer },
    });
    near(probability.ofA, 0.2904851942962523, 1e-4, 'p of A');
    near(probability.ofB, 0.0006382541715221162, 1e-6, 'p of B');
    const kl = await patch(runs, { ...ofDecoder, measure: { kind: 'divergence' } });
    assert.equal(kl.ofA, 0);
    assert.ok(kl.ofB > 1);
    near(kl.rows.at(-1)?.shares[2] ?? NaN, 1, SHARE, 'embedding');
    const into = await patch(runs, {
      ...ofDecoder,
      direction: 'intoA',
      measure: { kind: 'divergence' },
    });
    assert.equal(into.ofB, 0);
    assert.ok(into.ofA > 1 && Math.abs(into.ofA - kl.ofB) > 0.1, 'KL is not symmetric');
  });

  it('heads add up to what their layer adds to the logits', async () => {
    const { oracle, runs } = await decoderRuns();
    const { answer, other } = oracle;
    const capture = runs.before;
    const measure = measureOf(oracle);
    const found = await headAttribution(capture, { measure, token: 5 }, store);
    const layersOf = async (id: number) =>
      (await attribution(capture, { capture: '', token: 5, id }, store)).layers;
    const [ofAnswer, ofOther] = [await layersOf(answer), await layersOf(other)];
    assert.deepEqual([found.layers, found.heads, found.missing], [6, 4, []]);
    for (let layer = 0; layer < 6; layer++) {
      const heads = found.direct.subarray(layer * 4, layer * 4 + 4);
      const whole = (ofAnswer[layer]?.attention ?? NaN) - (ofOther[layer]?.attention ?? NaN);
      near(
        heads.reduce((sum, head) => sum + head, 0),
        whole,
        1e-4,
        `layer ${layer}`,
      );
    }
    assert.ok((found.direct[5 * 4 + 2] ?? 0) > 2, 'the head that reads the subject');
    const one = await headAttribution(
      capture,
      { measure: { kind: 'probability', answer }, token: 5 },
      store,
    );
    assert.notDeepEqual(one.direct, found.direct);
    await assert.rejects(
      headAttribution(capture, { measure: { kind: 'divergence' }, token: 5 }, store),
      isError('inputs-wrong', /no sum/),
    );
  });

  it('random vectors are the same each time, and do less than the head that matters', async () => {
    const { oracle, runs } = await decoderRuns();
    const swept = () =>
      sweep(
        runs.before,
        { sweep: { kind: 'heads', how: 'zero' }, measure: measureOf(oracle), token: 5 },
        store,
        () => undefined,
        NEVER_CANCELLED,
      );
    const [map, again] = [await swept(), await swept()];
    assert.deepEqual(again.random, map.random);
    assert.equal(map.random?.length, 24);
    assert.ok(map.random.every(Number.isFinite));
    const at = 5 * 4 + 2;
    assert.ok(Math.abs(map.effects[at] ?? 0) > 3 * Math.abs(map.random[at] ?? NaN));
  });

  it('the only key of a query cannot be taken from it, and what is blocked changes nothing', async () => {
    const { oracle, runs } = await decoderRuns();
    for (const layer of [{}, { layer: 2 }]) {
      const map = await sweep(
        runs.before,
        { sweep: { kind: 'edges', query: 0, ...layer }, measure: measureOf(oracle), token: 5 },
        store,
        () => undefined,
        NEVER_CANCELLED,
      );
      for (const [i, effect] of map.effects.entries()) {
        if (i % 6 === 0) assert.ok(Number.isNaN(effect), `${i}`);
        else assert.equal(effect, 0, `${i}`);
      }
    }
  });

  it('stops between two calls of the runtime', async () => {
    const { oracle, runs } = await decoderRuns();
    const rows: PatchRow[] = [];
    const signal = { aborted: false, addEventListener: () => undefined };
    await assert.rejects(
      patching(
        runs,
        { ...ofDecoder, parts: PARTS, measure: measureOf(oracle) },
        store,
        row => {
          rows.push(row);
          signal.aborted = rows.length === 2 * PARTS.length;
        },
        signal,
      ),
      isError('cancelled', /Patching was cancelled/),
    );
    assert.equal(rows.length, 2 * PARTS.length);
  });

  it('a sweep gives the same in several batches, and stops between two of them', async () => {
    const { oracle, runs } = await decoderRuns();
    const model = await store.model(resolve('models/decoder'));
    const pieces = model.pieces();
    const [rows, outputs] = [pieces.rows.bind(pieces), pieces.outputs.bind(pieces)];
    const sizes: number[] = [];
    const signal = { aborted: false, addEventListener: () => undefined };
    const swept = (wanted: SweepParams['sweep']) =>
      sweep(
        runs.before,
        { sweep: wanted, measure: measureOf(oracle), token: oracle.token },
        store,
        () => undefined,
        signal,
      );
    const all = [
      { kind: 'edges', query: 5, layer: 2 },
      { kind: 'edges', query: 5 },
      { kind: 'tokens' },
    ] as const;
    const expected = [
      [5, 5, 5, 5, 4],
      [5, 1],
      [5, 1],
    ];
    try {
      for (const [i, wanted] of all.entries()) {
        const whole = await swept(wanted);
        pieces.rows = () => 5;
        pieces.outputs = async (...given) => {
          sizes.push(given[1]);
          return outputs(...given);
        };
        const parts = await swept(wanted);
        const cells = whole.rows * whole.columns;
        assert.equal(
          sizes.reduce((sum, size) => sum + size, 0),
          cells,
        );
        assert.deepEqual(sizes, expected[i]);
        for (const [cell, effect] of whole.effects.entries()) {
          near(parts.effects[cell] ?? NaN, effect, MEASURE, `${wanted.kind} ${cell}`);
        }
        sizes.length = 0;
        pieces.outputs = async (...given) => {
          const found = await outputs(...given);
          sizes.push(given[1]);
          signal.aborted = true;
          return found;
        };
        await assert.rejects(swept(wanted), isError('cancelled', /The sweep was cancelled/));
        assert.deepEqual(sizes, [5]);
        Object.assign(pieces, { rows, outputs });
        [sizes.length, signal.aborted] = [0, false];
      }
    } finally {
      Object.assign(pieces, { rows, outputs });
    }
  });

  describe('says clearly what cannot be had:', () => {
    it('texts of unequal lengths, of two models, and equal ones', async () => {
      const { oracle, runs } = await decoderRuns();
      const params = { ...ofDecoder, measure: measureOf(oracle) };
      const longer = await run('models/decoder', 'The old dog near the house');
      await assert.rejects(
        patch({ before: runs.before, after: longer }, params),
        isError('inputs-wrong', /^6 and 7 tokens: /),
      );
      const other = await run('models/encoder', oracle.text[0]);
      await assert.rejects(
        patch({ before: runs.before, after: other }, params),
        isError('inputs-wrong', /runs of one model/),
      );
      await assert.rejects(
        patch({ before: runs.before, after: runs.before }, params),
        isError('inputs-wrong', /^Both texts give the same there/),
      );
      await assert.rejects(
        patch(runs, { ...params, measure: { kind: 'divergence' }, token: 1 }),
        isError('inputs-wrong', /^Both texts give the same there/),
      );
    });

    it('tokens, entries and layers that are not there', async () => {
      const { oracle, runs } = await decoderRuns();
      const params = { ...ofDecoder, measure: measureOf(oracle) };
      await assert.rejects(patch(runs, { ...params, token: 6 }), isError('internal', /no token 6/));
      const measure = { kind: 'probability', answer: 1e6 } as const;
      await assert.rejects(
        patch(runs, { ...params, measure }),
        isError('internal', /no vocabulary entry/),
      );
      const same = { kind: 'logitDifference', answer: 9, other: 9 } as const;
      await assert.rejects(
        patch(runs, { ...params, measure: same }),
        isError('inputs-wrong', /always 0/),
      );
      const edges = { kind: 'edges', query: 9 } as const;
      await assert.rejects(
        sweep(
          runs.before,
          { sweep: edges, measure: params.measure, token: 5 },
          store,
          () => undefined,
          NEVER_CANCELLED,
        ),
        isError('inputs-wrong', /no token 9/),
      );
      const ends = [
        [{ layer: 3, head: 0 }, { layer: 3, head: 1 }, /later layer/],
        [{ layer: 0, head: 4 }, { layer: 3, head: 1 }, /no head L0H4/],
      ] as const;
      for (const [from, to, sentence] of ends) {
        await assert.rejects(
          path(runs, { ...params, stack: 'decoder', from, to }, store, NEVER_CANCELLED),
          isError('inputs-wrong', sentence),
        );
      }
    });

    it('captures of files, models without logits, and runs whose computation was changed', async () => {
      const { oracle, runs } = await decoderRuns();
      const params = { ...ofDecoder, measure: measureOf(oracle) };
      const file = join(scratch, 'run.safetensors');
      await saveCapture(runs.before, file);
      const saved = await openCapture(file);
      await assert.rejects(
        patch({ before: saved, after: saved }, params),
        isError('not-captured', /holds no weights/),
      );
      const masked = await run('models/decoder', oracle.text[0], {
        changes: changesOf({ mask: { kind: 'window', before: 2, after: 0 } }),
      });
      await assert.rejects(
        patch({ before: masked, after: runs.after }, params),
        isError('not-captured', /made with another mask/),
      );
      const changed = await run('models/decoder', oracle.text[0], {
        changes: [
          {
            kind: 'intervention',
            at: { point: 'token', tokens: [2] },
            how: { zero: true },
            on: false,
          },
        ],
      });
      assert.equal((await patch({ before: changed, after: runs.after }, params)).rows.length, 6);
      const features = wordModel(scratch, 'bert__features_legacy_eager_op17');
      const without = await run(features, 'the cat sat');
      await assert.rejects(
        patch({ before: without, after: without }, params),
        isError('not-captured', /gives no logits/),
      );
    });

    it('an output that is no number', async () => {
      const { oracle, runs } = await decoderRuns();
      const { summary, run: whole } = runs.before;
      assert.ok(whole.logits);
      const logits = { ...whole.logits, data: whole.logits.data.map(() => NaN) };
      const broken = new Capture(summary, { ...whole, logits }, () => Promise.resolve(whole));
      await assert.rejects(
        patch({ before: broken, after: runs.after }, { ...ofDecoder, measure: measureOf(oracle) }),
        isError('not-captured', /token 5 is not a number/),
      );
    });

    it('layers whose weights lie inside an operator: the others are patched', async () => {
      const oracle = cases.gpt2;
      assert.ok(oracle);
      const runs = await sidesOf(wordModel(scratch, 'gpt2__dynamo_sdpa_op23'), oracle);
      const { token } = oracle;
      const parts = ['weights', 'headOutput'] as const;
      const maps = await patch(runs, {
        parts,
        direction: 'intoB',
        measure: measureOf(oracle),
        token,
      });
      assert.deepEqual(
        maps.rows.map(({ part }) => part),
        ['headOutput', 'headOutput'],
      );
      assert.deepEqual(
        maps.missing.map(({ part }) => part),
        ['weights'],
      );
      assert.match(maps.missing[0]?.reason ?? '', /inside Attention/);
    });
  });
});

function near(found: number, expected: number, tolerance: number, what: string): void {
  const limit = tolerance * Math.max(1, Math.abs(expected));
  const difference = Math.abs(found - expected);
  assert.ok(difference <= limit, `${what}: ${found}, not ${expected}`);
}
