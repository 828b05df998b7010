import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CHOSEN_TOKENIZERS } from '../../protocol/model';

/** The file that holds which model goes with which tokenizer from elsewhere. */
export const choicesFile = (storage: string): string => path.join(storage, CHOSEN_TOKENIZERS);

/** Tokenizer files by the path of their model; nothing where the file is not there or was broken. */
export async function readChoices(storage: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse(await readFile(choicesFile(storage), 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
