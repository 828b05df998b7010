import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const WORDS = 'the cat sat on a mat and it was warm'.split(' ');
/** A text of these words. */
export const WORDS_TEXT = 'the cat sat on the mat and it was warm';

const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false };

/** A copy of a fixture model with a tokenizer that has one token for each of a few words. */
export function wordModel(scratch: string, name: string, as = name): string {
  const folder = join(scratch, as);
  if (existsSync(folder)) return folder;
  cpSync(resolve('test/fixtures/onnx', name), folder, { recursive: true });
  writeWordTokenizer(folder);
  return folder;
}

/** Puts a tokenizer that has one token for each of a few words into a folder. */
export function writeWordTokenizer(folder: string): void {
  const vocab = Object.fromEntries(['[UNK]', ...WORDS].map((word, i) => [word, i + 3]));
  writeFileSync(
    join(folder, 'tokenizer.json'),
    JSON.stringify({
      version: '1.0',
      added_tokens: [{ id: 3, content: '[UNK]', special: true, ...PLAIN }],
      normalizer: null,
      pre_tokenizer: { type: 'Whitespace' },
      post_processor: null,
      decoder: null,
      model: { type: 'WordLevel', vocab, unk_token: '[UNK]' },
    }),
  );
}
