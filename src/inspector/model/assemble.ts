import type { AttentionSite, Stack } from '../../protocol/model';
import { sizeOf, type Tensor } from '../runtime/tensor';
import type { GraphModel } from './graphModel';
import type { GraphRun, Wanted } from './graphSession';
import type { CaptureRequest, ModelRun, SiteCapture } from './instrumentedModel';
import { withoutRepeats } from './keyHeads';
import { readProjection, type Missing, type Projection } from './projection';
import type { DetailQuantity, Quantity } from '../onnx/site';

/** One graph of a model, with its sites in their stacks and layers. */
export interface Part {
  readonly graph: GraphModel;
  readonly sites: readonly AttentionSite[];
  /** The stack of each stream of the graph. */
  readonly stacks: readonly Stack[];
}

/**
 * Numbers the layers of a graph's sites and names their stacks.
 * @param only the stack, where the file says which half it is
 */
export function partOf(graph: GraphModel, only?: Stack): Part {
  const { streams } = graph.loaded.streams;
  const stacks = streams.map((stream): Stack => {
    if (stream.isEncoderOfAnother) return 'encoder';
    if (only) return only;
    const mine = graph.sites.filter((_, i) => includes(stream.sites, graph, i));
    const isDecoder = mine.some(({ facts: { kind, mask } }) => {
      const looksBack = mask.kind === 'causal' || (mask.kind === 'window' && mask.after === 0);
      return kind === 'cross' || looksBack;
    });
    return isDecoder ? 'decoder' : 'encoder';
  });
  const next = new Map<Stack, number>();
  const sites = graph.sites.map(({ facts }, i): AttentionSite => {
    const stream = streams.findIndex(({ sites }) => includes(sites, graph, i));
    const stack = stacks[stream] ?? only ?? 'encoder';
    const begun = next.get(stack) ?? 0;
    const layer = facts.kind === 'cross' ? Math.max(0, begun - 1) : begun;
    next.set(stack, layer + 1);
    return { stack, layer, ...facts };
  });
  return { graph, sites, stacks };
}

function includes(sites: readonly unknown[], graph: GraphModel, i: number): boolean {
  return sites.includes(graph.loaded.sites[i]);
}

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
  if (request.details) for (const q of DETAILS) quantities.add(q);
  const sites = request.sites && new Set([...request.sites].map(site => site - first));
  return {
    quantities,
    ...(sites ? { sites } : {}),
    hiddenStates: request.hiddenStates,
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

/** Turns the tensors of a graph into the captures of its sites, leaving out those that were refused. */
export function siteCaptures({ graph, sites }: Part, run: GraphRun): SiteCapture[] {
  return sites.flatMap((site, i) => {
    const tensors = run.sites[i];
    if (site.check.result === 'refused' || !tensors) return [];
    const group = graph.sites[i]?.group ?? 1;
    const { key, value, ...others } = tensors;
    return {
      site,
      ...others,
      ...(key ? { key: withoutRepeats(key, group) } : {}),
      ...(value ? { value: withoutRepeats(value, group) } : {}),
    };
  });
}

/** The residual streams of a graph by stack; a stack whose tensors do not fit together is left out. */
export function hiddenStatesOf(
  { stacks }: Part,
  run: GraphRun,
): Pick<ModelRun, 'hiddenStates' | 'lastResidual'> {
  const hiddenStates: { [S in Stack]?: readonly Tensor[] } = {};
  const lastResidual: { [S in Stack]?: Tensor } = {};
  for (const [i, stream] of run.streams.entries()) {
    const stack = stacks[i];
    const first = stream.beforeLayers.find(tensor => tensor?.dims.length === 3);
    if (!stack || !first) continue;
    const like = (tensor: Tensor | undefined) =>
      tensor && sizeOf(tensor.dims) === sizeOf(first.dims)
        ? { ...tensor, dims: first.dims }
        : undefined;
    const residual = like(stream.residual);
    const states = [...stream.beforeLayers.map(like), like(stream.normed) ?? residual];
    if (residual) lastResidual[stack] = residual;
    if (states.every(state => state !== undefined)) hiddenStates[stack] = states;
  }
  return { hiddenStates, lastResidual };
}
