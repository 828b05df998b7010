import { InspectorError } from '../../protocol/errors';
import type { Stack } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { CaptureRequest, Feeds, ModelRun } from '../model/run';
import { stackTokens, tokenFeeds, type StackTokens } from '../run/modelInput';
import { breaths } from '../runtime/breathe';
import { checkCancelled } from './cancelled';
import type { ConlluSentence } from './conllu';
import type { CorpusWork } from './probeFiles';

/** Bytes of weights × tokens of one batch: about a quarter of a second on two cores, within which a run heeds nobody. */
const BATCH_WORK = 10e9;
const LARGEST_BATCH = 1024;

/** What is run, and what is wanted of it. */
export interface SentenceRun {
  /** Absolute path of the model. */
  readonly model: string;
  readonly sentences: readonly ConlluSentence[];
  /** Indices of the sentences that are run. */
  readonly chosen: readonly number[];
  readonly request: CaptureRequest;
  /** Longer sentences are cut. */
  readonly mostTokens: number;
  /** Progress: 0 to 1 of this part of the work. */
  readonly progress: (label: string, done: number) => void;
  /** Gets each batch: tokens and row `i` of the run belong to `batch[i]`. */
  readonly take: (batch: readonly TokenizedSentence[], run: ModelRun) => void;
}

/** The stack that reads the text of a sentence: the encoder of encoder–decoder models. */
export const textStack = (stacks: readonly Stack[]): Stack => stacks[0] ?? 'encoder';

/**
 * Runs a model over sentences in batches, as work that waits for its turn; between two batches messages are
 * read.
 * @returns how many sentences were too long and were cut
 * @throws InspectorError `cancelled`, and what the tokenizer and the model throw
 */
export function runSentences(
  run: SentenceRun,
  work: Pick<CorpusWork, 'store' | 'inTurn' | 'signal'>,
): Promise<{ readonly cut: number }> {
  return work.inTurn(() => runAll(run, work));
}

async function runAll(
  { model: path, sentences, chosen, request, mostTokens, progress, take }: SentenceRun,
  { store, signal }: Pick<CorpusWork, 'store' | 'signal'>,
): Promise<{ readonly cut: number }> {
  checkCancelled(signal);
  const model = await store.model(path);
  const tokenizer = await store.tokenizer(path);
  const most = Math.min(mostTokens, model.card.maximumPositions ?? Infinity);
  const breathe = breaths();
  const tokenized: TokenizedSentence[] = [];
  let cut = 0;
  for (const sentence of chosen) {
    checkCancelled(signal);
    const { tokens, total } = tokenizer.encode(sentences[sentence]?.text ?? '', {
      maximumTokens: most,
    });
    if (total > tokens.length) cut++;
    if (tokens.length > 0) tokenized.push({ sentence, tokens });
    await breathe();
  }

  const others = await stackTokens(model, tokenizer, [], '', most);
  const inBatch = Math.min(
    LARGEST_BATCH,
    Math.floor(BATCH_WORK / Math.max(1, model.card.fileSize)),
  );
  let finished = 0;
  for (const batch of batchesOf(tokenized, inBatch)) {
    progress(runningLabel(finished, tokenized.length), finished / tokenized.length);
    await letOthers();
    checkCancelled(signal);
    take(batch, await model.run(feedsOf(model, batch, others), request));
    finished += batch.length;
  }
  progress(runningLabel(finished, tokenized.length), 1);
  return { cut };
}

const runningLabel = (finished: number, all: number) =>
  `Running ${finished.toLocaleString('en')} of ${all.toLocaleString('en')} sentences`;

/** The runtime blocks this thread: before it does, messages leave and a wish to cancel is read. */
const letOthers = () => new Promise<void>(resolve => void setTimeout(resolve));

/**
 * The feeds of a batch, `[rows, tokens]` each.
 * @param others what the stacks that do not read the sentence are given: a decoder its start token
 */
function feedsOf(
  model: InstrumentedModel,
  batch: readonly TokenizedSentence[],
  others: StackTokens,
): Feeds {
  const rows = batch.length;
  const inARow: { [S in Stack]?: readonly Token[] } = {};
  for (const stack of model.card.stacks) {
    const isRead = stack === textStack(model.card.stacks);
    inARow[stack] = batch.flatMap(({ tokens }) => (isRead ? tokens : (others[stack] ?? [])));
  }
  const feeds = Object.entries(tokenFeeds(model, inARow)).map(([name, { dims, data }]) => {
    const [, all = 0] = dims;
    return [name, { dims: [rows, all / rows], data }] as const;
  });
  return Object.fromEntries(feeds);
}

/** @throws InspectorError for a stack whose residual stream the graph does not show */
export function statesOf(
  { hiddenStates, lastResidual }: ModelRun,
  stack: Stack,
  name: string,
): readonly Float32Array[] {
  const states = hiddenStates[stack] ?? [];
  const last = lastResidual[stack] ?? states.at(-1);
  if (last) return [...states.slice(0, -1), last].map(({ data }) => data);
  throw new InspectorError(
    'not-captured',
    `The graph of ${name} does not show the states between its layers, so there is nothing to probe. Choose another export of the model.`,
  );
}

/** A sentence as the tokenizer split it. */
export interface TokenizedSentence {
  /** Index in the corpus. */
  readonly sentence: number;
  readonly tokens: readonly Token[];
}

/**
 * Sentences of equally many tokens together, shortest first, so that a batch needs no padding and each row
 * gets the numbers that it would get alone.
 * @param mostTokens of a batch; one sentence may have more
 */
export function batchesOf(
  sentences: readonly TokenizedSentence[],
  mostTokens: number,
): readonly (readonly TokenizedSentence[])[] {
  const sorted = sentences.toSorted(
    (a, b) => a.tokens.length - b.tokens.length || a.sentence - b.sentence,
  );
  const batches: TokenizedSentence[][] = [];
  for (const each of sorted) {
    const batch = batches.at(-1);
    const length = each.tokens.length;
    const fits = batch?.[0]?.tokens.length === length && (batch.length + 1) * length <= mostTokens;
    if (fits) batch.push(each);
    else batches.push([each]);
  }
  return batches;
}
