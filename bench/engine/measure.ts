/** Measures one model in a process of its own, so that peaks of memory do not mix; prints JSON. */
import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { GraphSession, type Wanted } from '../../src/inspector/model/graphSession';
import { loadGraph } from '../../src/inspector/model/loadGraph';
import { plainSkeleton, weightsFolder } from '../../src/inspector/onnx/instrument';
import { readModel } from '../../src/inspector/onnx/readModel';
import type { Quantity } from '../../src/inspector/onnx/site';
import { dotProducts } from '../../src/inspector/runtime/dotProducts';
import { Session } from '../../src/inspector/runtime/session';
import type { Tensor } from '../../src/inspector/runtime/tensor';

const [mode = '', path = '', lengths = '128'] = process.argv.slice(2);
const threads = 1;
const repeats = 5;

/** Megabytes: the most that was ever resident, and what is resident now without mapped files. */
function memory(): { peak: number; own: number } {
  const status = readFileSync('/proc/self/status', 'utf8');
  const read = (key: string) =>
    Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { peak: Math.round(read('VmHWM')), own: Math.round(read('RssAnon')) };
}

function feedsOf(length: number) {
  const ids = BigInt64Array.from({ length }, (_, i) => BigInt(5 + ((i * 37) % 20000)));
  return { input_ids: new ort.Tensor('int64', ids, [1, length]) };
}

/**
 * Smallest processor time of some runs in milliseconds. With one thread that is the wall time of a
 * machine that does nothing else; on a busy one it is still comparable.
 */
async function best(run: () => Promise<unknown>): Promise<number> {
  await run();
  let least = Infinity;
  for (let i = 0; i < repeats; i++) {
    const started = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(started);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
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

const started = process.cpuUsage();
const loadTime = () => {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
};
const results: Record<string, unknown> = { mode };
if (mode === 'path') {
  const session = await ort.InferenceSession.create(path, { intraOpNumThreads: threads });
  results.load = loadTime();
  await session.run(feedsOf(128));
} else if (mode === 'plain') {
  const model = readModel(path);
  const session = await Session.open(plainSkeleton(model), weightsFolder(model), { threads });
  results.load = loadTime();
  const output = model.graph.outputs[0]?.name ?? '';
  for (const length of lengths.split(',').map(Number)) {
    results[length] = { plain: await best(() => session.run(feedsOf(length), [output])) };
  }
} else {
  const session = await GraphSession.open(loadGraph(path), { threads });
  results.load = loadTime();
  if (lengths) {
    for (const length of lengths.split(',').map(Number)) {
      const feeds = feedsOf(length);
      const run = (...quantities: Quantity[]) => session.run(feeds, 1, wanted(...quantities));
      const { sites } = await run('query', 'key');
      const { query, key } = sites[0] ?? {};
      results[length] = {
        logits: await best(() => run()),
        weights: await best(() => run('weights')),
        queryKeyValue: await best(() => run('query', 'key', 'value')),
        oneHead: await best(() => Promise.resolve(query && key && oneHead(query, key))),
      };
    }
  } else {
    await session.run(feedsOf(128), 1, wanted());
  }
}
console.log(JSON.stringify({ ...results, ...memory() }));
