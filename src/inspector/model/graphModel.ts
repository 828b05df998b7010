import { basename } from 'node:path';
import type { ModelCard, SelfCheck } from '../../protocol/model';
import { nodeLabel } from '../onnx/nodeLabel';
import { positionTable } from '../onnx/positionTables';
import type { SessionOptions } from '../runtime/session';
import { checkSites, type CheckedSite, type ProbeRun } from './checkedSites';
import { GraphSession, type Wanted } from './graphSession';
import type { InputOptions } from './inputSignature';
import { loadGraph, type LoadedGraph } from './loadGraph';
import { largestDifference } from './original';
import { maskedQueries } from './maskedRows';
import { precisionOf } from './precision';
import { paddedProbe, plainProbe, type Probe } from './probe';
import { probeRuns } from './probeRuns';
import { judge } from './selfCheck';

/** One graph, instrumented and checked. */
export interface GraphModel {
  readonly loaded: LoadedGraph;
  readonly session: GraphSession;
  readonly sites: readonly CheckedSite[];
  readonly outputCheck: SelfCheck;
  readonly modelDim: number;
  readonly precision: ModelCard['precision'];
  readonly maximumPositions?: number;
  /** The graph fails on several rows at once: they are run one by one. */
  readonly takesOneRow: boolean;
  readonly notes: readonly string[];
}

export interface GraphOptions extends SessionOptions, InputOptions {
  /** Attention window that the configuration tells of. */
  readonly window?: number;
  /** Positions that the configuration tells of. */
  readonly positions?: number;
}

const everything: Wanted = {
  quantities: new Set([
    'query',
    'key',
    'value',
    'scores',
    'maskedScores',
    'weights',
    'headOutput',
  ] as const),
  hiddenStates: true,
  output: true,
};

/** Short enough to be quick, long enough for small windows to show. */
const probeLength = 48;
/** Larger windows get a longer probe, up to this one. */
const largestProbedWindow = 128;
const paddedLength = 9;

/**
 * Opens a graph, instruments it and checks its numbers against each other and against the untouched
 * graph.
 */
export async function openGraph(file: string, options: GraphOptions): Promise<GraphModel> {
  const graph = loadGraph(file);
  const known = options.positions ?? countedPositions(graph, options);
  const {
    loaded,
    session,
    runs: probed,
    takesOneRow,
  } = await probeRuns(graph, options, now => probesFor(now, known, options.window), everything);
  const { length, mostTokens } = loaded.signature;
  const positions = length ?? smaller(known, mostTokens);

  const runs: ProbeRun[] = [];
  const differences: number[] = [];
  for (const { feeds, run, original } of probed) {
    const headDims = run.sites.map(({ query }) => query?.dims[3] ?? 1);
    runs.push({ run, scales: await session.scalesOf(feeds, headDims) });
    differences.push(largestDifference(run.output, original));
  }

  const precision = precisionOf(loaded.analysis.model);
  const notes = unmatchedNotes(file, loaded);
  const what = 'the outputs of the instrumented and the original graph';
  const outputCheck = judge(Math.max(...differences), precision, what);
  const sites = checkSites(loaded, runs, precision, outputCheck, options.window, notes);
  if (takesOneRow)
    notes.push('This graph takes one text at a time: several run one after the other.');
  const shown = loaded.sites.map(({ node }, i) => ({
    ...runs[0]?.run.sites[i],
    where: nodeLabel(node),
  }));
  const masked = maskedQueries(shown, 'a made-up text');
  if (masked !== undefined) notes.push(masked);
  const states = runs[0]?.run.streams.at(-1)?.beforeLayers;
  return {
    loaded,
    session,
    sites,
    outputCheck,
    modelDim: states?.find(Boolean)?.dims.at(-1) ?? 0,
    precision,
    ...(positions === undefined ? {} : { maximumPositions: positions }),
    takesOneRow,
    notes,
  };
}

/** One row without padding, and two rows with some where the graph takes two. */
function probesFor(
  loaded: LoadedGraph,
  positions: number | undefined,
  window: number | undefined,
): Probe[] {
  const forWindow = window && window <= largestProbedWindow ? 2 * window + 8 : probeLength;
  const most = smaller(positions, loaded.signature.mostTokens);
  const room = Math.max(2, (most ?? Infinity) - 2);
  const length = Math.min(Math.max(forWindow, probeLength), room);
  const padded = paddedProbe(loaded, Math.min(paddedLength, length));
  return [plainProbe(loaded, length), ...(padded ? [padded] : [])];
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** Positions that are left of a table whose first rows no token has. */
function countedPositions(
  graph: LoadedGraph,
  { firstPosition = graph.signature.firstPosition ?? 0 }: InputOptions,
): number | undefined {
  const rows = tableRows(graph);
  const isFed = [...graph.signature.roles.values()].includes('positions');
  return rows && isFed ? rows - firstPosition : rows;
}

/** Rows of the table of positions, where the model has one. */
function tableRows({ analysis, streams }: LoadedGraph): number | undefined {
  const firstLayer = streams.streams.at(-1)?.beforeLayers[0];
  return firstLayer ? positionTable(analysis, firstLayer)?.rows : undefined;
}

function unmatchedNotes(file: string, { unmatched }: LoadedGraph): string[] {
  return unmatched.map(
    ({ node, reason }) => `${nodeLabel(node)} in ${basename(file)} is not shown: ${reason}.`,
  );
}
