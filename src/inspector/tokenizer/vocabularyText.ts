import { characterByte } from './bytes';
import type { AlignedTokenizer } from './types';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * What a vocabulary's spelling reads like: byte alphabets and `▁` become the text that they stand
 * for; pieces that are no whole characters, and `##`, stay as they are spelled.
 */
export function vocabularyText(spelling: string): string {
  if (spelling.includes('▁')) return spelling.replaceAll('▁', ' ');
  const bytes: number[] = [];
  for (const character of spelling) {
    const byte = characterByte(character);
    if (byte === undefined) return spelling;
    bytes.push(byte);
  }
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    return spelling;
  }
}

/** What a vocabulary entry reads like; `#id` where no tokenizer names it. */
export function entryText(
  tokenizer: Pick<AlignedTokenizer, 'tokenOf'> | undefined,
  id: number,
): string {
  const spelling = tokenizer?.tokenOf(id);
  return spelling === undefined ? `#${id}` : vocabularyText(spelling);
}
