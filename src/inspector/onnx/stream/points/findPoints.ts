import { ElementType } from '../../file/types';
import type { Analysis } from '../../graph/analysis';
import { elementTypeOf } from '../../graph/elementTypes';
import type { FoundSite, TensorView } from '../../graph/site';
import type { Streams } from '../residualStream';
import type { Stream } from '../streamWalk';
import { fusedStream, graphTensor } from './added';
import {
  SITE_POINTS,
  type FoundPoint,
  type GraphPoint,
  type MissingPoint,
  type PointPlace,
  type PointTensor,
  type SitePoint,
} from './point';

/** Where the numbers of a graph can be changed, and why not where they cannot. */
export interface Points {
  readonly found: readonly FoundPoint[];
  readonly missing: readonly MissingPoint[];
}

const names: Readonly<Record<GraphPoint, string>> = {
  residual: 'residual stream',
  query: 'query',
  key: 'key',
  value: 'value',
  maskedScores: 'masked score',
  weights: 'weight',
  headOutput: 'head output',
  attentionOutput: 'output of the attention',
  feedForwardOutput: 'output of a feed-forward network',
};

/** Types of numbers that the added nodes compute with. */
const changeable = new Set<number>([ElementType.float, ElementType.float16]);

/**
 * Finds, by following the data, where every layer's numbers lie in a graph: the stream before it, what its
 * attentions compute, and what it adds to the stream.
 * @param sites in the order by which points name them
 */
export function findPoints(
  analysis: Analysis,
  sites: readonly FoundSite[],
  { streams }: Streams,
): Points {
  const all = streams.flatMap((stream, i) => ofStream(analysis, sites, stream, i));
  return {
    found: all.filter(point => 'tensors' in point),
    missing: all.filter(point => 'reason' in point),
  };
}

type Either = FoundPoint | MissingPoint;

function ofStream(
  analysis: Analysis,
  sites: readonly FoundSite[],
  stream: Stream,
  number: number,
): readonly Either[] {
  const hasCross = stream.sites.some(({ isCross }) => isCross);
  return Array.from({ length: stream.layers }, (_, layer) => layer).flatMap(layer => {
    const place = (point: GraphPoint, kind?: 'self' | 'cross'): PointPlace => ({
      stream: number,
      layer,
      point,
      ...(kind ? { kind } : {}),
    });
    const kinds = hasCross ? (['self', 'cross'] as const) : (['self'] as const);
    const ofKinds = kinds.flatMap(kind => {
      const site = stream.sites.find(
        one => one.isCross === (kind === 'cross') && stream.layerOf.get(one) === layer,
      );
      const without = site ? undefined : withoutAttention(stream, layer, kind);
      const attention = [...SITE_POINTS, 'attentionOutput' as const];
      return attention.map((point): Either => {
        const at = place(point, kind);
        if (!site) return { ...at, reason: without ?? '' };
        const of = { ...at, site: sites.indexOf(site) };
        if (site.refusal) return { ...of, reason: refused(site, kind, layer) };
        if (point !== 'attentionOutput') return ofSite(analysis, site, point, of);
        return orMissing(analysis, of, stream.added(layer)?.bySite.get(site));
      });
    });
    return [
      residual(analysis, stream, place('residual')),
      ...ofKinds,
      feedForward(analysis, stream, place('feedForwardOutput')),
    ];
  });
}

function residual(analysis: Analysis, stream: Stream, place: PointPlace): Either {
  const tensor = stream.beforeLayers[place.layer];
  const producer = analysis.index.producer(tensor);
  if (tensor === undefined || !producer) {
    const reason = `The graph has no one tensor of the stream before layer ${place.layer}.`;
    return { ...place, reason };
  }
  const fused = fusedStream(producer);
  const isFused = fused?.tensor === tensor;
  return orMissing(analysis, place, {
    tensor,
    layout: { kind: 'plain' },
    ...(isFused ? { fused: fused.fused } : {}),
  });
}

function feedForward(analysis: Analysis, stream: Stream, place: PointPlace): Either {
  const { layer } = place;
  const added = stream.added(layer);
  const [first, ...others] = added?.others ?? [];
  if (!first) {
    const reason = added
      ? `No feed-forward network was found in layer ${layer}.`
      : `What layer ${layer} adds to the stream is no term of its own in the graph.`;
    return { ...place, reason };
  }
  const wrong = [first, ...others].map(one => notChangeable(analysis, one, place)).find(Boolean);
  return wrong === undefined
    ? { ...place, tensors: [first, ...others] }
    : { ...place, reason: wrong };
}

function ofSite(
  analysis: Analysis,
  site: FoundSite,
  point: SitePoint,
  place: PointPlace & { readonly site: number },
): Either {
  const view: TensorView | undefined = site.views[point];
  const what = names[point];
  if (!view) {
    const isDerived = site.derived?.views[point] !== undefined;
    const reason = isDerived
      ? `The ${what} of layer ${place.layer} lies inside ${site.operator}: the outputs of its heads can be changed.`
      : `The graph has no tensor of the ${what} of layer ${place.layer}.`;
    return { ...place, reason };
  }
  return orMissing(analysis, place, view);
}

function orMissing(analysis: Analysis, place: PointPlace, found: PointTensor | undefined): Either {
  if (!found) {
    const reason = `The ${names[place.point]} of layer ${place.layer} is no term of its own in the graph.`;
    return { ...place, reason };
  }
  const reason = notChangeable(analysis, found, place);
  return reason === undefined ? { ...place, tensors: [found] } : { ...place, reason };
}

/** Why the graph's nodes after a tensor cannot be given other numbers. */
function notChangeable(
  { index }: Analysis,
  found: PointTensor,
  { point, layer }: PointPlace,
): string | undefined {
  const tensor = graphTensor(found);
  if (!index.producer(tensor)) {
    return `The ${names[point]} of layer ${layer} is stored in the model or given to it, not computed.`;
  }
  if (changeable.has(elementTypeOf(index, tensor))) return undefined;
  return `The ${names[point]} of layer ${layer} is quantised, or of a type that the added nodes do not compute with.`;
}

function withoutAttention(stream: Stream, layer: number, kind: 'self' | 'cross'): string {
  const instead = stream.without.find(one => one.layer === layer)?.instead;
  return kind === 'self' && instead !== undefined
    ? `Layer ${layer} has no attention (${instead}).`
    : `No ${kind}-attention was found in layer ${layer}.`;
}

function refused({ refusal = '' }: FoundSite, kind: 'self' | 'cross', layer: number): string {
  return `The ${kind}-attention of layer ${layer} is not shown: ${refusal}.`;
}
