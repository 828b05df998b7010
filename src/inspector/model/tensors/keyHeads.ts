import { InspectorError } from '../../../protocol/errors';
import type { Tensor } from '../../runtime/tensor';

/**
 * How many query heads share each key and value head, seen from a graph that repeats them: the largest
 * group in which all keys and all values are equal, bit for bit.
 */
export function groupSize(key: Tensor | undefined, value: Tensor | undefined): number {
  const heads = key?.dims[1] ?? 1;
  for (let group = heads; group > 1; group--) {
    if (heads % group === 0 && isRepeated(key, group) && isRepeated(value, group)) return group;
  }
  return 1;
}

/** Keeps one head of each group `[batch, heads / group, keys, headDim]`. */
export function withoutRepeats(tensor: Tensor, group: number): Tensor {
  if (group === 1) return tensor;
  if (!isRepeated(tensor, group)) {
    throw new InspectorError(
      'internal',
      'Heads that shared their keys when the model was checked no longer do: please report this model.',
    );
  }
  const [batch = 1, heads = 1, keys = 1, width = 1] = tensor.dims;
  const size = keys * width;
  const kept = new Float32Array(tensor.data.length / group);
  for (let i = 0; i < (batch * heads) / group; i++) {
    kept.set(tensor.data.subarray(i * group * size, (i * group + 1) * size), i * size);
  }
  return { dims: [batch, heads / group, keys, width], data: kept };
}

function isRepeated(tensor: Tensor | undefined, group: number): boolean {
  if (!tensor) return true;
  const [, , keys = 1, width = 1] = tensor.dims;
  const size = keys * width;
  for (let i = 0; i < tensor.data.length; i++) {
    const head = Math.floor(i / size);
    if (!Object.is(tensor.data[i], tensor.data[i - (head % group) * size])) return false;
  }
  return true;
}
