import type { CaptureSummary } from '../../../protocol/capture';
import type { Attribution } from '../../../protocol/layers';
import { outputStack } from '../../app/output';

/** One part of a logit. */
export interface LogitPart {
  readonly name: string;
  readonly value: number;
  /** The layer that wrote it; null for embeddings and constants. */
  readonly layer: number | null;
}

/**
 * The parts in the order of computation; they and nothing else sum to the logit within its error. A
 * layer without attention is one part.
 */
export function logitParts(
  { embedding, layers, constant }: Attribution,
  capture: Pick<CaptureSummary, 'model'>,
): LogitPart[] {
  const stack = outputStack(capture);
  const gaps = capture.model.withoutAttention?.filter(one => one.stack === stack) ?? [];
  const partsOf = ({ attention, cross, mlp }: Attribution['layers'][number], layer: number) => {
    const gap = gaps.find(one => one.layer === layer);
    if (gap) return [{ name: `L${layer}, ${gap.instead}`, value: mlp, layer }];
    return [
      { name: `L${layer} attention`, value: attention, layer },
      ...(cross === undefined ? [] : [{ name: `L${layer} cross`, value: cross, layer }]),
      { name: `L${layer} MLP`, value: mlp, layer },
    ];
  };
  return [
    { name: 'Embeddings', value: embedding, layer: null },
    ...layers.flatMap(partsOf),
    { name: 'Constant', value: constant, layer: null },
  ];
}

/** What the parts sum to. */
export const logitSum = (parts: readonly LogitPart[]): number =>
  parts.reduce((sum, { value }) => sum + value, 0);
