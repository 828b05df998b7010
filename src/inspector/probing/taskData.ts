import type { ProbeTask } from '../../protocol/probes';
import type { Cancellation } from '../../protocol/rpc';
import type { Word } from '../../protocol/words';
import { breaths } from '../runtime/breathe';
import { checkCancelled } from './cancelled';
import type { Corpus } from './corpus';
import { featureDims, featuresOf } from './features';
import { sampleItems, TRAIN_LIMIT, randomNumbers } from './fit/sample';
import type { ProbeItems, ProbeTaskData } from './fit/types';
import type { Split } from './splits';
import type { TaskItem } from './taskItem';
import { combinationOf, itemsOf } from './tasks';
import { rowsOf, type WordVectors } from './wordVectors';

/** Fewer items say nothing. */
const LEAST_TRAIN = 50;
const LEAST_TEST = 20;
const MOST_TEST = 20_000;
/** Memory that the features of one part of one task may take, in bytes. */
const MOST_BYTES = 512 * 2 ** 20;

/** An item whose words the model read, with the rows of their vectors. */
interface ReadItem {
  readonly item: TaskItem;
  readonly rows: readonly Word[];
}

/** What the probes of a task are fitted on, or why they cannot be. */
export type PreparedTask =
  { readonly data: ProbeTaskData } | { /** A sentence. */ readonly reason: string };

/**
 * Gathers features, labels and control labels of a task; large corpora are sampled.
 * @throws InspectorError `cancelled`
 */
export async function taskData(
  task: ProbeTask,
  corpus: Corpus,
  vectors: WordVectors,
  { seed, signal }: { readonly seed: number; readonly signal: Cancellation },
): Promise<PreparedTask> {
  const found = itemsOf(task, corpus.sentences, vectors.firstRow.keys());
  if ('reason' in found) return found;
  const combination = combinationOf(task);
  const dims = featureDims(combination, vectors.width);
  const most = Math.floor(MOST_BYTES / (4 * dims * vectors.states.length));
  const read = withRows(found.items, vectors);
  const part = (split: Split, limit: number) => {
    const mine = read.filter(({ item }) => corpus.splits[item.sentence] === split);
    const order = sampleItems(mine.length, Math.min(limit, most), seed);
    return [...order].flatMap(i => mine[i] ?? []);
  };
  const [train, test] = [part('train', TRAIN_LIMIT), part('test', MOST_TEST)];
  if (train.length < LEAST_TRAIN || test.length < LEAST_TEST) {
    return {
      reason: `There are ${train.length} items for training and ${test.length} for testing; a probe needs ${LEAST_TRAIN} and ${LEAST_TEST}.`,
    };
  }
  const classes = [...new Set([...train, ...test].map(({ item }) => item.label))].sort();
  const classOf = new Map(classes.map((name, i) => [name, i]));
  const counts = classes.map(() => 0);
  for (const { item } of train) {
    const label = classOf.get(item.label) ?? 0;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  if (counts.filter(Boolean).length < 2) {
    return { reason: 'All items for training have the same label.' };
  }
  const control = controlLabels(typesOf([...train, ...test]), counts, seed);
  const breathe = breaths();
  const numbers = async (items: readonly ReadItem[]): Promise<ProbeItems> => {
    const rows = items.map(item => item.rows);
    const features: Float32Array[] = [];
    for (const state of vectors.states) {
      await breathe();
      checkCancelled(signal);
      features.push(featuresOf(combination, state, vectors.width, rows));
    }
    return {
      count: items.length,
      features,
      labels: Int32Array.from(items, ({ item }) => classOf.get(item.label) ?? 0),
      control: Int32Array.from(items, ({ item }) => control.get(item.type) ?? 0),
    };
  };
  return { data: { dims, classes, train: await numbers(train), test: await numbers(test) } };
}

function withRows(items: readonly TaskItem[], vectors: WordVectors): readonly ReadItem[] {
  return items.flatMap(item => {
    const rows = item.spans.flatMap(span => rowsOf(vectors, item.sentence, span) ?? []);
    return rows.length === item.spans.length ? [{ item, rows }] : [];
  });
}

const typesOf = (items: readonly ReadItem[]) => items.map(({ item }) => item.type);

/**
 * Random classes for a control task (Hewitt & Liang 2019): one for each type, drawn from the frequencies of
 * the classes, so that a probe can do well on it only by memorising types.
 * @param types in the order in which they are drawn
 * @param counts how often each class occurs `[classes]`
 */
export function controlLabels(
  types: Iterable<string>,
  counts: readonly number[],
  seed: number,
): ReadonlyMap<string, number> {
  const random = randomNumbers(seed);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const labels = new Map<string, number>();
  for (const type of types) {
    if (!labels.has(type)) labels.set(type, drawn(counts, random() * total));
  }
  return labels;
}

/** The class on whose share of the line `at` lies. */
function drawn(counts: readonly number[], at: number): number {
  let end = 0;
  for (const [i, count] of counts.entries()) {
    end += count;
    if (at < end) return i;
  }
  return Math.max(0, counts.length - 1);
}
