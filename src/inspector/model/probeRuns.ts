import type { SessionOptions } from '../runtime/session';
import { GraphSession, type GraphRun, type Wanted } from './graphSession';
import type { LoadedGraph } from './loadGraph';
import { countOf } from './nonNumbers';
import { largestDifference, runOriginal } from './original';
import { paddedProbe, plainProbe, type Probe } from './probe';
import { probeLengths, textLengths, withOtherTokens } from './probeTexts';
import type { ChangedRun } from './tokenOrder';

/** What the made-up texts that a graph is checked with brought back. */
export interface ProbeRuns {
  /** Without padding, of two lengths where the graph takes two; the longer one first. */
  readonly plain: readonly [GraphRun, ...GraphRun[]];
  /** Two rows, one with padding, where the graph takes two. */
  readonly padded?: GraphRun;
  /** The last one of `plain` with one token changed. */
  readonly changed: readonly ChangedRun[];
  /** The last one of `plain` with all tokens changed. */
  readonly other: GraphRun;
  /** Largest difference between the outputs of the instrumented and the original graph. */
  readonly difference: number;
  /** Values of the original graph's output that are no finite numbers, of how many. */
  readonly nonNumbers: { readonly count: number; readonly of: number };
  /** The graph fails on several rows at once: they are run one by one. */
  readonly takesOneRow: boolean;
}

/** Sizes of the made-up texts. */
export interface ProbeSizes {
  /** Least length of the longer text. */
  readonly least: number;
  /** Tokens that the model takes. */
  readonly most: number;
}

const maps = ['query', 'key', 'maskedScores'] as const;
const vectors = ['query', 'key', 'value'] as const;
const everything: Wanted = {
  quantities: new Set([...vectors, 'scores', 'maskedScores', 'weights', 'headOutput'] as const),
  hiddenStates: true,
  output: true,
};
const scoring: Wanted = { quantities: new Set(maps), hiddenStates: false, output: false };
const moving: Wanted = { quantities: new Set(vectors), hiddenStates: true, output: false };

const paddedLength = 9;

/** Made-up texts for a graph: the plain ones first, then the padded one if it takes two rows. */
export interface Probes {
  readonly plain: readonly [Probe, ...Probe[]];
  readonly padded: Probe | undefined;
}

/** The texts that a graph is checked with. */
export function probesFor(loaded: LoadedGraph, { least, most }: ProbeSizes): Probes {
  const { long, short } = probeLengths(loaded.analysis.model, least, most);
  const first = plainProbe(loaded, long);
  const second = plainProbe(loaded, short);
  const taken = ({ feeds }: Probe) => [...textLengths(feeds, loaded.lineage).values()].join();
  return {
    plain: taken(first) === taken(second) ? [first] : [first, second],
    padded: paddedProbe(loaded, Math.min(paddedLength, long)),
  };
}

/** Runs the texts through the original and through the instrumented graph, which stays open. */
export async function runProbes(
  loaded: LoadedGraph,
  options: SessionOptions,
  { plain, padded }: Probes,
): Promise<{ readonly session: GraphSession; readonly runs: ProbeRuns }> {
  const probes = [...plain, ...(padded ? [padded] : [])];
  // One after the other: both at once would hold the weights twice.
  const originals = await runOriginal(loaded, options, probes);
  const session = await GraphSession.open(loaded, options);
  const differences: number[] = [];
  const all: (GraphRun | undefined)[] = [];
  for (const [i, { feeds, batch }] of probes.entries()) {
    const original = originals[i];
    const run = original && (await session.run(feeds, batch, everything));
    all.push(run);
    if (run) differences.push(largestDifference(run.output, original));
  }
  const measured = plain.flatMap((_, i) => all[i] ?? []);
  const [first, ...others] = measured;
  if (!first) throw new Error('The first probe of a graph always runs.');
  const last = plain[measured.length - 1] ?? plain[0];
  const { vocabulary } = loaded.signature;
  const runOther = (wanted: Wanted, at?: number) => {
    const { feeds, batch } = withOtherTokens(last, loaded.lineage, vocabulary, at);
    return session.run(feeds, batch, wanted);
  };
  const changed: ChangedRun[] = [];
  for (const at of changedTokens([...textLengths(last.feeds, loaded.lineage).values()])) {
    changed.push({ run: await runOther(moving, at), at });
  }
  const data = originals.flatMap(tensor => tensor ?? []).map(tensor => tensor.data);
  const paddedRun = padded && all[plain.length];
  const runs: ProbeRuns = {
    plain: [first, ...others],
    ...(paddedRun ? { padded: paddedRun } : {}),
    changed,
    other: await runOther(scoring),
    difference: Math.max(...differences),
    nonNumbers: {
      count: data.reduce((sum, values) => sum + countOf(values), 0),
      of: data.reduce((sum, values) => sum + values.length, 0),
    },
    takesOneRow: paddedRun === undefined,
  };
  return { session, runs: runs };
}

/** One token near the beginning of every text and one near the end, where they are long enough. */
function changedTokens(lengths: readonly number[]): readonly number[] {
  const shortest = Math.min(...lengths);
  return shortest < 3 ? [] : [...new Set([1, shortest - 2])];
}
