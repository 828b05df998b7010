import type { Measure } from '../../protocol/patching';

/** Names of the measures of an output, the first one where nothing was chosen. */
export const MEASURE_KINDS = ['logitDifference', 'probability', 'divergence'] as const;

/** The two entries of the vocabulary that a measure can name. */
export interface MeasuredEntries {
  readonly answer: number;
  readonly other: number;
}

/** A measure by its name, of the entries that it needs. */
export function measureWith(kind: Measure['kind'], { answer, other }: MeasuredEntries): Measure {
  switch (kind) {
    case 'logitDifference':
      return { kind, answer, other };
    case 'probability':
      return { kind, answer };
    case 'divergence':
      return { kind };
  }
}
