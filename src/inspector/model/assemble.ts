import type { Stack } from '../../protocol/model';
import type { DetailQuantity, Quantity } from '../onnx/graph/site';
import { transposeLast } from '../runtime/layout';
import { sizeOf, type Tensor } from '../runtime/tensor';
import { recurrenceFault } from './check/recurrenceCheck';
import { gateFault, runFault } from './check/runCheck';
import { expectedSize } from './check/structure';
import type { GraphRun, SiteTensors, Wanted } from './graph/graphSession';
import type { FoundPoint, GraphPoint } from '../onnx/stream/points/point';
import type { Changes } from './changes/interventions';
import type { Part } from './part';
import { readProjection, type Missing, type Projection } from './projection';
import type { CaptureRequest, EffectiveCapture, ExpertCapture, ModelRun, SiteCapture } from './run';
import { withoutRepeats } from './tensors/keyHeads';

/**
 * What a request needs from the graph's session.
 * @param first index of the graph's first site in the model's card
 */
export function wantedBy(request: CaptureRequest, first = 0): Wanted {
  const quantities = new Set<Quantity>();
  if (request.queryKeyValue) for (const q of ['query', 'key', 'value'] as const) quantities.add(q);
  for (const q of ['scores', 'maskedScores', 'weights', 'headOutput'] as const) {
    if (request[q]) quantities.add(q);
  }
  if (request.weights) quantities.add('sink');
  if (request.headOutput) for (const q of ['gate', 'gated'] as const) quantities.add(q);
  if (request.details) for (const q of DETAILS) quantities.add(q);
  const sites = request.sites && new Set([...request.sites].map(site => site - first));
  return {
    quantities,
    ...(sites ? { sites } : {}),
    hiddenStates: request.hiddenStates,
    ...(request.experts ? { experts: true } : {}),
    ...(request.effective ? { recurrences: true } : {}),
    output: request.logits,
  };
}

const DETAILS: readonly DetailQuantity[] = [
  'unrotatedQuery',
  'unrotatedKey',
  'projected',
  'residual',
];

/** W_O of one of a part's sites. */
export function projectionOf({ graph, sites }: Part, index: number): Projection | Missing {
  const site = sites[index];
  const found = graph.loaded.sites[index];
  return site && found ? readProjection(site, found) : { missing: 'there is no such layer' };
}

/** What a run shows of a part's sites. */
export interface PartCaptures {
  readonly captures: readonly SiteCapture[];
  /** Why others cannot be shown for this text, by the index of the site. */
  readonly faults: ReadonlyMap<number, string>;
}

/**
 * Turns the tensors of a graph into the captures of its sites, leaving out those that were refused when the
 * model was opened and those whose numbers in this run do not explain each other.
 * @param changes that the run was made with
 */
export function siteCaptures(
  { graph, sites }: Part,
  run: GraphRun,
  changes: Changes,
): PartCaptures {
  const faults = new Map<number, string>();
  const captures = sites.flatMap((site, i): SiteCapture[] => {
    const tensors = run.sites[i];
    const found = graph.loaded.sites[i];
    if (site.check.result === 'refused' || !tensors || !found) return [];
    const tokens = expectedSize(graph.loaded, found, run);
    const changed = changedPoints(graph.loaded.points.found, changes, i);
    const fault =
      runFault(site, tensors, tokens, graph.precision, changed) ??
      gateFault(site, tensors, graph.precision);
    if (fault !== undefined) {
      faults.set(i, fault);
      return [];
    }
    const group = graph.sites[i]?.group ?? 1;
    const scale = run.scales[i] ?? site.scale;
    const { key, value, gate, ...others } = changed.has('weights') ? withSinks(tensors) : tensors;
    return [
      {
        site: Object.is(scale, site.scale) ? site : { ...site, scale },
        ...others,
        ...(key ? { key: withoutRepeats(key, group) } : {}),
        ...(value ? { value: withoutRepeats(value, group) } : {}),
        ...(gate && site.gate ? { gate } : {}),
      },
    ];
  });
  return { captures, faults };
}

/** Points of a site whose numbers are not what the graph computes them from. */
function changedPoints(
  points: readonly FoundPoint[],
  { scales, points: steps }: Changes,
  site: number,
): ReadonlySet<GraphPoint> {
  const changed = [...(steps?.keys() ?? [])].flatMap(i => {
    const found = points[i];
    return found?.site === site ? [found.point] : [];
  });
  return new Set([...changed, ...(scales.has(site) ? (['headOutput'] as const) : [])]);
}

/** Where weights are forced, a sink has what they leave. */
function withSinks(tensors: SiteTensors): SiteTensors {
  const { weights, sink } = tensors;
  if (!weights || !sink) return tensors;
  const keys = weights.dims.at(-1) ?? 1;
  const left = sink.data.map(
    (_, row) => 1 - weights.data.subarray(row * keys, (row + 1) * keys).reduce((a, b) => a + b, 0),
  );
  return { ...tensors, sink: { dims: sink.dims, data: left } };
}

/** What the routers of a graph decided; those that are not shown are left out. */
export function expertsOf({ routers }: Part, run: GraphRun): readonly ExpertCapture[] {
  return routers.flatMap(({ stack, layer, refusal }, i) => {
    const decision = run.experts?.[i];
    return decision && refusal === undefined ? [{ stack, layer, ...decision }] : [];
  });
}

/** The effective attention of a graph's layers in one run; those that are not shown are left out. */
export function effectiveOf({ graph, recurrences }: Part, run: GraphRun): EffectiveCapture[] {
  return recurrences.flatMap(({ stack, layer, facts: { heads, check } }, i) => {
    if (!run.recurrences || check.result === 'refused' || layer < 0) return [];
    const own = run.recurrences[i];
    const refusal = own
      ? recurrenceFault(own, graph.precision)
      : 'in this run it goes on from a state that another run left';
    return [{ stack, layer, heads, source: own && !refusal ? own : { refusal: refusal ?? '' } }];
  });
}

/** The residual streams of a graph by stack; a stack whose tensors do not fit together is left out. */
export function hiddenStatesOf(
  { graph, stacks }: Part,
  run: GraphRun,
): Pick<ModelRun, 'hiddenStates' | 'lastResidual'> {
  const hiddenStates: { [S in Stack]?: readonly Tensor[] } = {};
  const lastResidual: { [S in Stack]?: Tensor } = {};
  for (const [i, stream] of run.streams.entries()) {
    const stack = stacks[i];
    const names = graph.loaded.streams.streams[i];
    const read = (tensor: Tensor | undefined, name: string | undefined) =>
      tensor && graph.turnedStates.has(name ?? '') ? transposeLast(tensor) : tensor;
    const before = stream.beforeLayers.map((tensor, layer) =>
      read(tensor, names?.beforeLayers[layer]),
    );
    const first = before.find(tensor => tensor?.dims.length === 3);
    if (!stack || !first) continue;
    const like = (tensor: Tensor | undefined) =>
      tensor && sizeOf(tensor.dims) === sizeOf(first.dims)
        ? { ...tensor, dims: first.dims }
        : undefined;
    const residual = like(read(stream.residual, names?.residual));
    const states = [...before.map(like), like(read(stream.normed, names?.normed)) ?? residual];
    if (residual) lastResidual[stack] = residual;
    if (states.every(state => state !== undefined)) hiddenStates[stack] = states;
  }
  return { hiddenStates, lastResidual };
}
