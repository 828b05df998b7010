import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InspectorError } from '../../src/protocol/errors';
import { ggufTokenizer } from '../../src/inspector/huggingface/convert/gguf/ggufTokenizer';
import { ggufModel } from '../../src/inspector/model/ggufModel';
import { createTokenizer } from '../../src/inspector/tokenizer/createTokenizer';
import { GgufMetadata } from '../../src/inspector/weights/gguf/ggufMetadata';
import {
  ggufGeneration,
  ggufTokenizerSettings,
} from '../../src/inspector/weights/gguf/ggufSettings';
import { readGgufParts } from '../../src/inspector/weights/gguf/ggufParts';
import { ScratchFolder } from '../../src/inspector/weights/scratch/scratchFolder';
import { ggufBytes, type GgufTensor, type GgufValue } from '../support/ggufBytes';
import { seededRandom } from '../support/seededRandom';

const MUTATIONS = 2500;
const TOKENS = ['<s>', '</s>', '<unk>', '▁', 'a', 'b', 'ab', '▁ab', '  ', '<0x0A>', '<tool>'];
const NUMBERS = {
  block_count: 1,
  embedding_length: 32,
  feed_forward_length: 32,
  context_length: 64,
  'attention.head_count': 2,
  'attention.head_count_kv': 2,
  'rope.dimension_count': 16,
} as const;

/** A whole model with a tokenizer. */
function whole(): Uint8Array {
  const number = (value: number): GgufValue => ({ kind: 'u32', value });
  const metadata: Record<string, GgufValue> = {
    'general.architecture': { kind: 'string', value: 'llama' },
    ...Object.fromEntries(Object.entries(NUMBERS).map(([key, n]) => [`llama.${key}`, number(n)])),
    'llama.attention.layer_norm_rms_epsilon': { kind: 'f32', value: 1e-5 },
    'tokenizer.ggml.model': { kind: 'string', value: 'llama' },
    'tokenizer.ggml.tokens': { kind: 'strings', value: TOKENS },
    'tokenizer.ggml.scores': { kind: 'floats', value: TOKENS.map((_, i) => -i) },
    'tokenizer.ggml.token_type': { kind: 'ints', value: [3, 3, 2, 1, 1, 1, 1, 1, 4, 6, 4] },
    'tokenizer.ggml.bos_token_id': number(0),
    'tokenizer.ggml.eos_token_id': number(1),
    'tokenizer.ggml.unknown_token_id': number(2),
    'tokenizer.ggml.add_bos_token': { kind: 'bool', value: true },
  };
  const quantised = (name: string): GgufTensor => ({
    name,
    dims: [32, 32],
    type: 8,
    bytes: new Uint8Array(32 * 34).fill(7),
  });
  const vector = (name: string, length = 32): GgufTensor => ({
    name,
    dims: [length],
    type: 0,
    bytes: new Uint8Array(new Float32Array(length).fill(1).buffer),
  });
  const parts = ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'];
  return ggufBytes(metadata, [
    {
      ...quantised('token_embd.weight'),
      dims: [TOKENS.length, 32],
      bytes: new Uint8Array(11 * 34),
    },
    vector('output_norm.weight'),
    vector('rope_freqs.weight', 8),
    vector('blk.0.attn_norm.weight'),
    vector('blk.0.ffn_norm.weight'),
    ...parts.map(name => quantised(`blk.0.${name}.weight`)),
  ]);
}

describe('GGUF files that lie', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gguf-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Does with a file all that opening it does. */
  async function use(path: string) {
    const parts = readGgufParts(path);
    const metadata = new GgufMetadata(parts.metadata, path);
    const steps = [
      async () => {
        await ggufModel(path, new ScratchFolder(join(folder, 'scratch'), { limit: 1e6 }));
      },
      async () => {
        const settings = ggufTokenizerSettings(metadata);
        ggufGeneration(metadata);
        await Promise.resolve(
          createTokenizer(ggufTokenizer(metadata), settings).encode('ab  a\n<tool>'),
        );
      },
    ];
    // One that fails says nothing of the other.
    const failed: unknown[] = [];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        failed.push(error);
      }
    }
    return failed;
  }

  it('are read where they tell the truth, or none of this says anything', async () => {
    const path = join(folder, 'model.gguf');
    writeFileSync(path, whole());
    assert.deepEqual(await use(path), []);
  });

  it(`end in a sentence or in a model, ${MUTATIONS} times`, async () => {
    const random = seededRandom(11);
    const good = whole();
    const end = good.length - 11 * 64 - 8 * 1088;
    const path = join(folder, 'model.gguf');
    let refused = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      writeFileSync(path, mutated(good, end, random));
      const failed = await use(path).catch((error: unknown) => [error]);
      for (const error of failed) {
        assert.ok(error instanceof InspectorError, `mutation ${i}: ${String(error)}`);
        assert.ok(!/[\n\r]/.test(error.message) && error.message.length < 700, error.message);
      }
      if (failed.length > 0) refused++;
    }
    assert.ok(refused > MUTATIONS / 3, String(refused));
  });
});

/** The file with some bytes, numbers or its end changed, most often in its header. */
function mutated(good: Uint8Array, header: number, random: () => number): Uint8Array {
  const copy = good.slice();
  const view = new DataView(copy.buffer);
  const until = random() < 0.9 ? header : copy.length - 8;
  const at = () => Math.floor(random() * (until - 8));
  const kind = random();
  if (kind < 0.1) return copy.slice(0, Math.floor(random() * copy.length));
  if (kind < 0.5) {
    for (let i = 0; i <= random() * 4; i++) copy[at()] = Math.floor(random() * 256);
    return copy;
  }
  if (kind < 0.75) {
    const numbers = [0, 1, 2 ** 16, 2 ** 31, 2 ** 40, 2 ** 53, 2 ** 60];
    view.setBigUint64(at(), BigInt(numbers[Math.floor(random() * numbers.length)] ?? 0), true);
    return copy;
  }
  view.setUint32(at(), [0, 1, 3, 8, 9, 12, 0xffffffff][Math.floor(random() * 7)] ?? 0, true);
  return copy;
}
