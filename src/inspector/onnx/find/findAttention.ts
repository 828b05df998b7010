import type { Graph, Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import type { FoundSite, TensorView } from '../graph/site';
import { attentionSite } from './operators/attention';
import { fusedSite } from './operators/fusedSite';
import { groupQueryAttentionSite } from './operators/groupQueryAttention';
import {
  multiHeadAttentionSite,
  selfProjectingAttentionSite,
} from './operators/multiHeadAttention';
import { outputOf } from './outputProjection';
import { softmaxSites, type Unmatched } from './softmaxSites';
import { unrotated } from './unrotated';

/** Finds every attention of a graph by following its data; names of nodes and tensors play no part. */
export function findAttention(analysis: Analysis): {
  readonly sites: readonly FoundSite[];
  readonly unmatched: readonly Unmatched[];
} {
  const { index } = analysis;
  const { sites, unmatched } = softmaxSites(analysis);
  for (const node of index.nodes) {
    const site = isFusedAttention(node) ? fusedAt(analysis, node) : undefined;
    if (site) sites.push(site);
  }
  sites.sort((a, b) => index.order(a.node) - index.order(b.node));
  return { sites: sites.map(site => withSurroundings(analysis, site)), unmatched };
}

/** Adds what comes before the rotation and after the heads. */
function withSurroundings(analysis: Analysis, site: FoundSite): FoundSite {
  if (site.refusal) return site;
  const { projection, projected, residual, gate } = outputOf(analysis, site);
  const { query, key } = unrotated(analysis, site);
  const plain = (tensor: string): TensorView => ({ tensor, layout: { kind: 'plain' } });
  return {
    ...site,
    projection,
    ...(gate ? { gate: gate.order } : {}),
    views: {
      ...site.views,
      ...(projected ? { projected: plain(projected) } : {}),
      ...(residual ? { residual: plain(residual) } : {}),
      ...(gate ? { gate: plain(gate.tensor), gated: plain(gate.product) } : {}),
      ...(query ? { unrotatedQuery: plain(query) } : {}),
      ...(key ? { unrotatedKey: plain(key) } : {}),
    },
  };
}

/** Whether the nodes of a graph, not of its subgraphs, may compute attention. */
export function mayAttend(graph: Graph): boolean {
  return graph.nodes.some(isAttention);
}

/** Whether a node may be an attention. */
export function isAttention(node: Node): boolean {
  return node.operator === 'Softmax' || isFusedAttention(node);
}

function isFusedAttention({ operator, domain }: Node): boolean {
  // Linear attention has no weights that a softmax gives: its layer is named instead.
  const isOne = operator.endsWith('Attention') && operator !== 'LinearAttention';
  return isOne && (domain === '' || domain === 'com.microsoft');
}

function fusedAt(analysis: Analysis, node: Node): FoundSite {
  if (node.domain === '') return attentionSite(analysis, node);
  switch (node.operator) {
    case 'Attention':
      return selfProjectingAttentionSite(analysis, node);
    case 'MultiHeadAttention':
      return multiHeadAttentionSite(analysis, node);
    case 'GroupQueryAttention':
      return groupQueryAttentionSite(analysis, node);
    default:
      return fusedSite(analysis, node, {
        views: {},
        refusal: `the operator ${node.operator} cannot be taken apart`,
      });
  }
}
