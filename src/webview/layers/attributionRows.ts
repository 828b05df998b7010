import type { Attribution } from '../../protocol/layers';

/** One part of a logit. */
export interface LogitPart {
  readonly name: string;
  readonly value: number;
  /** The layer that wrote it; null for embeddings and constants. */
  readonly layer: number | null;
}

/** The parts in the order of computation; they and nothing else sum to the logit within its error. */
export function logitParts({ embedding, layers, constant }: Attribution): LogitPart[] {
  return [
    { name: 'Embeddings', value: embedding, layer: null },
    ...layers.flatMap(({ attention, cross, mlp }, layer): LogitPart[] => [
      { name: `L${layer} attention`, value: attention, layer },
      ...(cross === undefined ? [] : [{ name: `L${layer} cross`, value: cross, layer }]),
      { name: `L${layer} MLP`, value: mlp, layer },
    ]),
    { name: 'Constant', value: constant, layer: null },
  ];
}

/** What the parts sum to. */
export const logitSum = (parts: readonly LogitPart[]): number =>
  parts.reduce((sum, { value }) => sum + value, 0);
