import type { GraphRun, GraphSession, Wanted } from '../graph/graphSession';
import type { LoadedGraph } from '../graph/loadGraph';
import { countOf } from '../tensors/nonNumbers';
import { paddedProbe, plainProbe, type Probe } from './probe';
import { probeGraph, type ProbeOptions } from './probedGraph';
import { probeLengths } from './probeTexts';
import { runTexts, type TextRuns } from './textRuns';

/** What the made-up texts that a graph is checked with brought back. */
export interface ProbeRuns {
  /** Without padding, of two lengths where the graph takes two; the longer one first. */
  readonly plain: readonly [GraphRun, ...GraphRun[]];
  /** Two rows, one with padding, where the graph takes two. */
  readonly padded?: GraphRun;
  /** A short text with some of its tokens changed. */
  readonly texts: TextRuns;
  /** Largest difference between the outputs of the instrumented and the original graph. */
  readonly difference: number;
  /** The graph gives the same output for one text twice. */
  readonly isRepeatable: boolean;
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

const everything: Wanted = {
  quantities: new Set([
    'query',
    'key',
    'value',
    'scores',
    'maskedScores',
    'weights',
    'sink',
    'headOutput',
    'gate',
    'gated',
  ] as const),
  hiddenStates: true,
  experts: true,
  recurrences: true,
  output: true,
};

const paddedLength = 9;

/** The texts that both graphs are run on: a plain one, then a padded one if the graph takes two rows. */
function probesFor(loaded: LoadedGraph, { least, most }: ProbeSizes): Probe[] {
  const { long } = probeLengths(loaded.analysis.model, least, most);
  const padded = paddedProbe(loaded, Math.min(paddedLength, long));
  return [plainProbe(loaded, long), ...(padded ? [padded] : [])];
}

/**
 * Runs made-up texts through the original and through the instrumented graph, which stays open.
 * @param sizesOf of the texts, for what is known of the graph so far
 */
export async function runProbes(
  file: LoadedGraph,
  options: ProbeOptions,
  sizesOf: (loaded: LoadedGraph) => ProbeSizes,
): Promise<{
  readonly loaded: LoadedGraph;
  readonly session: GraphSession;
  readonly runs: ProbeRuns;
}> {
  const probesOf = (now: LoadedGraph) => probesFor(now, sizesOf(now));
  const probed = await probeGraph(file, options, probesOf, everything);
  const { loaded, session, takesOneRow, isRepeatable } = probed;
  const plain = probed.runs.find(({ isUnpadded }) => isUnpadded);
  const padded = probed.runs.find(({ isUnpadded }) => !isUnpadded);
  if (!plain) throw new Error('The first probe of a graph always runs.');
  const { least, most } = sizesOf(loaded);
  const { short } = probeLengths(loaded.analysis.model, least, most);
  const texts = await runTexts(loaded, session, short, { ...everything, output: false });
  const taken = (run: GraphRun) => [...run.lengths.values()].join();
  const isShorter = taken(plain.run) !== taken(texts.plain);
  const outputs = probed.runs.map(({ original }) => original.data);
  const runs: ProbeRuns = {
    plain: [plain.run, ...(isShorter ? [texts.plain] : [])],
    ...(padded ? { padded: padded.run } : {}),
    texts,
    difference: Math.max(...probed.runs.map(run => run.difference)),
    nonNumbers: {
      count: outputs.reduce((sum, values) => sum + countOf(values), 0),
      of: outputs.reduce((sum, values) => sum + values.length, 0),
    },
    takesOneRow,
    isRepeatable,
  };
  return { loaded, session, runs };
}
