import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { dumpTensors } from '../../src/inspector/captureFile/captureTensors';
import { EVERYTHING } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { readSafetensors } from '../../src/inspector/files/safetensors';
import type { Tensor } from '../../src/inspector/runtime/tensor';
import { isBlocked } from '../../src/inspector/attention/masks';

/** Largest difference from Hugging Face eager attention, as fractions of 1 or of the largest value. */
const TOLERANCE = 1e-4;

interface Reference {
  readonly class: string;
  readonly versions: Record<string, string>;
  readonly cases: Record<
    string,
    {
      text: string;
      ids: number[];
      tokens: string[];
      offsets: [number, number][];
      special: boolean[];
      attentionMask: number[];
      /** The positions whose logits the reference keeps. */
      logitsPositions: number[];
      /** What the decoder of an encoder–decoder reads. */
      target?: { text: string; ids: number[] };
    }
  >;
}

/** Inputs, and the point before the final norm that the list of hidden states leaves out. */
const NOT_CAPTURED = /\.((decoder_)?input_ids|attention_mask|lastResidual)$/;

const store = new ModelStore();

for (const model of ['encoder', 'decoder', 'encoder-decoder']) {
  const path = resolve('models', model);
  const folder = resolve('test/fixtures/reference');
  const reference = JSON.parse(readFileSync(`${folder}/${model}.json`, 'utf8')) as Reference;
  const expected = readSafetensors(readFileSync(`${folder}/${model}.safetensors`));

  describe(`models/${model} against Hugging Face ${reference.class}`, () => {
    for (const [name, { text, ids, attentionMask, target, ...expectedTokens }] of Object.entries(
      reference.cases,
    )) {
      const padded = attentionMask.includes(0);

      if (!padded) {
        it(`“${text.slice(0, 40)}” splits into the same tokens`, async () => {
          const { tokens } = (await store.tokenizer(path)).encode(text);
          assert.deepEqual(column(tokens, 'id'), ids);
          assert.deepEqual(column(tokens, 'token'), expectedTokens.tokens);
          assert.deepEqual(column(tokens, 'special'), expectedTokens.special);
          const ranges = tokens.map(({ start, end }) => [start, end]);
          assert.deepEqual(ranges, expectedTokens.offsets);
        });
      }

      it(`“${text.slice(0, 40)}”${padded ? ', padded,' : ''} gives the same numbers`, async function () {
        const feed = (values: number[]) => ({
          dims: [1, values.length],
          data: BigInt64Array.from(values, BigInt),
        });
        const feeds = {
          input_ids: feed(ids),
          attention_mask: feed(attentionMask),
          ...(target ? { decoder_input_ids: feed(target.ids) } : {}),
        };
        const run = await (await store.model(path)).run(feeds, EVERYTHING);
        const actual = new Map(
          dumpTensors(run).map(({ name, dims, chunks }) => {
            const data = Float32Array.from([...chunks()].flatMap(chunk => [...chunk]));
            return [name, { dims, data }];
          }),
        );

        const worst = new Map<string, number>();
        for (const [key, tensor] of expected) {
          if (!key.startsWith(`${name}.`) || NOT_CAPTURED.test(key)) continue;
          const short = key.slice(name.length + 1);
          const ours = actual.get(short);
          assert.ok(ours, `${short} is missing from the capture`);
          const values =
            short === 'logits' ? rowsOf(ours, expectedTokens.logitsPositions) : ours.data;
          const quantity = short.split('.').findLast(part => !/^\d+$/.test(part)) ?? short;
          const error = worstDifference(values, tensor.data as Float32Array, short);
          worst.set(quantity, Math.max(worst.get(quantity) ?? 0, error));
        }
        const table = [...worst].map(
          ([quantity, error]) => `${quantity} ${error.toExponential(1)}`,
        );
        console.log(`      worst differences: ${table.join(', ')}`);
        assert.equal(worst.size, 9, 'quantities compared');
        for (const [quantity, error] of worst)
          assert.ok(error <= TOLERANCE, `${quantity}: ${error}`);
      });
    }
  });
}

function column<T, K extends keyof T>(rows: readonly T[], name: K): T[K][] {
  return rows.map(row => row[name]);
}

/** The rows of a `[1, rows, columns]` tensor at `positions`. */
function rowsOf({ dims, data }: Tensor, positions: readonly number[]): Float32Array {
  const columns = dims[2] ?? 0;
  const rows = positions.map(row => [...data.subarray(row * columns, (row + 1) * columns)]);
  return Float32Array.from(rows.flat());
}

/** Relative to the larger of 1 and the largest reference value; what is blocked need only be so in both. */
function worstDifference(ours: Float32Array, theirs: Float32Array, name: string): number {
  assert.equal(ours.length, theirs.length, `${name} has another size`);
  let worst = 0;
  let largest = 1;
  for (let i = 0; i < ours.length; i++) {
    const [a, b] = [ours[i] ?? NaN, theirs[i] ?? NaN];
    if (isBlocked(b)) {
      assert.ok(isBlocked(a), `${name}[${i}] should be blocked`);
      continue;
    }
    assert.ok(!Number.isNaN(a), `${name}[${i}] is not a number`);
    worst = Math.max(worst, Math.abs(a - b));
    largest = Math.max(largest, Math.abs(b));
  }
  return worst / largest;
}
