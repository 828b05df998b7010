import type { Grouping } from '../../protocol/capture';
import type { Aggregate, Locus } from '../reading/place';

/** What one number of the pictures is called. */
const NUMBERS: Record<Aggregate, string> = {
  head: 'weight',
  mean: 'mean weight',
  max: 'largest weight',
  rollout: 'rollout',
  norm: 'share of norm',
};

/** What a number of the map, the row and the bars is called: `weight`, `rollout`, … */
export const numberName = (aggregate: Aggregate): string => NUMBERS[aggregate];

/** What the cells of a map hold, in a few words, with the formula where it is not the softmax output. */
export function cellsHold({ aggregate, layer }: Locus, heads: number): string {
  switch (aggregate) {
    case 'head':
      return 'weight';
    case 'mean':
      return `mean weight of ${heads} heads`;
    case 'max':
      return `largest weight of ${heads} heads`;
    case 'rollout': {
      const layers = layer === 0 ? 'layer 0' : `layers 0–${layer}`;
      return `rollout of ${layers}: ½A + ½I, multiplied`;
    }
    case 'norm':
      return 'norm of α·v·W_O, share of its row';
  }
}

/** How words are put together from their tokens; empty for single tokens. */
export const groupingNote = (grouping: Grouping): string =>
  grouping === 'word' ? 'words: sum over a key’s pieces, mean over a query’s' : '';
