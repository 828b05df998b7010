import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const TREEBANK = resolve('models/treebank/treebank.conllu');

/** A file of every `step`-th sentence of the treebank, as it stands there or changed. */
export function probeCorpus(
  scratch: string,
  name: string,
  step: number,
  change = (sentence: string) => sentence,
): string {
  const sentences = readFileSync(TREEBANK, 'utf8').trimEnd().split('\n\n');
  const chosen = sentences.filter((_, i) => i % step === 0).map(each => `${change(each)}\n\n`);
  const path = join(scratch, name);
  writeFileSync(path, chosen.join(''));
  return path;
}
