import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { small } from './graphs';

/** A text of so many words, none of them like its neighbours. */
export function textOf(length: number): string {
  return Array.from({ length }, (_, i) => `w${(i * 7 + 3) % small.vocabulary}`).join(' ');
}

/** Writes a tokenizer with a token for each word of `textOf` beside a graph; returns the folder. */
export function withWords(path: string): string {
  const folder = dirname(path);
  const vocab = Object.fromEntries(
    Array.from({ length: small.vocabulary }, (_, id) => [`w${id}`, id]),
  );
  const tokenizer = {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab, unk_token: 'w0' },
  };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  return folder;
}
