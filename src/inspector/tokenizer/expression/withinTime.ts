import { Worker } from 'node:worker_threads';
import { InspectorError } from '../../../protocol/errors';
import { findMatches, remember, type Search } from './matches';

/** How long a search may take beside this thread. */
const LIMIT_MS = 6000;
/** Searches of one text that are tried beside this thread. */
const SEARCHES = 3;

/** An expression that was stopped because it took too long. */
export class SlowExpressionError extends InspectorError {
  /** @param search undefined where it was given up before */
  constructor(
    message: string,
    readonly search: Search | undefined,
  ) {
    super('tokenizer-broken', message);
  }
}

/**
 * Runs `work`, which splits texts. An expression that takes too long is searched on in a thread of its
 * own, so that others are answered meanwhile, and then `work` runs again. What did not end there is
 * given up for good.
 * @throws SlowExpressionError and what `work` throws
 */
export async function withinTime<T>(work: () => T, limitMs = LIMIT_MS): Promise<T> {
  for (let searches = 0; ; searches++) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof SlowExpressionError) || !error.search) throw error;
      const matches = searches < SEARCHES ? await searchAside(error.search, limitMs) : undefined;
      remember(error.search, matches);
      if (!matches) throw error;
    }
  }
}

/** The matches, start and end by turns; undefined where time was up. */
async function searchAside(
  { pattern, text }: Search,
  limitMs: number,
): Promise<ArrayLike<number> | undefined> {
  const { source, flags } = pattern;
  const worker = new Worker(SCRIPT, {
    eval: true,
    execArgv: [],
    workerData: { source, flags, text },
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  const timer = setTimeout(() => void worker.terminate(), limitMs);
  return new Promise<ArrayLike<number> | undefined>(resolve => {
    worker.once('message', resolve);
    worker.once('error', () => resolve(undefined));
    worker.once('exit', () => resolve(undefined));
  }).finally(() => {
    clearTimeout(timer);
    void worker.terminate();
  });
}

const SCRIPT = `
const { parentPort, workerData } = require('node:worker_threads');
const { source, flags, text } = workerData;
const matches = (${findMatches.toString()})(new RegExp(source, flags), text);
parentPort.postMessage(Float64Array.from(matches));
`;
