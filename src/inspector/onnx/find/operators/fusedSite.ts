import type { Node } from '../../file/types';
import type { Analysis } from '../../graph/analysis';
import { canonical, originOf } from '../../graph/origin';
import type { Factor, FoundSite, Layout, Origin } from '../../graph/site';

/** What differs between fused operators; the rest of a site follows from it. */
export type FusedDetails = Pick<
  FoundSite,
  'views' | 'derived' | 'refusal' | 'sink' | 'statedReach'
> & {
  readonly headOutput?: Layout;
};

/** Builds the site of a fused operator with query, key and value as its first inputs. */
export function fusedSite(analysis: Analysis, node: Node, details: FusedDetails): FoundSite {
  const [first = '', second] = node.inputs;
  const [output = ''] = node.outputs;
  const query = queryOrigin(analysis, node, first);
  const key = second && analysis.labels.isHiddenOrPast(second) ? originOf(analysis, second) : query;
  const headOutput = details.headOutput ?? {
    kind: 'packed',
    heads: intAttribute(node, 'num_heads'),
  };
  const capped = node.attributes.get('softcap')?.float;
  return {
    node,
    operator: node.domain ? `${node.domain}.${node.operator}` : node.operator,
    views: { ...details.views, headOutput: { tensor: output, layout: headOutput } },
    ...(details.derived ? { derived: details.derived } : {}),
    ...(details.refusal ? { refusal: details.refusal } : {}),
    ...(details.sink ? { sink: details.sink } : {}),
    ...(details.statedReach === undefined ? {} : { statedReach: details.statedReach }),
    scale: [scaleAttribute(node)],
    ...(capped ? { softCap: capped } : {}),
    hasContentBias: false,
    biasTensors: node.inputs.slice(3).filter(name => name && !analysis.labels.isHiddenOrPast(name)),
    query,
    key,
    isCross: false,
    memoryEdges: [1, 2].map(input => ({ node, input })),
    queryTensor: first,
    end: node,
    scalePoint: { tensor: output, layout: headOutput },
  };
}

/** Operators that project the hidden state themselves have it as their source. */
function queryOrigin(analysis: Analysis, node: Node, tensor: string): Origin {
  const [, second] = node.inputs;
  if (second && !analysis.labels.isHidden(second)) {
    const sources = new Set([canonical(analysis, tensor)]);
    return { sources, projections: new Set([node]), rotary: false, nodes: new Set() };
  }
  const origin = originOf(analysis, tensor);
  return { ...origin, rotary: origin.rotary || intAttribute(node, 'do_rotary') === 1 };
}

function scaleAttribute(node: Node): Factor {
  const scale = node.attributes.get('scale')?.float;
  return scale ? { constant: scale } : { perRootHeadDim: true };
}

export function intAttribute(node: Node, name: string): number {
  return node.attributes.get(name)?.int ?? 0;
}
