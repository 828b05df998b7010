import type { SourceStage } from '../../../protocol/source';
import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { originOf } from '../graph/origin';
import type { FoundSite, Origin } from '../graph/site';
import { scorePaths } from './scorePath';

/** The node that carries out each step of an attention, where one does. */
export type StageNodes = { readonly [S in SourceStage]?: Node };

/** Finds the nodes of a site's steps; a fused operator is the node of several. */
export function stageNodes(analysis: Analysis, site: FoundSite): StageNodes {
  const { node, end, query, key, views } = site;
  const { index } = analysis;
  const isFused = node === end;
  const scores = isFused ? { product: node, mask: node } : scoreNodes(analysis, site);
  const inLayer = projectionSince(analysis, views.residual?.tensor);
  const own = (origin: Origin | undefined): Node | undefined => origin && inLayer(origin);
  const projected = index.producer(views.projected?.tensor);
  const nodes: { readonly [S in SourceStage]: Node | undefined } = {
    query: own(query),
    key: site.isCross ? nearest(key) : own(key),
    value: site.isCross ? nearest(valueOrigin(analysis, site)) : own(valueOrigin(analysis, site)),
    scores: scores.product,
    mask: scores.mask,
    softmax: node,
    headOutput: end,
    output: projected,
  };
  return Object.fromEntries(Object.entries(nodes).filter(([, found]) => found));
}

/** q · k, and the last node before the softmax that adds what does not depend on the text. */
function scoreNodes(analysis: Analysis, { views, biasTensors }: FoundSite) {
  const [path] = views.maskedScores ? scorePaths(analysis, views.maskedScores.tensor) : [];
  const mask = path?.steps.findLast(({ node }) =>
    node.inputs.some(input => biasTensors.includes(input)),
  );
  return { product: path?.product, mask: mask?.node };
}

/** Where values come from: a fused operator that gets none of its own reads what its keys are made of. */
function valueOrigin(analysis: Analysis, { node, end, key, views }: FoundSite): Origin | undefined {
  const tensor = node === end ? node.inputs[2] : views.value?.tensor;
  if (tensor && analysis.labels.isHiddenOrPast(tensor)) return originOf(analysis, tensor);
  return node === end ? key : undefined;
}

/** Picks the projection that lies after the residual stream that the layer reads: one before is another layer's. */
function projectionSince({ index }: Analysis, residual: string | undefined) {
  const producer = index.producer(residual);
  const since = producer ? index.order(producer) : -1;
  return ({ projections }: Origin): Node | undefined =>
    [...projections].find(node => index.order(node) > since);
}

const nearest = (origin: Origin | undefined): Node | undefined =>
  origin && [...origin.projections][0];
