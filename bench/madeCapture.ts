import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Capture } from '../src/inspector/capture/capture';
import { saveCapture } from '../src/inspector/capture/captureFile';
import type { Tensor } from '../src/inspector/runtime/tensor';
import type { AttentionSite } from '../src/protocol/model';
import type { Token } from '../src/protocol/tokens';
import { seededRandom } from '../test/support/seededRandom';

const HEAD_DIM = 64;
/** Pairs of dimensions that tell positions apart, as cosine and sine of a frequency. */
const FREQUENCIES = 24;
const WORDS = 'the tiger jumped out of a tree to get drink because it was thirsty and'.split(' ');

/**
 * Writes a made capture of one causal head, query and key only, through the product's own writer:
 * the first token is a sink, the token before and its neighbours stand out, the rest is noise.
 */
export async function madeCapture(path: string, tokens: number): Promise<void> {
  const site: AttentionSite = {
    stack: 'decoder',
    kind: 'self',
    layer: 0,
    heads: 1,
    keyHeads: 1,
    headDim: HEAD_DIM,
    scale: 1 / Math.sqrt(HEAD_DIM),
    mask: { kind: 'causal' },
    positional: { kind: 'none' },
    check: { result: 'exact', worst: 0 },
    graph: { operator: 'Softmax', node: 'made' },
  };
  const { text, list } = madeText(tokens);
  const { query, key } = madeVectors(tokens);
  const capture = new Capture(
    {
      id: 'made',
      model: {
        path: 'made',
        name: 'Made head',
        architecture: 'MadeForBenchmarks',
        stacks: ['decoder'],
        sites: [site],
        modelDim: HEAD_DIM,
        vocabulary: WORDS.length,
        precision: 'float32',
        fileSize: 0,
        outputCheck: { result: 'exact', worst: 0 },
        notes: [],
      },
      text,
      tokens: { decoder: list },
      totalTokens: tokens,
      sites: [site],
      timings: { tokenize: 0, load: 0, run: 0, collect: 0 },
    },
    { sites: [{ site, query, key }], hiddenStates: {}, lastResidual: {}, runTime: 0 },
    () => Promise.reject(new Error('A made capture has no model.')),
  );
  await saveCapture(capture, path);
}

function madeText(count: number): { readonly text: string; readonly list: Token[] } {
  const random = seededRandom(5);
  const words = Array.from(
    { length: count },
    () => WORDS[Math.floor(random() * WORDS.length)] ?? '',
  );
  let start = 0;
  const list = words.map((word, index): Token => {
    const token = {
      index,
      id: WORDS.indexOf(word),
      token: word,
      text: word,
      start,
      end: start + word.length,
      special: false,
      unknown: false,
      continues: false,
    };
    start += word.length + 1;
    return token;
  });
  return { text: words.join(' '), list };
}

/**
 * q and k `[1, 1, tokens, headDim]`. Σ cos(ω (i − 1 − j)) over many frequencies ω peaks where key j is
 * the token before query i and falls off around it.
 */
function madeVectors(tokens: number): { readonly query: Tensor; readonly key: Tensor } {
  const random = seededRandom(64);
  const dims = [1, 1, tokens, HEAD_DIM];
  const query = new Float32Array(tokens * HEAD_DIM);
  const key = new Float32Array(tokens * HEAD_DIM);
  for (let token = 0; token < tokens; token++) {
    const row = token * HEAD_DIM;
    for (let i = 0; i < FREQUENCIES; i++) {
      const frequency = 10_000 ** (-i / FREQUENCIES);
      query[row + 2 * i] = 2.2 * Math.cos(frequency * (token - 1));
      query[row + 2 * i + 1] = 2.2 * Math.sin(frequency * (token - 1));
      key[row + 2 * i] = 2.2 * Math.cos(frequency * token);
      key[row + 2 * i + 1] = 2.2 * Math.sin(frequency * token);
    }
    // One dimension that only the first key has, the rest noise.
    query[row + 2 * FREQUENCIES] = 10;
    key[row + 2 * FREQUENCIES] = token === 0 ? 10 : 0;
    for (let i = 2 * FREQUENCIES + 1; i < HEAD_DIM; i++) {
      query[row + i] = 3 * (random() - 0.5);
      key[row + i] = 3 * (random() - 0.5);
    }
  }
  return { query: { dims, data: query }, key: { dims, data: key } };
}

/** `node --import tsx bench/madeCapture.ts made.safetensors 32768` */
async function main([path, tokens]: readonly string[]): Promise<void> {
  const count = Number(tokens);
  if (path === undefined || !Number.isSafeInteger(count) || count < 1) {
    console.error('Usage: bench/madeCapture.ts <file.safetensors> <tokens>');
    process.exitCode = 2;
    return;
  }
  mkdirSync(dirname(resolve(path)), { recursive: true });
  await madeCapture(resolve(path), count);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  await main(process.argv.slice(2));
