import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const BESIDE = [
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'config.json',
  'tokenizer.model',
];

/** A string that changes when a file that decides how a tokenizer splits is written again. */
export async function tokenizerStamp(file: string): Promise<string> {
  const names = [basename(file), ...BESIDE];
  const stamps = names.map(async name => {
    const found = await stat(join(dirname(file), name)).catch(() => undefined);
    return found ? `${found.size} ${found.mtimeMs} ${found.ctimeMs} ${found.ino}` : '';
  });
  return (await Promise.all(stamps)).join('\n');
}
