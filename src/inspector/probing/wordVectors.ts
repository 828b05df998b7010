import type { Word } from '../../protocol/words';
import type { CaptureRequest } from '../model/run';
import { alignWords } from './alignWords';
import type { ConlluSentence } from './conllu';
import type { CorpusWork } from './probeFiles';
import { runSentences, statesOf, textStack } from './runSentences';
import type { WordSpan } from './taskItem';

const STATES_ONLY: CaptureRequest = {
  weights: false,
  queryKeyValue: false,
  maskedScores: false,
  headOutput: false,
  hiddenStates: true,
  logits: false,
};

/** Longer sentences are cut: no sentence that people write is longer. */
const MOST_TOKENS = 1024;

/** A vector for each word of some sentences, in every state of a stack. */
export interface WordVectors {
  /** Length of a vector. */
  readonly width: number;
  /** `[states]` of `[words, width]`: 0 = embeddings, the last one before any final normalisation. */
  readonly states: readonly Float32Array[];
  /** Row of the first word of each sentence that was run. */
  readonly firstRow: ReadonlyMap<number, number>;
  /** 1 where the model read the word, 0 where the sentence was cut before it `[words]`. */
  readonly isRead: Uint8Array;
  /** Sentences that were too long and were cut. */
  readonly cut: number;
}

/** Which sentences are run through which model. */
export interface VectorsOf {
  readonly model: string;
  readonly sentences: readonly ConlluSentence[];
  readonly chosen: readonly number[];
  readonly progress: (label: string, done: number) => void;
}

/**
 * Runs sentences through a model and keeps a vector for each word: the mean of its tokens' states.
 * @throws InspectorError `cancelled`, `not-captured`
 */
export async function wordVectors(
  { model, sentences, chosen, progress }: VectorsOf,
  work: Pick<CorpusWork, 'store' | 'inTurn' | 'signal'>,
): Promise<WordVectors> {
  const { card } = await work.store.model(model);
  const stack = textStack(card.stacks);
  const firstRow = new Map<number, number>();
  let words = 0;
  for (const i of chosen) {
    firstRow.set(i, words);
    words += sentences[i]?.words.length ?? 0;
  }
  const states: Float32Array[] = [];
  const isRead = new Uint8Array(words);
  const { modelDim: width } = card;
  const { cut } = await runSentences(
    {
      model,
      sentences,
      chosen,
      request: STATES_ONLY,
      mostTokens: MOST_TOKENS,
      progress,
      take: (batch, run) => {
        const read = statesOf(run, stack, card.name);
        while (states.length < read.length) states.push(new Float32Array(words * width));
        for (const [row, { sentence, tokens }] of batch.entries()) {
          const places = alignWords(sentences[sentence]?.words ?? [], tokens);
          const first = firstRow.get(sentence) ?? 0;
          places.forEach((place, i) => {
            if (!place) return;
            isRead[first + i] = 1;
            for (const [state, values] of read.entries()) {
              const into = states[state]?.subarray((first + i) * width, (first + i + 1) * width);
              if (into) meanInto(into, values, shifted(place, row * tokens.length));
            }
          });
        }
      },
    },
    work,
  );
  return { width, states, firstRow, isRead, cut };
}

const shifted = ({ first, end }: Word, by: number): Word => ({ first: first + by, end: end + by });

/**
 * Adds the mean of some rows of `values` to `into`.
 * @param into `[width]`
 * @param values `[rows, width]`
 */
export function meanInto(into: Float32Array, values: Float32Array, { first, end }: Word): void {
  const width = into.length;
  for (let row = first; row < end; row++) {
    for (let i = 0; i < width; i++) {
      into[i] = (into[i] ?? 0) + (values[row * width + i] ?? 0) / (end - first);
    }
  }
}

/** Rows of a span's words; undefined where one of them was not read. */
export function rowsOf(
  { firstRow, isRead }: WordVectors,
  sentence: number,
  [first, last]: WordSpan,
): Word | undefined {
  const start = firstRow.get(sentence);
  if (start === undefined) return undefined;
  const rows = { first: start + first, end: start + last + 1 };
  return isRead.subarray(rows.first, rows.end).includes(0) ? undefined : rows;
}
