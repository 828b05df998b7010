/** Measures one model in a process of its own, so that peaks of memory do not mix; prints JSON. */
import { readFileSync } from 'node:fs';
import * as ort from '../../src/inspector/runtime/ort';
import { GraphSession, type Wanted } from '../../src/inspector/model/graph/graphSession';
import { loadGraph } from '../../src/inspector/model/graph/loadGraph';
import { plainSkeleton, weightsFolder } from '../../src/inspector/onnx/rewrite/instrument';
import type { Quantity } from '../../src/inspector/onnx/graph/site';
import { dotProducts } from '../../src/inspector/runtime/dotProducts';
import { Session } from '../../src/inspector/runtime/session';
import type { Tensor } from '../../src/inspector/runtime/tensor';

const [mode = '', path = '', lengths = ''] = process.argv.slice(2);
const threads = 1;
const rounds = 4;

/** Megabytes: the most that was ever resident, and what is resident now without mapped files. */
function memory(): { peak: number; own: number } {
  const status = readFileSync('/proc/self/status', 'utf8');
  const read = (key: string) =>
    Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { peak: read('VmHWM'), own: read('RssAnon') };
}

function feedsOf(length: number) {
  const ids = BigInt64Array.from({ length }, (_, i) => BigInt(5 + ((i * 37) % 20000)));
  return { input_ids: new ort.Tensor('int64', ids, [1, length]) };
}

/** Milliseconds of processor time since `started`, of all threads. */
function spent(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/**
 * Least processor time of tasks that take turns. With one thread that is the wall time of a machine that
 * does nothing else; on a busy one it is still comparable. Garbage is collected between the tasks.
 */
async function least<Task extends string>(
  tasks: Record<Task, () => Promise<unknown>>,
): Promise<Record<Task, number>> {
  const names = Object.keys(tasks) as Task[];
  const times = Object.fromEntries(names.map(name => [name, Infinity])) as Record<Task, number>;
  for (const name of names) await tasks[name]();
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      globalThis.gc?.();
      const started = process.cpuUsage();
      await tasks[name]();
      times[name] = Math.min(times[name], spent(started));
    }
  }
  return times;
}

const wanted = (...quantities: Quantity[]): Wanted => ({
  quantities: new Set(quantities),
  hiddenStates: false,
  output: true,
});

/** One head from captured query and key, as it is derived on demand for long texts. */
function oneHead(query: Tensor, key: Tensor): Float32Array {
  const [, , queries = 0, width = 0] = query.dims;
  const head = ({ data }: Tensor) => ({
    dims: [1, 1, queries, width],
    data: data.subarray(0, queries * width),
  });
  const scores = dotProducts(head(query), head(key), 1 / Math.sqrt(width));
  const weights = new Float32Array(scores.length);
  for (let row = 0; row < scores.length; row += queries) {
    let sum = 0;
    for (let k = 0; k < queries; k++) sum += weights[row + k] = Math.exp(scores[row + k] ?? 0);
    for (let k = 0; k < queries; k++) weights[row + k] = (weights[row + k] ?? 0) / sum;
  }
  return weights;
}

/** A plain session and an instrumented one of the same file, in turns. */
async function times(): Promise<Record<number, Record<string, number>>> {
  const loaded = loadGraph(path);
  const { model } = loaded.analysis;
  const output = model.graph.outputs[0]?.name ?? '';
  const plain = await Session.open(plainSkeleton(model), weightsFolder(model), { threads });
  const session = await GraphSession.open(loaded, { threads });
  const results: Record<number, Record<string, number>> = {};
  for (const length of lengths.split(',').map(Number)) {
    const feeds = feedsOf(length);
    const run = (...quantities: Quantity[]) => session.run(feeds, 1, wanted(...quantities));
    const { query, key } = (await run('query', 'key')).sites[0] ?? {};
    results[length] = await least({
      plain: () => plain.run(feeds, [output]),
      nothing: () => run(),
      weights: () => run('weights'),
      queryKeyValue: () => run('query', 'key', 'value'),
      oneHead: () => Promise.resolve(query && key && oneHead(query, key)),
    });
  }
  return results;
}

/** Opens the file by its path as the runtime does, or as we do, and runs it once. */
async function open(): Promise<Record<string, number>> {
  const started = process.cpuUsage();
  const run =
    mode === 'runtime'
      ? await ort.InferenceSession.create(path, { intraOpNumThreads: threads }).then(
          session => () => session.run(feedsOf(128)),
        )
      : await GraphSession.open(loadGraph(path), { threads }).then(
          session => () => session.run(feedsOf(128), 1, wanted()),
        );
  const load = spent(started);
  await run();
  return { load, ...memory() };
}

console.log(JSON.stringify(mode === 'times' ? await times() : await open()));
