import type { ModelCard, SelfCheck } from '../../protocol/model';
import { positionTable } from '../onnx/positionTables';
import type { LayerPlans } from '../onnx/residualStream';
import type { SessionOptions } from '../runtime/session';
import { checkSites, type CheckedSite } from './checkedSites';
import type { GraphSession } from './graphSession';
import { loadGraph, type LoadedGraph } from './loadGraph';
import { precisionOf } from './precision';
import { probeNonNumbers } from './probeNonNumbers';
import { probesFor, runProbes, type ProbeRuns } from './probeRuns';
import { judge } from './selfCheck';
import { stateLayouts } from './stateLayouts';
import { unmatchedNotes } from './unmatchedNotes';

/** One graph, instrumented and checked. */
export interface GraphModel {
  readonly loaded: LoadedGraph;
  readonly session: GraphSession;
  readonly sites: readonly CheckedSite[];
  readonly outputCheck: SelfCheck;
  readonly modelDim: number;
  /** Tensors of the residual stream that are stored as `[batch, modelDim, tokens]`. */
  readonly turnedStates: ReadonlySet<string>;
  readonly precision: ModelCard['precision'];
  readonly maximumPositions?: number;
  /** The graph fails on several rows at once: they are run one by one. */
  readonly takesOneRow: boolean;
  readonly notes: readonly string[];
}

export interface GraphOptions extends SessionOptions {
  /** Attention window that the configuration tells of. */
  readonly window?: number;
  /** Positions that the configuration tells of. */
  readonly positions?: number;
  /** Layers that the configuration tells of. */
  readonly layers?: LayerPlans;
}

/** Short enough to be quick, long enough for small windows to show. */
const probeLength = 48;
/** Larger windows get a longer probe, up to this one. */
const largestProbedWindow = 128;

/**
 * Opens a graph, instruments it and checks its numbers against each other, against the untouched graph and
 * against the tokens of made-up texts.
 */
export async function openGraph(file: string, options: GraphOptions): Promise<GraphModel> {
  const loaded = loadGraph(file, options.layers);
  const positions = options.positions ?? tableRows(loaded);
  const { window = 0 } = options;
  const forWindow = window <= largestProbedWindow ? 2 * window + 8 : probeLength;
  const probes = probesFor(loaded, {
    least: Math.max(forWindow, probeLength),
    most: Math.max(2, (positions ?? Infinity) - 2),
  });
  const { session, runs } = await runProbes(loaded, options, probes);

  const precision = precisionOf(loaded.analysis.model);
  const notes = unmatchedNotes(file, loaded.unmatched);
  const outputCheck = checkOutput(runs, precision);
  const sites = checkSites(loaded, runs, precision, outputCheck, options.window, notes);
  if (runs.takesOneRow) {
    notes.push('This graph takes one text at a time: several run one after the other.');
  }
  notes.push(...probeNonNumbers(loaded, runs, precision));
  const states = stateLayouts(loaded, runs.plain);
  return {
    loaded,
    session,
    sites,
    outputCheck,
    modelDim: states.modelDim,
    turnedStates: states.turned,
    precision,
    ...(positions === undefined ? {} : { maximumPositions: positions }),
    takesOneRow: runs.takesOneRow,
    notes,
  };
}

/** Whether the instrumented graph gives what the original gives; what is no number cannot be compared. */
function checkOutput(
  { difference, nonNumbers: { count, of } }: ProbeRuns,
  precision: ModelCard['precision'],
): SelfCheck {
  const what = 'the outputs of the instrumented and the original graph';
  const check = judge(difference, precision, what);
  if (count === 0 || check.result === 'refused') return check;
  const [some, all] = [count, of].map(n => n.toLocaleString('en'));
  const reason = `${some} of ${all} values that the original graph puts out for a made-up text are no numbers`;
  return { result: 'approximate', worst: check.worst, reason };
}

/** Rows of the table of positions, where the model has one. */
function tableRows({ analysis, streams }: LoadedGraph): number | undefined {
  const firstLayer = streams.streams.at(-1)?.beforeLayers[0];
  return firstLayer ? positionTable(analysis, firstLayer)?.rows : undefined;
}
