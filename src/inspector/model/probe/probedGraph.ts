import type { SessionOptions } from '../../runtime/session';
import type { Tensor } from '../../runtime/tensor';
import { GraphSession, type GraphRun, type Wanted } from '../graph/graphSession';
import type { LoadedGraph } from '../graph/loadGraph';
import {
  onlyLength,
  textsOf,
  withOptions,
  type InputOptions,
  type InputSignature,
} from '../inputs/inputSignature';
import { findLengths } from './findLengths';
import { isRefused, OriginalGraph } from './original';
import { rowsOf, fillingProbe, type Probe } from './probe';
import { settleMasks } from './settleMasks';

/** A graph that runs, with everything known about its inputs, and what it gave for made-up texts. */
export interface ProbedGraph {
  readonly loaded: LoadedGraph;
  readonly session: GraphSession;
  /** In the order of the probes; the first one is there. */
  readonly runs: readonly ProbedRun[];
  /** The graph fails on several rows at once. */
  readonly takesOneRow: boolean;
}

export interface ProbedRun extends Probe {
  readonly run: GraphRun;
  /** The same output of the untouched graph. */
  readonly original: Tensor;
}

/**
 * Runs a graph and the untouched one on made-up texts, and finds out on the way what the graph wants to
 * be fed: the length that it takes, and the value of each mask that leaves the tokens visible.
 * @param probesOf made for what is known so far; the first one has one row, or as many as the graph takes
 * @throws InspectorError `model-unsupported`, `out-of-memory`; `inputs-wrong` for feeds that no input takes
 */
export async function probeGraph(
  file: LoadedGraph,
  options: SessionOptions & InputOptions,
  probesOf: (loaded: LoadedGraph) => readonly Probe[],
  wanted: Wanted,
): Promise<ProbedGraph> {
  const given = { ...file, signature: withOptions(file.signature, options) };
  const { loaded: running, originals } = await runOriginals(given, options, probesOf);
  const session = await GraphSession.open(running, options);
  const [first] = probesOf(running);
  const run = first && (await session.run(first.feeds, first.batch, wanted));
  if (first && run && isTurned(running, run, first.length)) {
    await session.dispose();
    const signature: InputSignature = { ...file.signature, axes: 'sequenceFirst' };
    return probeGraph({ ...file, signature }, options, probesOf, wanted);
  }
  let loaded = running;
  if (first && run) loaded = await settleMasks(running, session, first.length, run.sites);
  const probes = probesOf(loaded);
  const outputs =
    loaded === running ? originals : (await runOriginals(loaded, options, probesOf)).originals;
  const runs: ProbedRun[] = [];
  for (const [i, probe] of probes.entries()) {
    const original = outputs[i];
    if (!original) continue;
    const isFirst = i === 0 && loaded === running && run;
    const again = isFirst ? run : await session.run(probe.feeds, probe.batch, wanted);
    runs.push({ ...probe, run: again, original });
  }
  const hasRunTwo = probes.some(({ batch }, i) => batch === 2 && outputs[i] !== undefined);
  return {
    loaded: await withFilling(loaded, session),
    session,
    runs,
    takesOneRow: (rowsOf(loaded.signature) ?? (hasRunTwo ? 2 : 1)) === 1,
  };
}

/** Whether a graph took the tokens of one text for as many texts: it has `[tokens, batch]` then. */
function isTurned({ signature, sites }: LoadedGraph, run: GraphRun, length: number): boolean {
  const ids = signature.inputs.find(({ name }) => signature.roles.get(name) === 'tokens');
  if (signature.axes || length < 2 || ids?.dims?.length !== 2) return false;
  const [rows, columns] = ids.dims;
  if (typeof rows === 'number' || typeof columns === 'number') return false;
  // A graph that names its rows a batch does not mean tokens, even where its attention is over them.
  if (/batch/i.test(rows ?? '') && !/batch/i.test(columns ?? '')) return false;
  const maps = run.sites.flatMap(({ weights }, i) =>
    sites[i]?.isCross || !weights ? [] : weights,
  );
  const isTurnedMap = ([, heads = 0, queries, keys]: readonly number[]) =>
    queries === 1 && keys === 1 && heads % length === 0;
  // Where the exporter saw one text only, later layers may have lost the axis of the texts.
  const isWhole = ([, , queries, keys]: readonly number[]) => queries === length && keys === length;
  const shapes = maps.map(({ dims }) => dims);
  return shapes.some(isTurnedMap) && shapes.every(dims => isTurnedMap(dims) || isWhole(dims));
}

async function runOriginals(
  given: LoadedGraph,
  options: SessionOptions & InputOptions,
  probesOf: (loaded: LoadedGraph) => readonly Probe[],
): Promise<{ readonly loaded: LoadedGraph; readonly originals: readonly (Tensor | undefined)[] }> {
  const [first, ...others] = probesOf(given);
  const original = await OriginalGraph.open(given, options, first);
  try {
    if (!first) return { loaded: given, originals: [] };
    try {
      const output = await original.run(first);
      return { loaded: given, originals: [output, ...(await original.runAll(others))] };
    } catch (error) {
      if (!isRefused(error)) throw error;
      const failed = { length: first.length, error };
      const loaded = await findLengths(given, original, failed, options.lengths ?? []);
      return { loaded, originals: await original.runAll(probesOf(loaded)) };
    }
  } finally {
    await original.release();
  }
}

/** Whether padding at the end of a text can be hidden, for graphs that take one length only. */
async function withFilling(loaded: LoadedGraph, session: GraphSession): Promise<LoadedGraph> {
  const { signature } = loaded;
  const length = onlyLength(signature);
  // What fills one of two texts is read by the other, too: those are not filled.
  if (signature.picture || length === undefined || length < 2 || textsOf(signature).length > 1)
    return loaded;
  const count = Math.floor(length / 2);
  const { feeds, batch } = fillingProbe(loaded, length, count);
  const quantities = new Set(['weights'] as const);
  const { sites } = await session.run(feeds, batch, {
    quantities,
    hiddenStates: false,
    output: false,
  });
  const hidesPadding = sites.every(({ weights }) => weights && isHidden(weights, length, count));
  return { ...loaded, signature: { ...signature, hidesPadding } };
}

/** No token before the padding has a weight on it. */
function isHidden({ dims, data }: Tensor, length: number, count: number): boolean {
  const [, , queries = 0, keys = 0] = dims;
  if (queries !== length || keys !== length) return false;
  return data.every((weight, i) => {
    const isPadding = i % keys >= length - count;
    const isQuery = Math.floor(i / keys) % queries < length - count;
    return !isPadding || !isQuery || weight === 0;
  });
}
