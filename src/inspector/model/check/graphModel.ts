import type { ModelCard, SelfCheck } from '../../../protocol/model';
import { shortened } from '../../files/shortened';
import { statedWindow } from '../../onnx/find/maskDistance';
import { positionTable } from '../../onnx/find/positionTables';
import { nodeLabel } from '../../onnx/graph/nodeLabel';
import type { GraphSession } from '../graph/graphSession';
import {
  loadGraph,
  nameOf,
  type BuiltGraph,
  type GraphPlans,
  type LoadedGraph,
} from '../graph/loadGraph';
import { pictureBeside } from '../graph/towers';
import { onlyLength } from '../inputs/inputSignature';
import { withPatches } from '../probe/findPatches';
import type { ProbeOptions } from '../probe/probedGraph';
import { runProbes, type ProbeRuns } from '../probe/probeRuns';
import { maskedQueries } from '../tensors/maskedRows';
import { checkRecurrences, type CheckedRecurrence } from './checkedRecurrences';
import { checkRouters, type CheckedRouter } from './checkedRouters';
import { checkSites, type CheckedSite } from './checkedSites';
import { withoutFalseWindows } from './hiddenWindows';
import { precisionOf } from './precision';
import { probeNonNumbers } from './probeNonNumbers';
import { judge } from './selfCheck';
import { stateLayouts } from './stateLayouts';
import { unmatchedNotes } from './unmatchedNotes';

/** One graph, instrumented and checked. */
export interface GraphModel {
  readonly loaded: LoadedGraph;
  readonly session: GraphSession;
  readonly sites: readonly CheckedSite[];
  /** By the order of the graph's routers. */
  readonly routers: readonly CheckedRouter[];
  /** By the order of the graph's linear attentions. */
  readonly recurrences: readonly CheckedRecurrence[];
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

export interface GraphOptions extends ProbeOptions {
  /** Attention window that the configuration tells of. */
  readonly window?: number;
  /** Positions that the configuration tells of. */
  readonly positions?: number;
  /** Layers that the configuration tells of. */
  readonly layers?: GraphPlans;
}

/** Short enough to be quick, long enough for small windows to show. */
const probeLength = 53;
/** Where all operators state their windows: long enough to be another length than the short text. */
const statedProbeLength = 10;
/** Larger windows get a longer probe, up to this one. */
const largestProbedWindow = 128;

/**
 * Opens a graph, instruments it and checks its numbers against each other, against the untouched graph and
 * against the tokens of made-up texts.
 * @param origin the path of its file, or the graph itself
 */
export async function openGraph(
  origin: string | BuiltGraph,
  options: GraphOptions,
): Promise<GraphModel> {
  const read = loadGraph(origin, options.layers, options.shapes);
  const { picture = '' } = read;
  const shape = options.shapes?.[picture];
  const graph = shape ? await withPatches(read, picture, shape, options) : read;
  const known = options.positions ?? countedPositions(graph, options);
  const least = leastLength(graph, options.window);
  const { loaded, session, runs } = await runProbes(graph, options, now => ({
    least,
    most: Math.max(2, (smaller(known, now.signature.mostTokens) ?? Infinity) - 2),
  }));
  const { mostTokens } = loaded.signature;
  const positions = onlyLength(loaded.signature) ?? smaller(known, mostTokens);

  const precision = precisionOf(loaded.analysis.model);
  const notes = [...unmatchedNotes(nameOf(origin), loaded.unmatched), ...towerNotes(loaded)];
  const outputCheck = checkOutput(runs, precision);
  const checked = checkSites(loaded, runs, precision, outputCheck, options.window, notes);
  const sites = await withoutFalseWindows(loaded, checked, options.window, positions ?? Infinity);
  if (runs.takesOneRow) {
    notes.push('This graph takes one text at a time: several run one after the other.');
  }
  const broken = probeNonNumbers(loaded, runs, precision);
  notes.push(...(broken.length ? broken : maskedNotes(loaded, runs)));
  const states = stateLayouts(loaded, runs.plain);
  const routers = await checkRouters(loaded, runs, outputCheck, states.modelDim, options);
  return {
    loaded,
    session,
    sites,
    routers,
    recurrences: checkRecurrences(loaded, runs, precision, outputCheck),
    outputCheck,
    modelDim: states.modelDim,
    turnedStates: states.turned,
    precision,
    ...(positions === undefined ? {} : { maximumPositions: positions }),
    takesOneRow: runs.takesOneRow,
    notes,
  };
}

/** Tokens that a made-up text needs for what the masks do to show. */
function leastLength({ sites, recurrences }: LoadedGraph, window = 0): number {
  const shown = sites.filter(({ refusal }) => refusal === undefined);
  const isStated =
    recurrences.length === 0 && shown.every(({ statedReach }) => statedReach !== undefined);
  const windows = [window, ...shown.map(statedWindow)].filter(size => size <= largestProbedWindow);
  const forWindows = windows.map(size => (size > 0 ? 2 * size + 8 : 0));
  return Math.max(isStated ? statedProbeLength : probeLength, ...forWindows);
}

/** Says which of two towers is shown. */
function towerNotes({ analysis, picture }: LoadedGraph): string[] {
  const texts = [...analysis.roles].filter(([, role]) => role === 'otherText');
  const [text] = texts[0] ?? [];
  if (picture !== undefined) {
    return text === undefined
      ? []
      : [
          `The tower that reads “${shortened(picture)}” is shown; the one that reads “${shortened(text)}” is shown for a text.`,
        ];
  }
  const beside = pictureBeside(analysis);
  return beside === undefined
    ? []
    : [
        `The tower that reads the text is shown; the one that reads “${shortened(beside)}” is shown where it is given with --inputs on the command line.`,
      ];
}

/** Says which queries of a made-up text have nothing to read. */
function maskedNotes({ sites }: LoadedGraph, { plain: [run] }: ProbeRuns): string[] {
  const shown = sites.map(({ node }, i) => ({ ...run.sites[i], where: nodeLabel(node) }));
  const note = maskedQueries(shown, 'a made-up text');
  return note === undefined ? [] : [note];
}

/** Whether the instrumented graph gives what the original gives; what is no number cannot be compared. */
function checkOutput(
  { difference, isRepeatable, nonNumbers: { count, of } }: ProbeRuns,
  precision: ModelCard['precision'],
): SelfCheck {
  if (!isRepeatable) {
    const reason = `the file gives other outputs for the same text in each run (up to ${difference.toExponential(1)} of the largest), as where dropout was left on: what is shown is one run`;
    return { result: 'approximate', worst: difference, reason, fault: 'notRepeatable' };
  }
  const what = 'the outputs of the instrumented and the original graph';
  const check = judge(difference, precision, what);
  if (count === 0 || check.result === 'refused') return check;
  const [some, all] = [count, of].map(n => n.toLocaleString('en'));
  const reason = `${some} of ${all} values that the original graph puts out for a made-up text are no numbers`;
  return { result: 'approximate', worst: check.worst, reason, fault: 'notFinite' };
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** Positions that are left of a table whose first rows no token has. */
function countedPositions(
  graph: LoadedGraph,
  { firstPosition = graph.signature.firstPosition ?? 0 }: ProbeOptions,
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
