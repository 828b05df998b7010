import type { ConlluSentence } from './conllu';
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
  const { sentences, splits } = corpus;
  const ofSplit = (split: Split) => [...sentences.keys()].filter(i => splits[i] === split);
  const inTest = sampleWords(sentences, ofSplit('test'), most * TEST_SHARE, seed);
  const words = inTest.reduce((sum, i) => sum + (sentences[i]?.words.length ?? 0), 0);
  const inTrain = sampleWords(sentences, ofSplit('train'), most - words, seed);
  return [...inTest, ...inTrain].sort((a, b) => a - b);
}

/** As many of some sentences as have no more than `most` words together, drawn by seeded chance. */
function sampleWords(
  sentences: readonly ConlluSentence[],
  from: readonly number[],
  most: number,
  seed: number,
): readonly number[] {
  const chosen: number[] = [];
  let left = most;
  for (const at of sampleItems(from.length, from.length, seed)) {
    const i = from[at] ?? 0;
    left -= sentences[i]?.words.length ?? 0;
    if (left < 0) break;
    chosen.push(i);
  }
  return chosen;
}

/** Sentences of a corpus whose parts do not matter, at most `MOST_WORDS` words of them. */
export function chooseAny(sentences: readonly ConlluSentence[], seed: number): readonly number[] {
  const chosen = sampleWords(sentences, [...sentences.keys()], MOST_WORDS, seed);
  return chosen.toSorted((a, b) => a - b);
}
