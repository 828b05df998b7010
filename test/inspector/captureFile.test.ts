import assert from 'node:assert/strict';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { madeCapture } from '../../bench/madeCapture';
import type { Capture } from '../../src/inspector/capture/capture';
import { openCapture, saveCapture } from '../../src/inspector/capture/captureFile';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { toHalf } from '../../src/protocol/float16';
import {
  readSafetensors,
  writeSafetensors,
  type SafetensorsEntry,
} from '../../src/inspector/files/safetensors';
import { writeSafetensorsFile } from '../../src/inspector/files/safetensorsFile';
import type { Block } from '../../src/protocol/capture';
import { InspectorError } from '../../src/protocol/errors';
import { seededRandom } from '../support/seededRandom';
import { mutateCapture, withHeader, withSummary } from './support/mutateCapture';
import { wordModel, WORDS_TEXT } from './support/wordModel';

const quiet = () => Promise.resolve();
const isBroken = (sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof InspectorError, String(error));
  assert.equal(error.code, 'capture-broken');
  assert.match(error.message, sentence);
  return true;
};

describe('capture files', function () {
  this.timeout(300_000);
  const store = new ModelStore();
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-file-'))));
  after(() => rm(scratch, { recursive: true }));

  const run = (model: string, options: { target?: string; memoryBudget?: number } = {}) =>
    inspect({ model, text: WORDS_TEXT, maximumTokens: 64, ...options }, store, quiet);
  const saved = async (capture: Capture, name: string) => {
    const path = join(scratch, `${name}.safetensors`);
    await saveCapture(capture, path);
    return path;
  };

  /** Slices are typed arrays among other fields; those computed from query and key differ by rounding. */
  function same<T extends object>(actual: T, expected: T): void {
    assert.deepEqual(Object.keys(actual), Object.keys(expected));
    for (const [name, values] of Object.entries(expected)) {
      const other: unknown = actual[name as keyof T];
      if (!ArrayBuffer.isView(values)) assert.deepEqual(other, values, name);
      else {
        const tolerance = values instanceof Uint8Array ? 1 : 1e-5;
        const [x, y] = [other, values].map(list => [...(list as Float32Array)]);
        assert.equal(x?.length, y?.length, name);
        y?.forEach((value, i) => {
          const isSame = x?.[i] === value || Math.abs((x?.[i] ?? NaN) - value) <= tolerance;
          assert.ok(isSame, `${name}[${i}]: ${x?.[i]} and ${value}`);
        });
      }
    }
  }

  /** Every slice of two captures of the same run. */
  async function sameSlices(a: Capture, b: Capture): Promise<number> {
    let compared = 0;
    for (const { site } of a.run.sites) {
      const { stack, kind, layer } = site;
      const block: Block = { stack, kind };
      same(await b.overview(block), await a.overview(block));
      for (const head of [0, site.heads - 1, 'mean'] as const) {
        const map = { block, layer, head };
        same(await b.map(map), await a.map(map));
        same(await b.row({ ...map, query: 0 }), await a.row({ ...map, query: 0 }));
        compared++;
      }
    }
    return compared;
  }

  for (const [name, options] of [
    ['models/encoder', {}],
    ['models/decoder', {}],
    ['models/decoder', { memoryBudget: 1 }],
    ['t5__legacy_eager_op14', { target: 'it was warm' }],
    ['genai_gptoss__fp32', {}],
  ] as const) {
    it(`a run of ${name}, ${JSON.stringify(options)}, comes back as it was`, async () => {
      const model = name.startsWith('models') ? resolve(name) : wordModel(scratch, name);
      const capture = await run(model, options);
      const path = await saved(capture, 'whole');
      const opened = await openCapture(path);
      const { id, file, ...summary } = opened.summary;
      const { id: before, ...expected } = capture.summary;
      assert.notEqual(id, before);
      assert.equal(file, path);
      assert.deepEqual(summary, expected);
      assert.deepEqual(opened.run.hiddenStates, capture.run.hiddenStates);
      assert.deepEqual(opened.run.lastResidual, capture.run.lastResidual);
      assert.deepEqual(opened.run.logits, capture.run.logits);
      assert.ok((await sameSlices(capture, opened)) >= 6);
      for (const [i, { sink }] of capture.run.sites.entries()) {
        assert.deepEqual(opened.run.sites[i]?.sink, sink);
      }
    });
  }

  it('maps that do not fit into memory are read when they are looked at', async () => {
    const capture = await run(wordModel(scratch, 't5__legacy_eager_op14'));
    const path = await saved(capture, 'lean');
    const vectors = capture.run.sites.flatMap(site => [
      site.query,
      site.key,
      site.value,
      site.headOutput,
    ]);
    const bytes = vectors.reduce((sum, tensor) => sum + (tensor?.data.byteLength ?? 0), 0);
    const lean = await openCapture(path, bytes);
    assert.equal(lean.run.sites[0]?.weights, undefined);
    assert.equal(lean.run.logits, undefined);
    assert.match(lean.summary.notes?.at(-1) ?? '', /no room for .*the hidden states, the logits/);
    assert.ok((await sameSlices(capture, lean)) > 6);

    utimesSync(path, new Date(), new Date(Date.now() + 5000));
    const again = lean.map({ block: { stack: 'encoder', kind: 'self' }, layer: 0, head: 0 });
    await assert.rejects(again, isBroken(/changed since it was opened/));
  });

  it('says that a file has no model to run where it holds no weights', async () => {
    const capture = await run(wordModel(scratch, 't5__legacy_eager_op14'), { memoryBudget: 1 });
    const opened = await openCapture(await saved(capture, 'without'));
    const map = opened.map({ block: { stack: 'encoder', kind: 'self' }, layer: 0, head: 0 });
    await assert.rejects(
      map,
      /without\.safetensors holds no weights of encoder\.layers\.0\.self, .*no model to run/,
    );
  });

  it('a capture from a file is saved as a copy of it', async () => {
    const path = await saved(await run(resolve('models/encoder')), 'first');
    const copy = await saved(await openCapture(path), 'second');
    assert.deepEqual(readFileSync(copy), readFileSync(path));
    await saveCapture(await openCapture(path), path);
    assert.deepEqual(readFileSync(copy), readFileSync(path));
  });

  it('what cannot be written leaves the old file and nothing beside it', async () => {
    const folder = join(scratch, 'kept');
    await mkdir(folder);
    const path = join(folder, 'kept.safetensors');
    writeFileSync(path, 'old');
    const broken = {
      name: 'x',
      dims: [2],
      chunks: () => {
        throw new Error('no more');
      },
    };
    await assert.rejects(writeSafetensorsFile(path, [broken], {}), /no more/);
    assert.equal(readFileSync(path, 'utf8'), 'old');
    assert.deepEqual(await readdir(folder), ['kept.safetensors']);
    const capture = await run(resolve('models/encoder'));
    const nowhere = join(folder, 'no', 'x.safetensors');
    await assert.rejects(
      saveCapture(capture, nowhere),
      /cannot be saved as .*x\.safetensors: ENOENT/,
    );
  });

  it('writes tensors that are larger than what it holds in memory', async () => {
    const path = join(scratch, 'large.safetensors');
    const chunk = new Float32Array(2 ** 20).fill(1);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const chunks = function* () {
      for (let i = 0; i < 64; i++) {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        yield chunk;
      }
    };
    await writeSafetensorsFile(path, [{ name: 'x', dims: [64, 2 ** 20], chunks }], {});
    assert.ok(statSync(path).size > 256 * 2 ** 20);
    assert.ok(most < 64 * 2 ** 20, `${most} bytes`);
    await rm(path);
  });

  describe('made elsewhere, without a summary', () => {
    const random = seededRandom(3);
    const floats = (...dims: number[]): SafetensorsEntry => {
      const size = dims.reduce((a, b) => a * b, 1);
      return {
        dtype: 'F32',
        dims,
        data: Float32Array.from({ length: size }, () => random() - 0.5),
      };
    };
    const written = (name: string, tensors: Record<string, SafetensorsEntry>) => {
      const path = join(scratch, `${name}.safetensors`);
      writeFileSync(path, writeSafetensors(Object.entries(tensors)));
      return path;
    };

    it('query and key of a decoder: weights of the causal softmax, key heads shared', async () => {
      const [query, key] = [floats(1, 4, 6, 8), floats(1, 2, 6, 8)];
      const path = written('vectors', {
        'decoder.layers.0.self.query': query,
        'decoder.layers.0.self.key': key,
      });
      const capture = await openCapture(path);
      assert.match(capture.summary.notes?.[0] ?? '', /no summary.*1\/√headDim/);
      assert.deepEqual(
        capture.summary.tokens.decoder?.map(token => token.text).join(),
        '0,1,2,3,4,5',
      );
      const row = await capture.row({
        block: { stack: 'decoder', kind: 'self' },
        layer: 0,
        head: 3,
        query: 4,
      });
      const q = (query.data as Float32Array).subarray((3 * 6 + 4) * 8, (3 * 6 + 5) * 8);
      const exps = [0, 1, 2, 3, 4].map(k => {
        const at = (6 + k) * 8;
        const dot = q.reduce((sum, x, d) => sum + x * Number(key.data[at + d]), 0);
        return Math.exp(dot / Math.sqrt(8));
      });
      const sum = exps.reduce((a, b) => a + b, 0);
      exps.forEach((e, k) => assert.ok(Math.abs(e / sum - (row.weights[k] ?? NaN)) < 1e-6));
      assert.deepEqual([...row.allowed], [1, 1, 1, 1, 1, 0]);
    });

    it('weights alone, half precision, two texts: the first one, its mask seen', async () => {
      const rows = [1, 0, 0, 0.5, 0.5, 0, 0.25, 0.25, 0.5];
      const data = Uint16Array.from([...rows, ...rows.map(() => 1 / 3)], toHalf);
      const entry: SafetensorsEntry = { dtype: 'F16', dims: [2, 1, 3, 3], data };
      const capture = await openCapture(
        written('weights', { 'encoder.layers.2.self.weights': entry }),
      );
      const [site] = capture.summary.sites;
      assert.deepEqual(site?.mask, { kind: 'causal' });
      assert.match(capture.summary.notes?.join(' ') ?? '', /2 texts.*first.*log weights/);
      const row = await capture.row({
        block: { stack: 'encoder', kind: 'self' },
        layer: 2,
        head: 0,
        query: 1,
      });
      assert.deepEqual([...row.weights], [0.5, 0.5, 0]);
      assert.deepEqual([...row.allowed], [1, 1, 0]);
      await assert.rejects(openCapture(capture.summary.file ?? '', 10), /need more memory/);
    });

    const square = floats(1, 2, 3, 3);
    const lies: [string, Record<string, SafetensorsEntry>, RegExp][] = [
      ['nothing of attention', { x: square }, /no tensor with a name like/],
      [
        'value alone',
        { 'encoder.layers.0.self.value': floats(1, 2, 3, 4) },
        /neither weights nor query and key/,
      ],
      [
        'three dimensions',
        { 'encoder.layers.0.self.weights': floats(2, 3, 3) },
        /has the shape \[2, 3, 3\]/,
      ],
      [
        'past keys',
        { 'encoder.layers.0.self.weights': floats(1, 2, 3, 5) },
        /has the shape \[1, 2, 3, 5\]/,
      ],
      [
        'no heads',
        { 'encoder.layers.0.self.weights': floats(1, 0, 3, 3) },
        /key heads among 0 heads/,
      ],
      ['no tokens', { 'encoder.layers.0.self.weights': floats(1, 2, 0, 0) }, /none of them 0/],
      [
        'integers',
        {
          'encoder.layers.0.self.weights': {
            dtype: 'I32',
            dims: [1, 1, 1, 1],
            data: Int32Array.of(1),
          },
        },
        /element type I32/,
      ],
      [
        'heads that differ',
        {
          'encoder.layers.0.self.weights': square,
          'encoder.layers.0.self.query': floats(1, 3, 3, 4),
        },
        /weights” has the shape \[1, 2, 3, 3\]/,
      ],
      [
        'a layer far away',
        { 'encoder.layers.99999.self.weights': square },
        /more than 32768 in all/,
      ],
      [
        'hidden states of another length',
        { 'encoder.layers.0.self.weights': square, 'encoder.hiddenStates.0': floats(1, 4, 8) },
        /weights” has the shape/,
      ],
    ];
    for (const [what, tensors, sentence] of lies) {
      it(`refuses ${what}`, async () => {
        await assert.rejects(openCapture(written('lie', tensors)), isBroken(sentence));
      });
    }
  });

  describe('that lie', () => {
    let valid: Uint8Array;
    let path: string;
    before(async () => {
      const capture = await run(wordModel(scratch, 't5__legacy_eager_op14'), { target: 'it was' });
      valid = new Uint8Array(readFileSync(await saved(capture, 'valid')));
      path = join(scratch, 'lying.safetensors');
    });
    const open = (bytes: Uint8Array) => {
      writeFileSync(path, bytes);
      return openCapture(path);
    };
    type Entry = { shape: number[]; data_offsets: number[]; dtype: string };
    const query = 'encoder.layers.0.self.query';

    const headers: [string, (header: Record<string, Entry>) => void, RegExp][] = [
      [
        'a shape that its bytes do not have',
        header => (entryOf(header, query).shape = [1, 1]),
        /needs others/,
      ],
      [
        'sizes that overflow',
        header => (entryOf(header, query).shape = [2 ** 50, 2 ** 50, 2 ** 50, 0.5]),
        /malformed/,
      ],
      [
        'tensors that share bytes',
        header => (header['decoder.copy'] = entryOf(header, query)),
        /overlaps/,
      ],
      [
        'an element type that does not exist',
        header => (entryOf(header, query).dtype = 'F31'),
        /is of the type F31, which is not read/,
      ],
      [
        'tensors of a layer that its model has not',
        header => (header['encoder.layers.9.self.query'] = take(header, query)),
        /encoder\.layers\.9\.self, which its model has not/,
      ],
    ];
    for (const [what, change, sentence] of headers) {
      it(`refuses ${what}`, async () => {
        const bytes = withHeader(valid, header => change(header as Record<string, Entry>));
        await assert.rejects(open(bytes), isBroken(sentence));
      });
    }

    interface Stored {
      version: number;
      summary: {
        text: unknown;
        model: { sites: { heads: number; layer: number; stack: string }[] };
        tokens: { encoder: { end: number; index: number }[] };
      };
    }
    const summaries: [string, (stored: Stored) => void, RegExp][] = [
      ['a text that is a number', stored => (stored.summary.text = 7), /wrong at summary\.text/],
      [
        'more heads than its tensors',
        stored => (at(stored.summary.model.sites).heads = 12),
        /query” has the shape/,
      ],
      ['the same layer twice', stored => (at(stored.summary.model.sites, 1).layer = 0), /twice/],
      [
        'a layer beyond its attentions',
        stored => (at(stored.summary.model.sites, 1).layer = 1e6),
        /but 2 layers/,
      ],
      [
        'fewer tokens than its tensors',
        stored => stored.summary.tokens.encoder.pop(),
        /has the shape/,
      ],
      [
        'a token outside its text',
        stored => (at(stored.summary.tokens.encoder).end = 1e4),
        /token 0 of its encoder/,
      ],
      [
        'tokens out of order',
        stored => (at(stored.summary.tokens.encoder).index = 3),
        /says that it is token 3/,
      ],
      ['a version to come', stored => (stored.version = 2), /later version/],
    ];
    for (const [what, change, sentence] of summaries) {
      it(`refuses ${what}`, async () => {
        const bytes = withSummary(valid, stored => change(stored as unknown as Stored));
        await assert.rejects(open(bytes), isBroken(sentence));
      });
    }

    it('refuses what is no file, with its name and the reason', async () => {
      await assert.rejects(
        openCapture(join(scratch, 'none')),
        isBroken(/capture none cannot be opened: ENOENT/),
      );
      await assert.rejects(openCapture(scratch), isBroken(/it is not a regular file/));
      await assert.rejects(open(new Uint8Array(3)), isBroken(/shorter than its 8-byte/));
    });

    it('500 mutations: each opens or says what is wrong, none takes memory', async () => {
      const random = seededRandom(500);
      const before = process.memoryUsage();
      let opened = 0;
      let most = 0;
      for (let i = 0; i < 500; i++) {
        const bytes = mutateCapture(valid, random);
        try {
          const capture = await open(bytes);
          opened++;
          for (const { site } of capture.run.sites) {
            const block = { stack: site.stack, kind: site.kind };
            await capture.overview(block);
            await capture.row({ block, layer: site.layer, head: 0, query: 0 });
          }
        } catch (error) {
          assert.ok(error instanceof InspectorError, `mutation ${i}: ${String(error)}`);
          assert.notEqual(error.code, 'internal', error.message);
          assert.ok(error.message.length < 500 && !error.message.includes('\n'), error.message);
        }
        const { arrayBuffers, heapUsed } = process.memoryUsage();
        const taken = arrayBuffers - before.arrayBuffers + heapUsed - before.heapUsed;
        most = Math.max(most, taken);
      }
      console.log(`      ${opened} of 500 open; most memory ${Math.round(most / 1e6)} MB`);
      assert.ok(opened > 20 && opened < 480, `${opened} open`);
      assert.ok(most < 512e6);
    });

    const entryOf = (header: Record<string, Entry>, name: string): Entry => {
      const entry = header[name];
      assert.ok(entry);
      return entry;
    };
    const take = (header: Record<string, Entry>, name: string): Entry => {
      const entry = entryOf(header, name);
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- it gets another name
      delete header[name];
      return entry;
    };
    const at = <T>(list: T[], i = 0): T => {
      const item = list[i];
      assert.ok(item);
      return item;
    };
  });

  it('the made capture for measurements opens, and its weights follow from query and key', async () => {
    const path = join(scratch, 'made.safetensors');
    await madeCapture(path, 300);
    assert.deepEqual(
      [...readSafetensors(readFileSync(path)).keys()],
      ['decoder.layers.0.self.query', 'decoder.layers.0.self.key'],
    );
    const capture = await openCapture(path);
    assert.equal(capture.summary.tokens.decoder?.length, 300);
    const block: Block = { stack: 'decoder', kind: 'self' };
    const { weights } = await capture.row({ block, layer: 0, head: 0, query: 200 });
    const local = weights.slice(190, 201).reduce((a, b) => a + b, 0);
    assert.ok((weights[0] ?? 0) > 0.05 && local > 0.05, `${weights[0]} ${local}`);
    assert.ok(Math.abs(weights.reduce((a, b) => a + b, 0) - 1) < 1e-5);
  });
});
