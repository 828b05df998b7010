import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import type { FoundSite } from '../graph/site';

/** A tensor that enters the scores by addition: mask, position bias, or both in one. */
export interface AddedToScores {
  /** `[batch or 1, heads or 1, queries or 1, keys]`, batch and heads as one in some graphs. */
  readonly tensor: string;
  readonly sign: 1 | -1;
}

/** Where fused operators take what they add to the scores. */
const biasInput: Readonly<Record<string, number>> = {
  Attention: 3,
  'com.microsoft.Attention': 5,
  'com.microsoft.GroupQueryAttention': 10,
  'com.microsoft.MultiHeadAttention': 5,
};

/** What a site adds to its scores without looking at the text. */
export function addedToScores({ index, labels }: Analysis, site: FoundSite): AddedToScores[] {
  const { node, biasTensors } = site;
  const fused = biasInput[node.domain ? `${node.domain}.${node.operator}` : node.operator];
  if (fused !== undefined) {
    const tensor = node.inputs[fused];
    return tensor && biasTensors.includes(tensor) ? [{ tensor, sign: 1 }] : [];
  }
  return [...new Set(biasTensors)].flatMap((tensor): AddedToScores[] => {
    const joins = ({ inputs }: Node) => inputs.some(input => labels.isHidden(input));
    const sums = index.consumers(tensor).filter(joins);
    if (sums.some(({ operator }) => operator === 'Add' || operator === 'Sum')) {
      return [{ tensor, sign: 1 }];
    }
    const isTakenAway = sums.some(
      ({ operator, inputs }) => operator === 'Sub' && inputs[1] === tensor,
    );
    return isTakenAway ? [{ tensor, sign: -1 }] : [];
  });
}
