import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../../scripts/machine.mjs';

/** Sentences of the small treebank: for training and for testing. */
const SMALL = { train: 45, test: 15 } as const;

/** The first sentences of the bundled treebank's two parts, without what 3 of the 6 tasks are about. */
export async function smallTreebank(): Promise<string> {
  const whole = await readFile(path.join(root, 'models/treebank/treebank.conllu'), 'utf8');
  const sentences = whole.trimEnd().split('\n\n');
  const of = (split: keyof typeof SMALL) =>
    sentences.filter(one => one.includes(`# split = ${split}\n`)).slice(0, SMALL[split]);
  const text = `${[...of('train'), ...of('test')].join('\n\n')}\n\n`;
  return text.replaceAll(/(?:Chunk|Coref|Entity)=[^|\n]*/g, 'Kept=No');
}
