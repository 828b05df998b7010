import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHalf } from '../../src/protocol/float16';
import { readSafetensors, writeSafetensors } from '../../src/inspector/files/safetensors';
import type { InstrumentedModel } from '../../src/inspector/model/instrumentedModel';
import type { CaptureRequest } from '../../src/inspector/model/run';
import { openModel } from '../../src/inspector/model/openModel';
import { freeMemory, planMemory } from '../../src/inspector/model/weightsInMemory';
import type { WeightSizes } from '../../src/inspector/onnx/file/weightSizes';
import { openHere, type Runtime, type ThreadOptions } from '../../src/inspector/runtime/session';
import { RuntimeThread } from '../../src/inspector/runtime/runtimeThread';
import { ScratchFolder } from '../../src/inspector/weights/scratch/scratchFolder';

const fixtures = join(import.meta.dirname, '../fixtures/weights');
const of = (gigabytes: number, kind: WeightSizes['kind'] = 'float32'): WeightSizes => ({
  float32: gigabytes * 1e9,
  kind,
});
const planned = (sizes: WeightSizes, free: number) => planMemory(sizes, free * 1e9).weights;

describe('how the weights of a built model are kept', () => {
  it('copies those that are small for the machine', () => {
    const usual = { isPacked: true, isWidened: true };
    assert.deepEqual(planned(of(0.5), 8), usual);
    assert.deepEqual(planned(of(0.5, 'bfloat16'), 8), usual);
    assert.deepEqual(planned(of(3), 64), usual);
  });

  it('leaves float32 in its files, whatever its size', () => {
    for (const size of [1, 30]) {
      assert.deepEqual(planned(of(size), 8), { isPacked: false, isWidened: true });
    }
  });

  it('widens bfloat16 once, in every run, or not at all, by what is free', () => {
    assert.deepEqual(planned(of(1.5, 'bfloat16'), 8), { isPacked: false, isWidened: true });
    assert.deepEqual(planned(of(3, 'bfloat16'), 8), { isPacked: false, isWidened: false });
    assert.throws(() => planned(of(6, 'bfloat16'), 8), {
      code: 'out-of-memory',
      message: /needs about 10\.2 GB .* 8\.0 GB are free/,
    });
  });

  it('widens float16 once, which the runtime does in any case', () => {
    assert.deepEqual(planned(of(3, 'float16'), 8), { isPacked: false, isWidened: true });
    assert.throws(() => planned(of(4, 'float16'), 8), { code: 'out-of-memory' });
  });

  it('arranges quantised ones where there is room: they are slow otherwise', () => {
    assert.deepEqual(planned(of(1.5, 'quantised'), 8), { isPacked: true, isWidened: true });
    assert.deepEqual(planned(of(3, 'quantised'), 8), { isPacked: false, isWidened: true });
  });

  it('says what it decided, and knows what is free', async () => {
    assert.ok(freeMemory() > 1e6);
    const model = await openModel(join(fixtures, 'qwen3'), { threads: 1 });
    try {
      const notes = model.card.notes.join(' ');
      assert.match(notes, /built from its weights \(type “qwen3”\)\. Its weights .* copied/);
    } finally {
      await model.dispose();
    }
  });
});

const onlyLogits: CaptureRequest = {
  ...{ weights: false, queryKeyValue: false, maskedScores: false, headOutput: false },
  ...{ hiddenStates: false, logits: true },
};

describe('half precision that has no room in memory', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'attention-debugger-widened-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A fixture stored in another precision. */
  const stored = (dtype: 'BF16' | 'F16'): string => {
    const source = join(fixtures, 'llama');
    const tensors = [...readSafetensors(readFileSync(join(source, 'model.safetensors')))];
    const half = tensors.map(([name, { dims, data }]) => {
      const bits = Uint16Array.from(Float32Array.from(data as Float32Array), value =>
        dtype === 'BF16'
          ? new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16
          : toHalf(value),
      );
      return [name, { dtype, dims, data: bits }] as const;
    });
    const model = join(folder, dtype);
    mkdirSync(model);
    cpSync(join(source, 'config.json'), join(model, 'config.json'));
    writeFileSync(join(model, 'model.safetensors'), writeSafetensors(half));
    return model;
  };
  const logitsOf = async (model: InstrumentedModel) => {
    const data = BigInt64Array.of(3n, 5n, 8n, 13n, 21n);
    const run = await model.run({ input_ids: { dims: [1, 5], data } }, onlyLogits);
    await model.dispose();
    return run.logits?.data ?? assert.fail('no logits');
  };

  for (const dtype of ['BF16', 'F16'] as const) {
    it(`is float32 in a scratch file, with the same numbers: ${dtype}`, async () => {
      const path = stored(dtype);
      const scratch = new ScratchFolder(join(folder, 'scratch'));
      const usual = await logitsOf(await openModel(path, { threads: 1, scratch }));
      assert.equal(await scratch.size(), 0);

      const model = await openModel(path, { threads: 1, scratch, memory: 1e4 });
      assert.match(model.card.notes.join(' '), /written as float32 into a scratch file/);
      assert.equal(model.card.outputCheck.result, 'exact');
      const size = await scratch.size();
      assert.ok(size > 2 * statSync(join(path, 'model.safetensors')).size - 1e4);
      const found = await logitsOf(model);
      assert.equal(found.length, usual.length);
      found.forEach((value, i) => assert.ok(Math.abs(value - usual[i]!) < 1e-5));

      // Written once.
      await logitsOf(await openModel(path, { threads: 1, scratch, memory: 1e4 }));
      assert.equal(await scratch.size(), size);
    });
  }

  it('is refused where the disk has no room either', async () => {
    const scratch = new ScratchFolder(join(folder, 'scratch'), { freeAt: async () => 0 });
    await assert.rejects(openModel(stored('BF16'), { threads: 1, scratch, memory: 1e4 }), {
      code: 'out-of-memory',
    });
  });
});

describe('a session that keeps weights in their files', () => {
  const ways = [
    { isPacked: false, isWidened: true },
    { isPacked: false, isWidened: false },
  ];
  /** Opens every session with these options, here or in a thread. */
  const with_ = (inner: Runtime, weights: ThreadOptions['weights']): Runtime => ({
    open: (model, folder, options) =>
      inner.open(model, folder, { ...options, ...(weights ? { weights } : {}) }),
  });
  const here: Runtime = {
    open: async (model, folder, options) => {
      const session = await openHere(model, folder, options);
      return {
        run: (feeds, fetches) => session.run(feeds, [...fetches]),
        release: () => session.release(),
      };
    },
  };

  for (const weights of ways) {
    it(`computes the same: ${JSON.stringify(weights)}, in a thread too`, async () => {
      for (const runtime of [here, new RuntimeThread(() => undefined)]) {
        const model = await openModel(join(fixtures, 'llama'), {
          threads: 1,
          runtime: with_(runtime, weights),
        });
        try {
          assert.equal(model.card.outputCheck.result, 'exact');
          assert.ok(model.card.sites.every(({ check }) => check.result === 'exact'));
        } finally {
          await model.dispose();
        }
      }
    });
  }
});
