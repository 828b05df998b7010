import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Words that the fixtures' vocabulary of 53 entries is given. */
const WORDS = 'the tiger jumped over a tree by river and slept in sun'.split(' ');

/** A text of those words. */
export const BLOCK_TEXT = 'the tiger jumped over a tree by the river and slept in the sun';

/** A copy of a model of `test/fixtures/blocks` with a tokenizer that splits at white space: its folder. */
export function blockModel(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'attention-debugger-blocks-'));
  cpSync(resolve('test/fixtures/blocks', name), folder, { recursive: true });
  const entries = Array.from({ length: 53 }, (_, id) => [WORDS[id - 4] ?? `[${id}]`, id] as const);
  const model = { type: 'WordLevel', vocab: Object.fromEntries(entries), unk_token: '[0]' };
  const tokenizer = { version: '1.0', model, pre_tokenizer: { type: 'WhitespaceSplit' } };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  return folder;
}
