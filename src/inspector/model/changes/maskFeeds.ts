import { ElementType } from '../../onnx/file/types';
import { elementTypeOf } from '../../onnx/graph/elementTypes';
import type { GraphIndex } from '../../onnx/graph/graphIndex';
import type { FoundSite } from '../../onnx/graph/site';
import { feedName } from '../../onnx/rewrite/halfInputs';
import { allowInput, blockInput, maskOverride } from '../../onnx/rewrite/maskOverride';
import * as ort from '../../runtime/ort';
import { Edge, type SiteMask } from '../run';

/**
 * Feeds of the mask inputs of one site; those that change nothing without a mask.
 * @param rank of the tensor of masked scores
 * @param made of the same run, added to
 */
export function maskFeeds(
  index: GraphIndex,
  site: FoundSite,
  i: number,
  rank: number | undefined,
  batch: number,
  mask: SiteMask | undefined,
  made: MadeMasks,
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
  const { added, allowed } = maskTensors(mask, rank, batch, made);
  return { [block]: added, [allowInput(i)]: allowed };
}

/** A mask as the runtime takes it. */
interface MaskTensors {
  readonly added: ort.Tensor;
  readonly allowed: ort.Tensor;
}
/** Tensors of masks by their edges: most sites share one, which is as large as a map. */
export type MadeMasks = Map<Uint8Array, MaskTensors & { readonly shape: string }>;

function maskTensors(
  { edges, dims: [heads, queries, keys] }: SiteMask,
  rank: number | undefined,
  batch: number,
  made: MadeMasks,
): MaskTensors {
  // Where batch and heads are one dimension, a mask per head is repeated for each row.
  const isMerged = rank === 3;
  const copies = isMerged && heads > 1 ? batch : 1;
  const dims = isMerged ? [copies * heads, queries, keys] : [1, heads, queries, keys];
  const shape = dims.join();
  const known = made.get(edges);
  if (known?.shape === shape) return known;
  const size = edges.length;
  const added = new Float32Array(copies * size);
  const allowed = new Uint8Array(copies * size);
  for (let at = 0; at < copies * size; at++) {
    const edge = edges[at % size];
    if (edge === Edge.block) added[at] = -Infinity;
    if (edge === Edge.allow) allowed[at] = 1;
  }
  const tensors = {
    shape,
    added: new ort.Tensor('float32', added, dims),
    allowed: new ort.Tensor('bool', allowed, dims),
  };
  made.set(edges, tensors);
  return tensors;
}
