import { InspectorError } from '../../../protocol/errors';
import { bytesToElements } from '../../onnx/file/elements';
import { ElementType } from '../../onnx/file/types';
import type { Analysis } from '../../onnx/graph/analysis';
import type { LoadedGraph } from '../graph/loadGraph';
import { textsOf } from '../inputs/inputSignature';
import { isRefused, type OriginalGraph } from './original';
import { plainProbe } from './probe';

/** Lengths that are tried one by one. */
const EVERY_LENGTH_TO = 64;
/** Longer texts are not made up. */
const LONGEST = 2048;
const MOST_CONSTANTS = 32;
const MILLISECONDS = 20_000;

/** Lengths of texts by the names of their inputs. */
type Lengths = ReadonlyMap<string, number>;
type Runs = (lengths: Lengths) => Promise<boolean>;

/**
 * Finds lengths that a graph runs with where it fails on the usual ones: exports may have the lengths of
 * their trace baked in although they say that they take any.
 * @param failed the length of the first text that failed, and how
 * @param preferred lengths to try first
 * @returns the graph with the only lengths it takes, or the most tokens that it takes
 * @throws InspectorError `model-unsupported` where every length fails
 */
export async function findLengths(
  loaded: LoadedGraph,
  original: OriginalGraph,
  failed: { readonly length: number; readonly error: InspectorError },
  preferred: readonly number[],
): Promise<LoadedGraph> {
  const runs: Runs = async lengths => {
    const all = [...lengths.values()];
    if (all.some(length => length < 1 || length > LONGEST)) return false;
    try {
      await original.run(plainProbe(withLengths(loaded, lengths), Math.max(...all)));
      return true;
    } catch (error) {
      if (isRefused(error)) return false;
      throw error;
    }
  };
  const open = textsOf(loaded.signature).filter(name => !loaded.signature.lengths.has(name));
  const [first, second, ...more] = open;
  if (first === undefined || more.length > 0) throw unrunnable(failed.error);
  const until = performance.now() + MILLISECONDS;
  const singles = candidates(loaded.analysis, preferred);
  const tried = second === undefined ? ofOne(first, singles) : ofTwo(first, second, singles);
  for (const lengths of tried) {
    if (performance.now() > until) break;
    const isFailed = second === undefined && lengths.get(first) === failed.length;
    if (isFailed || !(await runs(lengths))) continue;
    const only = await fixedOnes(runs, lengths);
    if (only.size > 0 || second !== undefined) return withLengths(loaded, only);
    const mostTokens = await longest(runs, first, lengths.get(first) ?? 1, failed.length);
    return { ...loaded, signature: { ...loaded.signature, mostTokens } };
  }
  throw unrunnable(failed.error);
}

/** Those of some lengths that run which cannot be one more or one less while the others stay. */
async function fixedOnes(runs: Runs, lengths: Lengths): Promise<Lengths> {
  const only = new Map<string, number>();
  for (const [name, length] of lengths) {
    const changed = (by: number) => runs(new Map([...lengths, [name, length + by]]));
    if (!(await changed(-1)) && !(await changed(1))) only.set(name, length);
  }
  return only;
}

/** The longest text that runs, from one that does to one that does not. */
async function longest(
  runs: Runs,
  name: string,
  runsWith: number,
  failsWith: number,
): Promise<number> {
  let [low, high] = [runsWith, failsWith];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await runs(new Map([[name, middle]]))) low = middle;
    else high = middle;
  }
  return low;
}

/** What is about to be run, what the graph holds as constants, then one length after the other. */
interface Candidates {
  readonly likely: readonly number[];
  readonly all: readonly number[];
}

function candidates({ index }: Analysis, preferred: readonly number[]): Candidates {
  const constants = new Set<number>();
  for (const { dims, data, elementType } of index.graph.initializers.values()) {
    if (elementType !== ElementType.int64 || data.kind !== 'inline' || dims.length > 1) continue;
    for (const value of bytesToElements(data.bytes, elementType) ?? []) {
      if (value >= 2 && value <= LONGEST) constants.add(value);
    }
  }
  const stored = [...constants].sort((a, b) => a - b).slice(0, MOST_CONSTANTS);
  const every = Array.from({ length: EVERY_LENGTH_TO }, (_, i) => i + 1).reverse();
  return { likely: [...preferred, ...stored], all: [...preferred, ...stored, ...every] };
}

function ofOne(name: string, { all }: Candidates): readonly Lengths[] {
  return [...new Set(all)].map(length => new Map([[name, length]]));
}

/** Pairs of likely lengths: all pairs of all lengths would take too long. */
function* ofTwo(first: string, second: string, { likely }: Candidates): Iterable<Lengths> {
  const each = [...new Set(likely)];
  for (const a of each) {
    for (const b of each) {
      yield new Map([
        [first, a],
        [second, b],
      ]);
    }
  }
}

function withLengths(loaded: LoadedGraph, lengths: Lengths): LoadedGraph {
  const all = new Map([...loaded.signature.lengths, ...lengths]);
  return { ...loaded, signature: { ...loaded.signature, lengths: all } };
}

/** The graph can be loaded but not even run on a made-up text. */
function unrunnable(cause: InspectorError): InspectorError {
  return new InspectorError(
    'model-unsupported',
    'The model fails on made-up texts of every length that was tried, so nothing can be shown: see the log for what the runtime says.',
    { cause, ...(cause.detail ? { detail: cause.detail } : {}) },
  );
}
