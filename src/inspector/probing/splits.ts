import type { ConlluSentence } from './conllu';
import { randomNumbers } from './fit/sample';

/** Which part of a corpus a sentence belongs to. */
export type Split = 'train' | 'dev' | 'test';

const SPLITS: readonly Split[] = ['train', 'dev', 'test'];
const TRAIN_SHARE = 0.7;
const DEV_SHARE = 0.1;

/**
 * The part of each sentence: from its comment `# split = train`, `dev` or `test` where the file has some
 * for training and some for testing (sentences without one then count as training), else 70, 10 and 20 %
 * of the sentences by seeded chance.
 */
export function splitsOf(sentences: readonly ConlluSentence[], seed: number): readonly Split[] {
  const given = sentences.map(({ comments }) =>
    SPLITS.find(split => split === comments.get('split')),
  );
  if (given.includes('train') && given.includes('test')) return given.map(each => each ?? 'train');
  const random = randomNumbers(seed);
  return sentences.map(() => {
    const drawn = random();
    if (drawn < TRAIN_SHARE) return 'train';
    return drawn < TRAIN_SHARE + DEV_SHARE ? 'dev' : 'test';
  });
}
