import { layerCount } from '../../protocol/model';
import {
  PROBE_TASKS,
  type ProbeChoice,
  type ProbeReport,
  type ProbeTask,
  type TaskReport,
} from '../../protocol/probes';
import { untilCancelled } from './cancelled';
import { chooseSentences } from './chooseSentences';
import { readCorpus, type Corpus } from './corpus';
import { modelHash } from './fileHashes';
import { fitTask } from './fit/fitTask';
import { TRAIN_LIMIT } from './fit/sample';
import type { LinearProbe } from './fit/types';
import type { CorpusWork } from './probeFiles';
import type { StoredProbes } from './probeStore';
import { textStack } from './runSentences';
import { taskData } from './taskData';
import { wordVectors, type WordVectors } from './wordVectors';

/** Of every random choice: splits, samples, control labels, order of online coding. */
export const PROBE_SEED = 20260;
/** Share of the progress that running the sentences takes; the rest is fitting. */
const RUNNING = 0.15;

const CAVEATS =
  'A probe says what a linear classifier can read from a state, not what the model uses: compare accuracy with selectivity (Hewitt & Liang 2019) and description length (Voita & Titov 2020). Mixing weights, and so expected layer and centre of gravity, mislead where the norms of the states differ (Fayyaz et al. 2021), and that layers do the tasks of a pipeline one after the other lacks conclusive support (Niu et al. 2022).';

/** Tasks as people read them. */
const TASK_NAMES: Readonly<Record<ProbeTask, string>> = {
  pos: 'part of speech',
  chunk: 'chunks',
  relation: 'dependency relations',
  head: 'dependency heads',
  entity: 'entities',
  coreference: 'coreference',
};

/**
 * Runs a corpus through a model and fits the probes of every task that the corpus has labels for.
 * @throws InspectorError `cancelled` within a second, `inputs-wrong`, `not-captured`
 */
export async function runAndFit(choice: ProbeChoice, work: CorpusWork): Promise<StoredProbes> {
  const started = performance.now();
  const { store, files, signal, progress } = work;
  progress({ label: 'Reading the sentences', done: 0 });
  const corpus = await readCorpus(choice, files, PROBE_SEED, signal);
  const { card } = await store.model(choice.model);
  const hash = await untilCancelled(signal, modelHash(choice.model));
  const stack = textStack(card.stacks);
  const layers = layerCount(card, stack);
  const chosen = chooseSentences(corpus, 4 * card.modelDim * (layers + 1), PROBE_SEED);
  const vectors = await wordVectors(
    {
      model: choice.model,
      sentences: corpus.sentences,
      chosen,
      progress: (label, done) => progress({ label, done: RUNNING * done }),
    },
    work,
  );
  const { tasks, missing, probes } = await fitTasks(corpus, vectors, work);
  const report: ProbeReport = {
    model: card.name,
    modelHash: hash,
    stack,
    corpus: corpus.name,
    corpusHash: corpus.hash,
    sentences: chosen.length,
    words: vectors.isRead.length,
    states: vectors.states.length,
    seed: PROBE_SEED,
    tasks,
    missing,
    notes: notesOn(corpus, chosen, vectors),
    caveats: CAVEATS,
    elapsed: performance.now() - started,
  };
  progress({ label: 'Done', done: 1 });
  return { report, probes };
}

async function fitTasks(
  corpus: Corpus,
  vectors: WordVectors,
  { signal, progress }: Pick<CorpusWork, 'signal' | 'progress'>,
) {
  const tasks: TaskReport[] = [];
  const missing: { task: ProbeTask; reason: string }[] = [];
  const probes = new Map<ProbeTask, readonly LinearProbe[]>();
  for (const [i, task] of PROBE_TASKS.entries()) {
    const report = (done: number) =>
      progress({
        label: `Fitting ${TASK_NAMES[task]}`,
        done: RUNNING + ((1 - RUNNING) * (i + done)) / PROBE_TASKS.length,
      });
    report(0);
    const prepared = await taskData(task, corpus, vectors, { seed: PROBE_SEED, signal });
    if ('reason' in prepared) {
      missing.push({ task, reason: prepared.reason });
      continue;
    }
    const { data } = prepared;
    const fitted = await fitTask(data, { seed: PROBE_SEED, signal, progress: report });
    const { probes: perState, ...scores } = fitted;
    probes.set(task, perState);
    tasks.push({
      task,
      classes: data.classes,
      trainItems: data.train.count,
      testItems: data.test.count,
      ...scores,
    });
  }
  return { tasks, missing, probes };
}

function notesOn(
  { sentences, splits }: Corpus,
  chosen: readonly number[],
  { cut }: WordVectors,
): readonly string[] {
  const count = (value: number) => value.toLocaleString('en');
  const inDev = splits.filter(split => split === 'dev').length;
  const left = sentences.length - inDev - chosen.length;
  return [
    ...(inDev > 0 ? [`${count(inDev)} sentences are for development and were not used.`] : []),
    ...(left > 0
      ? [
          `${count(left)} of ${count(sentences.length)} sentences were left out by chance, to stay within the limits of time and memory.`,
        ]
      : []),
    ...(cut > 0 ? [`${count(cut)} sentences are longer than the model reads and were cut.`] : []),
    `Each probe was fitted on at most ${count(TRAIN_LIMIT)} items.`,
  ];
}
