import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { distanceScores } from '../../src/inspector/positions/distanceScores';
import { positions } from '../../src/inspector/positions/positions';
import { readSafetensors, toFloat32 } from '../../src/inspector/files/safetensors';
import type { CaptureSummary } from '../../src/protocol/capture';
import { changesOf, type OrderChange } from '../../src/protocol/change';
import type { Stack } from '../../src/protocol/model';
import type { Positions } from '../../src/protocol/positions';
import type { Capture } from '../../src/inspector/capture/capture';
import { wordModel } from './support/wordModel';

/** Largest difference from Hugging Face's modules. */
const TOLERANCE = 1e-5;
/** The same of what a whole run leads to, relative to the larger of 1 and the largest value. */
const RUN_TOLERANCE = 1e-4;

interface Case {
  readonly graph: string;
  readonly text: string;
  readonly layer: number;
  readonly head: number;
  readonly order: readonly number[];
  readonly schemes: {
    readonly [S in Stack]?: {
      readonly kind: string;
      readonly isInterleaved?: boolean;
      readonly layer?: number;
      readonly scaling?: number;
      readonly reach?: number;
      readonly buckets?: number;
    };
  };
}
interface Reference {
  readonly logits: readonly number[];
  readonly cases: Readonly<Record<string, Case>>;
}

const folder = resolve('test/fixtures/positions');
const reference = JSON.parse(readFileSync(join(folder, 'positions.json'), 'utf8')) as Reference;
const expected = readSafetensors(readFileSync(join(folder, 'positions.safetensors')));

describe('positions', function () {
  this.timeout(300_000);
  const store = new ModelStore();
  const opened = new Map<string, Promise<Capture>>();
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-positions-'))));
  after(() => rm(scratch, { recursive: true }));

  const run = ({ graph, text }: Case, order?: OrderChange) => {
    const fixture = relative('test/fixtures/onnx', graph);
    const model = graph.startsWith('models/')
      ? resolve(graph)
      : wordModel(scratch, fixture, basename(graph));
    const params = { model, text, maximumTokens: 64, changes: changesOf({ order }) };
    return inspect(params, store, () => Promise.resolve());
  };
  const plain = (name: string, one: Case) => {
    const known = opened.get(name) ?? run(one);
    opened.set(name, known);
    return known;
  };

  for (const [name, one] of Object.entries(reference.cases)) {
    describe(`of ${name}`, () => {
      for (const [stack, facts] of Object.entries(one.schemes)) {
        it(`are those of Hugging Face: ${facts.kind} in the ${stack}`, async () => {
          const found = await positions(await plain(name, one), stack as Stack, store);
          assert.equal(found.scheme.kind, facts.kind);
          const error = checkScheme(`${name}.${stack}`, found, facts);
          console.log(`        worst: ${error.toExponential(1)}`);
        });
      }

      it('are taken from the scores of a head', async () => {
        const capture = await plain(name, one);
        const [stack = 'encoder'] = capture.summary.model.stacks;
        const { layer, head } = one;
        const where = { capture: '', stack, kind: 'self' as const, layer, head };
        const found = await distanceScores(capture, where, store);
        assert.equal(found.firstDistance, 1 - one.order.length);
        const errors = [
          worst(found.withPosition, `${name}.with`),
          worst(found.withoutPosition, `${name}.without`),
        ];
        console.log(`        worst: ${errors.map(error => error.toExponential(1)).join(', ')}`);
        for (const error of errors) assert.ok(error <= RUN_TOLERANCE, String(error));
        assert.notDeepEqual(found.withPosition, found.withoutPosition);
      });

      it('can be made equal, and tokens reordered', async () => {
        const equal = await run(one, { positions: 'equal' });
        const reordered = await run(one, { order: one.order, positions: 'own' });
        const errors = [
          worst(logits(equal), `${name}.equal.logits`),
          worst(logits(reordered), `${name}.reordered.logits`),
        ];
        console.log(`        worst: ${errors.map(error => error.toExponential(1)).join(', ')}`);
        for (const error of errors) assert.ok(error <= RUN_TOLERANCE, String(error));
      });
    });
  }

  describe('of the same weights in other files', () => {
    const tolerances: Readonly<Record<string, number>> = {
      bert__extdata_dynamo_sdpa_op18: TOLERANCE,
      bert__fp16_legacy_eager_op14: 2e-3,
      bert__fusedAttention_handbuilt_op17: TOLERANCE,
      bert__int8dyn_legacy_eager_op14: 2e-2,
      bert__obfuscated_legacy_eager_op14: TOLERANCE,
      bert__unoptimized_dynamo_sdpa_op18: TOLERANCE,
    };
    for (const [name, tolerance] of Object.entries(tolerances)) {
      it(`are the same: ${name}`, async () => {
        const bert = reference.cases.bert;
        assert.ok(bert);
        const capture = await run({ ...bert, graph: `test/fixtures/onnx/${name}` });
        const { scheme } = await positions(capture, 'encoder', store);
        assert.ok(scheme.kind === 'learned');
        assert.ok(difference(scheme.table.values, 'bert.encoder.table') <= tolerance);
      });
    }
  });

  describe('say', () => {
    const sentences: [string, Stack, RegExp][] = [
      ['gemma3', 'decoder', /^In layer 1, the base is 1,000,000 instead\.$/],
      ['modernbert', 'encoder', /^In layer 1, the base is 10,000 instead\.$/],
      ['opt', 'decoder', /gets row 2 of the stored table/],
      ['t5', 'encoder', /^One bias is shared by layers 0 and 1\.$/],
      ['decoder', 'decoder', /trained on texts of up to 128 tokens/],
      ['llama_linear', 'decoder', /^All positions are divided by 4 before they become angles/],
      ['llama_llama3', 'decoder', /^Its frequencies were scaled by 8 \(llama3\)/],
      ['llama_yarn', 'decoder', /made 1\.139 times as long, so their scores 1\.296 times as large/],
    ];
    for (const [name, stack, sentence] of sentences) {
      it(`what people should know of ${name}`, async () => {
        const one = reference.cases[name];
        assert.ok(one);
        const { notes } = await positions(await plain(name, one), stack, store);
        assert.ok(
          notes.some(note => sentence.test(note)),
          notes.join('\n'),
        );
      });
    }

    it('which base the frequencies are powers of, and how they were scaled', async () => {
      const found: Record<string, unknown> = {};
      for (const name of ['decoder', 'gptj', 'llama_linear', 'llama_llama3', 'llama_yarn']) {
        const one = reference.cases[name];
        assert.ok(one);
        const { scheme } = await positions(await plain(name, one), 'decoder', store);
        assert.ok(scheme.kind === 'rotary');
        found[name] = [scheme.base, scheme.scaling, scheme.rotaryDim, scheme.headDim];
      }
      assert.deepEqual(found, {
        decoder: [10_000, undefined, 32, 32],
        gptj: [10_000, undefined, 4, 6],
        llama_linear: [10_000, 'linear', 6, 6],
        llama_llama3: [undefined, 'llama3', 6, 6],
        llama_yarn: [undefined, 'yarn', 6, 6],
      });
    });
  });

  describe('of a graph written by hand', () => {
    const graph = (name: string): Case => ({
      graph: `test/fixtures/positions/onnx/${name}`,
      text: 'the cat sat on the mat and it was warm',
      layer: 0,
      head: 0,
      order: [],
      schemes: {},
    });

    it('are read where it computes its sines', async () => {
      const { scheme, notes } = await positions(await run(graph('sines')), 'encoder', store);
      assert.ok(scheme.kind === 'sinusoidal');
      close(scheme.table.values.subarray(0, 16 * 15), 'sines.table');
      assert.match(notes.join(' '), /computes its sines for as many positions/);
      const equal = await run(graph('sines'), { positions: 'equal' });
      assert.ok(worst(logits(equal), 'sines.equal.logits') <= RUN_TOLERANCE);
    });

    it('are none where nothing but the mask tells tokens apart', async () => {
      const capture = await run(graph('nope'));
      const { scheme, layers } = await positions(capture, 'decoder', store);
      assert.deepEqual([scheme, layers], [{ kind: 'none' }, [0, 1]]);
      const equal = await run(graph('nope'), { positions: 'equal' });
      assert.ok(worst(logits(equal), 'nope.equal.logits') <= RUN_TOLERANCE);
      assert.deepEqual(equal.run.logits?.data, capture.run.logits?.data);
    });

    it('are refused where they come in a way that it does not show', async () => {
      const capture = await run(graph('ramp'));
      await assert.rejects(
        positions(capture, 'encoder', store),
        /positions of ramp cannot be shown: its encoder tells tokens apart by their place/,
      );
      await assert.rejects(
        run(graph('ramp'), { positions: 'equal' }),
        /cannot be given equal positions: .* goes on telling its tokens apart by their place/,
      );
    });
  });
});

/** Compares a scheme's numbers, and returns the largest difference. */
function checkScheme(
  name: string,
  { scheme, notes }: Positions,
  facts: NonNullable<Case['schemes'][Stack]>,
): number {
  switch (scheme.kind) {
    case 'learned':
    case 'sinusoidal': {
      const { first, rows, dims, values, total } = scheme.table;
      const entry = expected.get(`${name}.table`);
      assert.deepEqual([rows, dims], entry?.dims);
      assert.deepEqual([first, total], [0, rows]);
      return close(values, `${name}.table`);
    }
    case 'rotary': {
      assert.equal(scheme.isInterleaved, facts.isInterleaved);
      assert.equal(scheme.rotaryDim, 2 * scheme.frequencies.length);
      const times = facts.scaling === 1 ? undefined : facts.scaling?.toPrecision(4);
      const note = notes.find(text => text.includes('times as long'));
      assert.equal(note?.match(/made ([\d.]+) times/)?.[1], times);
      return close(scheme.frequencies, `${name}.frequencies`);
    }
    case 'relativeBias': {
      const { reach = 0, buckets } = facts;
      assert.deepEqual([scheme.buckets, scheme.maxDistance], [buckets, reach]);
      const distances = scheme.bias.length / scheme.heads;
      const from = -reach - scheme.firstDistance;
      const bias = Array.from({ length: scheme.heads }, (_, head) => {
        const start = head * distances + from;
        return [...scheme.bias.subarray(start, start + 2 * reach + 1)];
      });
      return close(Float32Array.from(bias.flat()), `${name}.bias`);
    }
    case 'alibi':
      return close(scheme.slopes, `${name}.slopes`);
    case 'none':
      assert.fail('No family is without positions.');
  }
}

/** Logits of the compared ids at each token of the last stack. */
function logits({ run, summary }: Capture): Float32Array {
  const { dims = [], data = new Float32Array() } = run.logits ?? {};
  const width = dims[2] ?? 0;
  const count = lastTokens(summary);
  const rows = Array.from({ length: count }, (_, row) => row);
  return Float32Array.from(
    rows.flatMap(row => reference.logits.map(id => data[row * width + id] ?? NaN)),
  );
}

function lastTokens({ model, tokens }: CaptureSummary): number {
  return tokens[model.stacks.at(-1) ?? 'encoder']?.length ?? 0;
}

/** Asserts that numbers are those of the reference, NaN where it has NaN. */
function close(ours: Float32Array, name: string): number {
  const error = difference(ours, name);
  assert.ok(error <= TOLERANCE, `${name} differs by ${error}`);
  return error;
}

/** Largest difference, relative to the larger of 1 and the largest number. */
function worst(ours: Float32Array, name: string): number {
  const entry = expected.get(name);
  const theirs = entry ? toFloat32(entry) : new Float32Array();
  const numbers = theirs.filter(value => !Number.isNaN(value));
  const largest = numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return difference(ours, name) / largest;
}

function difference(ours: Float32Array, name: string): number {
  const entry = expected.get(name);
  assert.ok(entry, `${name} is missing`);
  const theirs = toFloat32(entry);
  assert.equal(ours.length, theirs.length, name);
  return ours.reduce((most, value, i) => {
    const other = theirs[i] ?? 0;
    if (Number.isNaN(value) && Number.isNaN(other)) return most;
    const error = Math.abs(value - other);
    return Number.isNaN(error) ? Infinity : Math.max(most, error);
  }, 0);
}
