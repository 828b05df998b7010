import { basename } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import type { ProbeChoice } from '../../protocol/probes';
import type { Cancellation } from '../../protocol/rpc';
import { untilCancelled } from './cancelled';
import { readConlluFile, type ConlluSentence } from './conllu';
import { hashFiles } from './fileHashes';
import type { ProbeFiles } from './probeFiles';
import { splitsOf, type Split } from './splits';

/** Annotated sentences that probes are fitted on. */
export interface Corpus {
  /** For people: the file's name. */
  readonly name: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly hash: string;
  readonly sentences: readonly ConlluSentence[];
  /** Part of each sentence. */
  readonly splits: readonly Split[];
}

const TREEBANK_NAME = 'Bundled treebank';

/** The file of a choice. @throws InspectorError where the bundled treebank is not there */
export function corpusPath({ corpus }: Pick<ProbeChoice, 'corpus'>, files: ProbeFiles): string {
  const path = corpus ?? files.treebank;
  if (path !== undefined) return path;
  throw new InspectorError('inputs-wrong', 'There is no bundled treebank. Choose a CoNLL-U file.');
}

/** What people call the corpus of a choice. */
export const corpusName = ({ corpus }: Pick<ProbeChoice, 'corpus'>): string =>
  corpus === undefined ? TREEBANK_NAME : basename(corpus);

/**
 * Reads the CoNLL-U file of a choice and divides its sentences.
 * @param seed of the division where the file gives none
 * @throws InspectorError `inputs-wrong` with the line that is wrong, `cancelled`
 */
export async function readCorpus(
  choice: Pick<ProbeChoice, 'corpus'>,
  files: ProbeFiles,
  seed: number,
  signal: Cancellation,
): Promise<Corpus> {
  const path = corpusPath(choice, files);
  const controller = new AbortController();
  signal.addEventListener('abort', () => controller.abort());
  if (signal.aborted) controller.abort();
  const sentences = await readConlluFile(path, { signal: controller.signal });
  return {
    name: corpusName(choice),
    hash: await untilCancelled(signal, hashFiles([path])),
    sentences,
    splits: splitsOf(sentences, seed),
  };
}
