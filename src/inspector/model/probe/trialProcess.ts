import { isMainThread, Worker, workerData } from 'node:worker_threads';
import type { Trial } from './trial';

/** Milliseconds between two looks at the clock and the memory. */
const PAUSE = 50;

/** What a trial may take. */
type Limits = Pick<Trial, 'milliseconds' | 'bytes'>;

/**
 * Runs a graph once for the process that forked this one. A run blocks its thread, so another one ends
 * the process where it takes too long or too much, even if nobody is there any more to end it.
 */
if (isMainThread) {
  process.once('message', (trial: Trial) => {
    const { milliseconds, bytes } = trial;
    new Worker(import.meta.filename, {
      workerData: { milliseconds, bytes } satisfies Limits,
    }).unref();
    void run(trial).finally(() => process.exit());
  });
} else watch(workerData as Limits);

async function run({ model, folder, options, feeds, output }: Trial): Promise<void> {
  const { Session } = await import('../../runtime/session');
  const ort = await import('../../runtime/ort');
  const session = await Session.open(model, folder, options);
  const tensors = feeds.map(({ name, type, data, dims }) => {
    return [name, new ort.Tensor(type, data, dims)] as const;
  });
  await session.run(Object.fromEntries(tensors), [output]);
}

function watch({ milliseconds, bytes }: Limits): void {
  const until = performance.now() + milliseconds;
  setInterval(() => {
    const isWithin = performance.now() < until && process.memoryUsage.rss() < bytes;
    if (!isWithin) process.kill(process.pid, 'SIGKILL');
  }, PAUSE);
}
