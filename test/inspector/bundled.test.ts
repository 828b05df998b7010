import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import type { Capture } from '../../src/inspector/capture/capture';
import { generate } from '../../src/inspector/run/generate';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import type { Block } from '../../src/protocol/capture';
import type { Token } from '../../src/protocol/tokens';

const MODELS = ['encoder', 'decoder', 'encoder-decoder'] as const;
const TIGER = 'The tiger jumped out of a tree to get a drink because it was thirsty.';
const SHUFFLED = 'The tiger out jumped of a tree to get drink a because it was thirsty.';

const store = new ModelStore();
const quiet = () => Promise.resolve();
const folder = (name: string) => resolve('models', name);

describe('the bundled models', () => {
  for (const name of MODELS) {
    it(`${name}: “thirsty”, “tiger”, “because” are one token each, code takes few`, async () => {
      const tokenizer = await store.tokenizer(folder(name));
      const words = tokenizer.encode(TIGER).tokens.filter(token => !token.special);
      for (const word of ['tiger', 'because', 'thirsty']) {
        const own = words.filter(({ text }) => text.trim() === word);
        assert.equal(own.length, 1, `${word} in ${words.map(({ text }) => text).join('|')}`);
      }
      const code = readFileSync('samples/inventory.ts', 'utf8');
      const { total } = tokenizer.encode(code);
      assert.ok(total / code.length < 0.45, `${total / code.length} tokens a character`);
    });

    it(`${name}: every layer is checked as exact`, async () => {
      const { card } = await store.model(folder(name));
      assert.deepEqual(new Set(card.sites.map(({ check }) => check.result)), new Set(['exact']));
      assert.equal(card.vocabulary, 8192);
    });
  }

  it('a head of the encoder reads “tiger” from “it”, and neither “tree” nor “drink”', async () => {
    const capture = await run('encoder', TIGER);
    const tokens = capture.summary.tokens.encoder ?? [];
    const rows = await rowsOf(capture, { stack: 'encoder', kind: 'self' }, at(tokens, 'it'));
    const best = rows.reduce((most, row) =>
      (row[at(tokens, 'tiger')] ?? 0) > (most[at(tokens, 'tiger')] ?? 0) ? row : most,
    );
    assert.ok((best[at(tokens, 'tiger')] ?? 0) >= 0.5);
    assert.ok((best[at(tokens, 'tree')] ?? 1) + (best[at(tokens, 'drink')] ?? 1) <= 0.2);
  });

  it('a head of the decoder looks at what followed the earlier copy', async () => {
    const capture = await run('decoder', 'copper lantern seven river copper lantern seven river');
    const tokens = capture.summary.tokens.decoder ?? [];
    const block: Block = { stack: 'decoder', kind: 'self' };
    const length = (tokens.length - 1) / 2;
    const sums: number[] = [];
    for (let query = 1 + length; query < tokens.length - 1; query++) {
      assert.equal(tokens[query]?.text.trim(), tokens[query - length]?.text.trim());
      const rows = await rowsOf(capture, block, query);
      rows.forEach((row, i) => {
        sums[i] = (sums[i] ?? 0) + (row[query - length + 1] ?? NaN) / (length - 1);
      });
    }
    assert.ok(Math.max(...sums) >= 0.3, `best head ${Math.max(...sums).toFixed(2)}`);
  });

  it('the encoder–decoder restores a shuffled sentence and looks where each word came from', async () => {
    const model = folder('encoder-decoder');
    const params = { model, text: SHUFFLED, maximumTokens: 128 };
    const { target } = await generate(params, store, quiet);
    assert.equal(target, TIGER);
    const capture = await inspect({ ...params, target }, store, quiet);
    const { encoder: source = [], decoder: written = [] } = capture.summary.tokens;
    const words = written.filter(({ special, text }) => !special && /\w\w/.test(text));
    const sums: number[] = [];
    for (const word of words) {
      // The row of the token before it is the one that predicts it.
      const rows = await rowsOf(capture, { stack: 'decoder', kind: 'cross' }, word.index - 1);
      rows.forEach((row, i) => {
        sums[i] = (sums[i] ?? 0) + (row[at(source, word.text.trim())] ?? NaN) / words.length;
      });
    }
    assert.ok(Math.max(...sums) >= 0.6, `best head ${Math.max(...sums).toFixed(2)}`);
  });

  it('take up to 60 MB in the repository, up to 30 MB of them in the package', () => {
    const files = readdirSync('models', { recursive: true, encoding: 'utf8' }).map(name => ({
      name,
      bytes: statSync(join('models', name)).isFile() ? statSync(join('models', name)).size : 0,
    }));
    const sum = (some: typeof files) => some.reduce((total, { bytes }) => total + bytes, 0);
    assert.ok(sum(files) <= 60e6, `${sum(files)} bytes`);
    const shipped = files.filter(({ name }) => /\.(onnx|json|md|conllu)$/.test(name));
    const packed = shipped.map(({ name }) => deflateRawSync(readFileSync(join('models', name))));
    const bytes = packed.reduce((total, { length }) => total + length, 0);
    assert.ok(bytes <= 30e6, `${bytes} bytes`);
    for (const { name, bytes } of files) {
      if (name.endsWith('.onnx')) assert.ok(bytes <= 10e6, `${name}: ${bytes} bytes`);
    }
  });
});

const run = (name: string, text: string): Promise<Capture> =>
  inspect({ model: folder(name), text, maximumTokens: 128 }, store, quiet);

/** The weights of one query in every head of a block `[layers · heads][keys]`. */
async function rowsOf(capture: Capture, block: Block, query: number): Promise<Float32Array[]> {
  const sites = capture.summary.sites.filter(
    ({ stack, kind }) => stack === block.stack && kind === block.kind,
  );
  const rows: Float32Array[] = [];
  for (const { layer, heads } of sites) {
    for (let head = 0; head < heads; head++) {
      rows.push((await capture.row({ block, layer, head, query })).weights);
    }
  }
  return rows;
}

/** Index of the first token that stands for a word. */
function at(tokens: readonly Token[], word: string): number {
  const index = tokens.findIndex(({ text }) => text.trim().toLowerCase() === word.toLowerCase());
  assert.ok(index >= 0, word);
  return index;
}
