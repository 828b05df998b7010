import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { choicesFile, readChoices } from './tokenizerChoices';

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
  const file = choicesFile(storage);
  const known = await readChoices(storage);
  const text = JSON.stringify({ ...known, [model]: tokenizer }, null, 2);
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}
