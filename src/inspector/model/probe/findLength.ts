import { InspectorError } from '../../../protocol/errors';
import { bytesToElements } from '../../onnx/file/elements';
import { ElementType } from '../../onnx/file/types';
import type { Analysis } from '../../onnx/graph/analysis';
import type { LoadedGraph } from '../graph/loadGraph';
import { isRefused, type OriginalGraph } from './original';
import { plainProbe } from './probe';

/** Lengths that are tried one by one. */
const EVERY_LENGTH_TO = 64;
/** Longer texts are not made up. */
const LONGEST = 2048;
const MOST_CONSTANTS = 32;
const MILLISECONDS = 20_000;

/**
 * Finds a length that a graph runs with where it fails on the usual one: exports may have the length of
 * their trace baked in although they say that they take any.
 * @param failed the length that failed, and how
 * @param preferred lengths to try first
 * @returns the graph with the only length it takes, or the most tokens that it takes
 * @throws InspectorError `model-unsupported` where every length fails
 */
export async function findLength(
  loaded: LoadedGraph,
  original: OriginalGraph,
  failed: { readonly length: number; readonly error: InspectorError },
  preferred: readonly number[],
): Promise<LoadedGraph> {
  const runs = async (length: number) => {
    if (length < 1 || length > LONGEST) return false;
    try {
      await original.run(plainProbe(withLength(loaded, length), length));
      return true;
    } catch (error) {
      if (isRefused(error)) return false;
      throw error;
    }
  };
  if (loaded.signature.length !== undefined) throw unrunnable(failed.error);
  const until = performance.now() + MILLISECONDS;
  for (const length of lengths(loaded.analysis, preferred)) {
    if (performance.now() > until) break;
    if (length === failed.length || !(await runs(length))) continue;
    const takesOthers = (await runs(length - 1)) || (await runs(length + 1));
    if (!takesOthers) return withLength(loaded, length);
    const mostTokens = await longest(runs, length, failed.length);
    return { ...loaded, signature: { ...loaded.signature, mostTokens } };
  }
  throw unrunnable(failed.error);
}

/** The longest text that runs, from one that does to one that does not. */
async function longest(
  runs: (length: number) => Promise<boolean>,
  runsWith: number,
  failsWith: number,
): Promise<number> {
  let [low, high] = [runsWith, failsWith];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await runs(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Candidates: what is about to be run, what the graph holds as constants, then one after the other. */
function lengths({ index }: Analysis, preferred: readonly number[]): Iterable<number> {
  const constants = new Set<number>();
  for (const { dims, data, elementType } of index.graph.initializers.values()) {
    if (elementType !== ElementType.int64 || data.kind !== 'inline' || dims.length > 1) continue;
    for (const value of bytesToElements(data.bytes, elementType) ?? []) {
      if (value >= 2 && value <= LONGEST) constants.add(value);
    }
  }
  const stored = [...constants].sort((a, b) => a - b).slice(0, MOST_CONSTANTS);
  const all = Array.from({ length: EVERY_LENGTH_TO }, (_, i) => i + 1).reverse();
  return new Set([...preferred, ...stored, ...all]);
}

function withLength(loaded: LoadedGraph, length: number): LoadedGraph {
  return { ...loaded, signature: { ...loaded.signature, length } };
}

/** The graph can be loaded but not even run on a made-up text. */
function unrunnable(cause: InspectorError): InspectorError {
  return new InspectorError(
    'model-unsupported',
    'The model fails on made-up texts of every length that was tried, so nothing can be shown: see the log for what the runtime says.',
    { cause, ...(cause.detail ? { detail: cause.detail } : {}) },
  );
}
