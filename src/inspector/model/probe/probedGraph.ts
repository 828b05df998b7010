import { InspectorError } from '../../../protocol/errors';
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
import { isRefused, largestDifference, OriginalGraph } from './original';
import { OriginalSpans } from './originalSpans';
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
  /** The graph gives the same output for one text twice; tried where it and the untouched one differ. */
  readonly isRepeatable: boolean;
}

/** What a graph may use, and what is known of its inputs. */
export interface ProbeOptions extends SessionOptions, InputOptions {
  /**
   * Bytes of stored weights from which the untouched graph is compared layer by layer instead of as a
   * whole; 64 MB where absent.
   */
  readonly spansFrom?: number;
}

export interface ProbedRun extends Probe {
  readonly run: GraphRun;
  /** The same output of the untouched graph. */
  readonly original: Tensor;
  /** Largest difference between what both graphs gave. */
  readonly difference: number;
}

/**
 * Runs a graph and the untouched one on made-up texts, and finds out on the way what the graph wants to
 * be fed: the length that it takes, and the value of each mask that leaves the tokens visible.
 * @param probesOf made for what is known so far; the first one has one row, or as many as the graph takes
 * @throws InspectorError `model-unsupported`, `out-of-memory`; `inputs-wrong` for feeds that no input takes
 */
export async function probeGraph(
  file: LoadedGraph,
  options: ProbeOptions,
  probesOf: (loaded: LoadedGraph) => readonly Probe[],
  wanted: Wanted,
): Promise<ProbedGraph> {
  const given = { ...file, signature: withOptions(file.signature, options) };
  const inSpans = await probeInSpans(given, options, probesOf, wanted);
  if (inSpans) return inSpans;
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
    const difference = largestDifference(again.output, original);
    runs.push({ ...probe, run: again, original, difference });
  }
  const [one] = runs;
  const isOther = runs.some(({ difference }) => !(difference <= ROUNDING));
  const isRandom = isOther && one && (await isOtherTheNextTime(session, one, wanted));
  return { ...(await probed(loaded, session, runs)), isRepeatable: !isRandom };
}

/**
 * Whether a graph gives another output when it is run once more: the runtime may leave out of the untouched
 * one what is random in it.
 */
async function isOtherTheNextTime(
  session: GraphSession,
  { feeds, batch, run }: ProbedRun,
  wanted: Wanted,
): Promise<boolean> {
  const { output } = await session.run(feeds, batch, wanted);
  return largestDifference(output, run.output) > 0;
}

async function probed(
  loaded: LoadedGraph,
  session: GraphSession,
  runs: readonly ProbedRun[],
): Promise<Omit<ProbedGraph, 'isRepeatable'>> {
  const hasRunTwo = runs.some(({ batch }) => batch === 2);
  return {
    loaded: await withFilling(loaded, session),
    session,
    runs,
    takesOneRow: (rowsOf(loaded.signature) ?? (hasRunTwo ? 2 : 1)) === 1,
  };
}

/**
 * Runs a graph whose untouched one is too large to be loaded beside it, and compares them layer by layer.
 * @returns undefined for other graphs, for those that do not run as they are expected to, and where both
 * do not give the same: these are compared as a whole
 */
async function probeInSpans(
  given: LoadedGraph,
  options: ProbeOptions,
  probesOf: (loaded: LoadedGraph) => readonly Probe[],
  wanted: Wanted,
): Promise<ProbedGraph | undefined> {
  const spans = OriginalSpans.of(given, options.spansFrom);
  const [first] = probesOf(given);
  if (!spans || !first) return undefined;
  const all: Wanted = { ...wanted, raw: spans.tensors };
  const session = await GraphSession.openLarge(given, options, spans.tensors);
  let result: ProbedGraph | undefined;
  try {
    const run = await session.run(first.feeds, first.batch, all);
    if (isTurned(given, run, first.length)) return undefined;
    const loaded = await settleMasks(given, session, first.length, run.sites);
    const runs = loaded === given ? [{ ...first, run }] : [];
    for (const probe of probesOf(loaded).slice(runs.length)) {
      const more = await orRefused(session.run(probe.feeds, probe.batch, all));
      if (more) runs.push({ ...probe, run: more });
      else if (runs.length === 0) return undefined;
    }
    const fed = runs.map(({ feeds, run: { raw = {} } }) => ({ feeds, raw }));
    const difference = await spans.difference(fed, options);
    if (!(difference <= ROUNDING)) return undefined;
    const compared = runs.flatMap(one => {
      const { output } = one.run;
      return output ? [{ ...one, original: output, difference }] : [];
    });
    if (compared.length === runs.length) {
      result = { ...(await probed(loaded, session, compared)), isRepeatable: true };
    }
    return result;
  } catch (error) {
    // A span may be one that the runtime does not load by itself.
    if (isRefused(error) || isUnsupported(error)) return undefined;
    throw error;
  } finally {
    if (!result) await session.dispose();
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof InspectorError && error.code === 'model-unsupported';
}

/** Larger differences between both graphs are looked into with the whole of them. */
const ROUNDING = 5e-5;

/** A run, or nothing where the runtime cannot make it. */
async function orRefused(run: Promise<GraphRun>): Promise<GraphRun | undefined> {
  try {
    return await run;
  } catch (error) {
    if (isRefused(error)) return undefined;
    throw error;
  }
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
  options: ProbeOptions,
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
