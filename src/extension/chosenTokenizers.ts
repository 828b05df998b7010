import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { CHOSEN_TOKENIZERS } from '../protocol/model';

/** Asks for a tokenizer file; undefined where none was chosen. */
export async function askTokenizer(model: string): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: `Attention Debugger: choose a tokenizer for ${path.basename(model)}`,
    openLabel: 'Use This Tokenizer',
    filters: { 'Tokenizers of Hugging Face': ['json'] },
  });
  return chosen?.[0]?.fsPath;
}

/**
 * Notes down in the storage folder, which the inspector reads, that a model goes with a tokenizer file
 * from elsewhere.
 */
export async function rememberTokenizer(
  storage: string,
  model: string,
  tokenizer: string,
): Promise<void> {
  await mkdir(storage, { recursive: true });
  const file = path.join(storage, CHOSEN_TOKENIZERS);
  const known = await readChoices(file);
  const text = JSON.stringify({ ...known, [model]: tokenizer }, null, 2);
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}

/** What was chosen so far; nothing where the file is not there or was broken. */
async function readChoices(file: string): Promise<object> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
