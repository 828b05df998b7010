import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import { openTokenizer } from '../../../src/inspector/huggingface/openTokenizer';
import type { AlignedTokenizer } from '../../../src/inspector/tokenizer/types';

const opened = new Map<string, Promise<AlignedTokenizer>>();

/** A real tokenizer: of a bundled model, or of a fixture by its folder's name. */
export function testTokenizer(name: string): Promise<AlignedTokenizer> {
  const known = opened.get(name);
  if (known) return known;
  const isBundled = name === 'encoder' || name === 'decoder';
  const tokenizer = isBundled ? openTokenizer(`models/${name}`) : fixture(name);
  opened.set(name, tokenizer);
  return tokenizer;
}

async function fixture(name: string): Promise<AlignedTokenizer> {
  const file = await readFile(`test/fixtures/tokenizers/tok/${name}/tokenizer.json.gz`);
  return createTokenizer(JSON.parse(gunzipSync(file).toString('utf8')));
}
