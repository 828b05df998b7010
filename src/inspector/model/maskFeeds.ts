import * as ort from 'onnxruntime-node';
import { elementTypeOf } from '../onnx/elementTypes';
import type { GraphIndex } from '../onnx/graphIndex';
import { feedName } from '../onnx/halfInputs';
import { allowInput, blockInput, maskOverride } from '../onnx/maskOverride';
import type { FoundSite } from '../onnx/site';
import { ElementType } from '../onnx/types';

/** What a mask says of a query and a key. */
export const Edge = {
  /** The query may not attend to the key. */
  block: 0,
  /** It may, even where the model's own mask blocks it. */
  allow: 1,
  /** As the model has it. */
  keep: 2,
} as const;

/** A mask that somebody imposes, in the shape of the scores it applies to. */
export interface SiteMask {
  /** `Edge` values `[heads or 1, queries, keys]`. */
  readonly edges: Uint8Array;
  readonly dims: readonly [number, number, number];
}

/**
 * Feeds of the mask inputs of one site; those that change nothing without a mask.
 * @param rank of the tensor of masked scores
 */
export function maskFeeds(
  index: GraphIndex,
  site: FoundSite,
  i: number,
  rank: number | undefined,
  batch: number,
  mask: SiteMask | undefined,
): Record<string, ort.Tensor> {
  const override = maskOverride(index, site, i);
  if (!override) return {};
  const isHalf = elementTypeOf(index, override.tensor) === ElementType.float16;
  const block = isHalf ? feedName(blockInput(i)) : blockInput(i);
  if (!mask) {
    return {
      [block]: new ort.Tensor('float32', new Float32Array(1), [1]),
      [allowInput(i)]: new ort.Tensor('bool', new Uint8Array(1), [1]),
    };
  }
  const [heads, queries, keys] = mask.dims;
  // Where batch and heads are one dimension, a mask per head is repeated for each row.
  const isMerged = rank === 3;
  const copies = isMerged && heads > 1 ? batch : 1;
  const edges = new Uint8Array(copies * mask.edges.length);
  for (let copy = 0; copy < copies; copy++) edges.set(mask.edges, copy * mask.edges.length);
  const dims = isMerged ? [copies * heads, queries, keys] : [1, heads, queries, keys];
  const added = Float32Array.from(edges, edge => (edge === Edge.block ? -Infinity : 0));
  const allowed = edges.map(edge => (edge === Edge.allow ? 1 : 0));
  return {
    [block]: new ort.Tensor('float32', added, dims),
    [allowInput(i)]: new ort.Tensor('bool', allowed, dims),
  };
}
