import type { Corpus } from './corpus';
import { sampleItems } from './fit/sample';
import type { Split } from './splits';

/** Words of a corpus that a model is run on, at most. */
const MOST_WORDS = 80_000;
/** Memory that the vectors of all words may take, in bytes. */
const MOST_BYTES = 768 * 2 ** 20;
/** Of the words at most this share is for testing. */
const TEST_SHARE = 1 / 3;

/**
 * The sentences that are run, in the order of the corpus: those for training and those for testing, all of
 * them or a random choice that the seed repeats.
 * @param bytesPerWord memory of a word's vectors of all states
 */
export function chooseSentences(
  corpus: Corpus,
  bytesPerWord: number,
  seed: number,
): readonly number[] {
  const most = Math.min(MOST_WORDS, Math.floor(MOST_BYTES / bytesPerWord));
  const inTest = choose(corpus, 'test', most * TEST_SHARE, seed);
  const wordsIn = (chosen: readonly number[]) =>
    chosen.reduce((sum, i) => sum + (corpus.sentences[i]?.words.length ?? 0), 0);
  const inTrain = choose(corpus, 'train', most - wordsIn(inTest), seed);
  return [...inTest, ...inTrain].sort((a, b) => a - b);
}

function choose(
  { sentences, splits }: Corpus,
  split: Split,
  words: number,
  seed: number,
): readonly number[] {
  const mine = [...sentences.keys()].filter(i => splits[i] === split);
  const chosen: number[] = [];
  let left = words;
  for (const at of sampleItems(mine.length, mine.length, seed)) {
    const i = mine[at] ?? 0;
    left -= sentences[i]?.words.length ?? 0;
    if (left < 0) break;
    chosen.push(i);
  }
  return chosen;
}
