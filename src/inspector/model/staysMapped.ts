import { ElementType, type Model } from '../onnx/file/types';

/** Below this, products of weights that were laid out anew are worth their memory. */
const LARGE = 256e6;
/** Products that take many times as long with levels as they are stored. */
const PACKED = 'MatMulNBits';

/**
 * Whether the weights of a model that was built stay in their files: a copy in memory, which each of its
 * sessions would make, speeds products up by some percent only.
 */
export function staysMapped({ graph }: Model): boolean {
  if (graph.nodes.some(({ operator }) => operator === PACKED)) return false;
  const sizes = [...graph.initializers.values()].map(({ data, elementType }) =>
    data.kind === 'file' && elementType === ElementType.float ? data.length : 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0) >= LARGE;
}
