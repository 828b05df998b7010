import { basename } from 'node:path';
import type {
  AttentionKind,
  AttentionSite,
  MaskKind,
  ModelCard,
  PositionalEncoding,
  SelfCheck,
} from '../../protocol/model';
import { plainSkeleton, weightsFolder } from '../onnx/instrument';
import { positionalEncoding } from './positionalEncoding';
import { positionTable } from '../onnx/positionTables';
import { Session, toTensor, type SessionOptions } from '../runtime/session';
import type { Tensor } from '../runtime/tensor';
import { GraphSession, type GraphRun, type SiteTensors, type Wanted } from './graphSession';
import { groupSize } from './keyHeads';
import { loadGraph, type LoadedGraph } from './loadGraph';
import { maskKind } from './maskKind';
import { precisionOf } from './precision';
import { paddedProbe, plainProbe, type Probe } from './probe';
import { checkSite, judge } from './selfCheck';

/** What a site is, before it is known which stack and layer it belongs to. */
export interface CheckedSite extends Omit<AttentionSite, 'stack' | 'layer' | 'kind'> {
  readonly kind: AttentionKind;
  /** Query heads that share a key head in the graph's own, repeated tensors. */
  readonly group: number;
}

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

/** Short enough to be quick, long enough to show most windows. */
const probeLength = 48;
const paddedLength = 9;

/**
 * Opens a graph, instruments it and checks its numbers against themselves and against the untouched
 * graph.
 * @param window attention window that the configuration tells of
 */
export async function openGraph(
  file: string,
  options: SessionOptions & { readonly window?: number; readonly positions?: number },
): Promise<GraphModel> {
  const loaded = loadGraph(file);
  const { analysis } = loaded;
  const [firstLayer] = loaded.streams.streams.at(-1)?.beforeLayers ?? [];
  const table = firstLayer ? positionTable(analysis, firstLayer) : undefined;
  const positions = options.positions ?? table?.rows;
  const wanted = options.window && options.window < 128 ? 2 * options.window + 8 : probeLength;
  const length = Math.min(Math.max(wanted, probeLength), (positions ?? Infinity) - 2);
  const plain = plainProbe(loaded, length);
  const padded = paddedProbe(loaded, Math.min(paddedLength, length));

  const original = await runOriginal(loaded, options, [plain, ...(padded ? [padded] : [])]);
  const session = await GraphSession.open(loaded, options);
  const run = await session.run(plain.feeds, plain.batch, everything);
  const takesOneRow = padded === undefined || original[1] === undefined;
  const paddedRun =
    padded && !takesOneRow ? await session.run(padded.feeds, padded.batch, everything) : undefined;

  const precision = precisionOf(analysis.model);
  const scales = await session.scalesOf(plain.feeds, headDimsOf(run));
  const paddedScales =
    paddedRun && padded ? await session.scalesOf(padded.feeds, headDimsOf(run)) : scales;
  const runs = [run, ...(paddedRun ? [paddedRun] : [])];
  const notes: string[] = [];
  const sites = loaded.sites.map((site, i): CheckedSite => {
    const tensors = run.sites[i] ?? {};
    const scale = scales[i] ?? NaN;
    const group = groupSize(tensors.key, tensors.value);
    const mask = site.isCross ? bidirectional : maskOf(tensors, site.node.name, notes);
    const isScaleFixed = Object.is(scale, paddedScales[i]);
    const hasBias = Boolean(site.node.inputs[5] ?? site.node.inputs[10]);
    const check: SelfCheck = site.refusal
      ? { result: 'refused', reason: site.refusal }
      : isScaleFixed
        ? worstOf(runs.map(one => checkSite(one.sites[i] ?? {}, scale, precision, hasBias)))
        : { result: 'refused', reason: 'its scale changes with the length of the text' };
    const graph = { ...site.views, ...site.derived?.views };
    return {
      kind: site.isCross ? 'cross' : 'self',
      heads: tensors.query?.dims[1] ?? 0,
      keyHeads: (tensors.key?.dims[1] ?? 0) / group,
      headDim: tensors.query?.dims[3] ?? 0,
      scale,
      mask,
      positional: positional(loaded, i, tensors, scale),
      ...(site.softCap === undefined ? {} : { softCap: site.softCap }),
      check,
      graph: {
        operator: site.operator,
        node: site.node.name,
        ...(graph.weights ? { weights: graph.weights.tensor } : {}),
        ...(graph.query ? { query: graph.query.tensor } : {}),
        ...(graph.key ? { key: graph.key.tensor } : {}),
        ...(graph.value ? { value: graph.value.tensor } : {}),
      },
      group,
    };
  });

  for (const { node, reason } of loaded.unmatched) {
    notes.push(`The softmax “${node.name}” of ${basename(file)} is not shown: ${reason}.`);
  }
  if (takesOneRow)
    notes.push('This graph takes one text at a time: several are run one after the other.');
  const difference = Math.max(...runs.map((one, i) => largestDifference(one.output, original[i])));
  const modelDim = run.streams.at(-1)?.beforeLayers.find(Boolean)?.dims.at(-1) ?? 0;
  return {
    loaded,
    session,
    sites,
    outputCheck: judge(
      difference,
      precision,
      'the outputs of the instrumented and the original graph',
    ),
    modelDim,
    precision,
    ...(positions === undefined ? {} : { maximumPositions: positions }),
    takesOneRow,
    notes,
  };
}

const bidirectional: MaskKind = { kind: 'bidirectional' };

/** Outputs of the untouched graph; undefined where it cannot run a probe. The first one must run. */
async function runOriginal(
  { analysis, streams }: LoadedGraph,
  options: SessionOptions,
  probes: readonly Probe[],
): Promise<(Tensor | undefined)[]> {
  const { model } = analysis;
  const session = await Session.open(plainSkeleton(model), weightsFolder(model), options);
  try {
    const outputs: (Tensor | undefined)[] = [];
    const name = streams.output ?? model.graph.outputs[0]?.name ?? '';
    for (const [i, probe] of probes.entries()) {
      try {
        const output = (await session.run(probe.feeds, [name]))[name];
        outputs.push(output && toTensor(output));
      } catch (error) {
        if (i === 0) throw error;
        outputs.push(undefined);
      }
    }
    return outputs;
  } finally {
    await session.release();
  }
}

function maskOf({ maskedScores }: SiteTensors, node: string, notes: string[]): MaskKind {
  const kind = maskedScores && maskKind(maskedScores);
  if (!kind) notes.push(`The mask of “${node}” follows no pattern that has a name.`);
  return kind ?? bidirectional;
}

function positional(
  loaded: LoadedGraph,
  site: number,
  tensors: SiteTensors,
  scale: number,
): PositionalEncoding {
  const found = loaded.sites[site];
  const stream = loaded.streams.streams.find(({ sites }) => found && sites.includes(found));
  return found
    ? positionalEncoding(loaded.analysis, found, stream?.beforeLayers[0], tensors, scale)
    : { kind: 'unknown' };
}

function headDimsOf(run: GraphRun): number[] {
  return run.sites.map(({ query }) => query?.dims[3] ?? 1);
}

function worstOf(checks: readonly SelfCheck[]): SelfCheck {
  const rank = { exact: 0, approximate: 1, refused: 2 };
  return checks.reduce((a, b) => {
    if (rank[a.result] !== rank[b.result]) return rank[a.result] > rank[b.result] ? a : b;
    return 'worst' in a && 'worst' in b && b.worst > a.worst ? b : a;
  });
}

/** Relative to the largest output; infinite where one is missing or not a number. */
function largestDifference(a: Tensor | undefined, b: Tensor | undefined): number {
  if (!a || !b || a.data.length !== b.data.length) return Infinity;
  let worst = 0;
  let largest = 1;
  for (const [i, value] of a.data.entries()) {
    const other = b.data[i] ?? NaN;
    largest = Math.max(largest, Math.abs(other));
    const difference = Object.is(value, other) ? 0 : Math.abs(value - other);
    worst = difference <= worst ? worst : Number.isNaN(difference) ? Infinity : difference;
  }
  return worst / largest;
}
