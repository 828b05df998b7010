import type { SessionOptions } from '../runtime/session';
import type { GraphRun, GraphSession, Wanted } from './graphSession';
import type { InputOptions } from './inputSignature';
import type { LoadedGraph } from './loadGraph';
import { countOf } from './nonNumbers';
import { largestDifference } from './original';
import { paddedProbe, plainProbe, type Probe } from './probe';
import { probeGraph } from './probedGraph';
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

/** The texts that a graph is checked with: plain ones, then the padded one if it takes two rows. */
function probesFor(loaded: LoadedGraph, { least, most }: ProbeSizes): Probe[] {
  const { long, short } = probeLengths(loaded.analysis.model, least, most);
  const first = plainProbe(loaded, long);
  const second = plainProbe(loaded, short);
  const padded = paddedProbe(loaded, Math.min(paddedLength, long));
  const taken = ({ feeds }: Probe) => [...textLengths(feeds, loaded).values()].join();
  const plain = taken(first) === taken(second) ? [first] : [first, second];
  return [...plain, ...(padded ? [padded] : [])];
}

/**
 * Runs made-up texts through the original and through the instrumented graph, which stays open.
 * @param sizesOf of the texts, for what is known of the graph so far
 */
export async function runProbes(
  file: LoadedGraph,
  options: SessionOptions & InputOptions,
  sizesOf: (loaded: LoadedGraph) => ProbeSizes,
): Promise<{
  readonly loaded: LoadedGraph;
  readonly session: GraphSession;
  readonly runs: ProbeRuns;
}> {
  const probesOf = (now: LoadedGraph) => probesFor(now, sizesOf(now));
  const probed = await probeGraph(file, options, probesOf, everything);
  const { loaded, session, takesOneRow } = probed;
  const plain = probed.runs.filter(({ isUnpadded }) => isUnpadded);
  const padded = probed.runs.find(({ isUnpadded }) => !isUnpadded);
  const [first, ...others] = plain.map(({ run }) => run);
  const last = plain.at(-1);
  if (!first || !last) throw new Error('The first probe of a graph always runs.');
  const runOther = (wanted: Wanted, at?: number) => {
    const { feeds, batch } = withOtherTokens(last, loaded, at);
    return session.run(feeds, batch, wanted);
  };
  const changed: ChangedRun[] = [];
  for (const at of changedTokens([...textLengths(last.feeds, loaded).values()])) {
    changed.push({ run: await runOther(moving, at), at });
  }
  const outputs = probed.runs.map(({ original }) => original.data);
  const differences = probed.runs.map(({ run, original }) =>
    largestDifference(run.output, original),
  );
  const runs: ProbeRuns = {
    plain: [first, ...others],
    ...(padded ? { padded: padded.run } : {}),
    changed,
    other: await runOther(scoring),
    difference: Math.max(...differences),
    nonNumbers: {
      count: outputs.reduce((sum, values) => sum + countOf(values), 0),
      of: outputs.reduce((sum, values) => sum + values.length, 0),
    },
    takesOneRow,
  };
  return { loaded, session, runs };
}

/** One token near the beginning of every text and one near the end, where they are long enough. */
function changedTokens(lengths: readonly number[]): readonly number[] {
  const shortest = Math.min(...lengths);
  return shortest < 3 ? [] : [...new Set([1, shortest - 2])];
}
