import { elementsToBytes } from './elements';
import { ElementType, type Attribute, type Node, type StoredTensor } from './types';

/** The tensor that a `Constant` node stands for; undefined for other nodes and for strings. */
export function constantTensor(node: Node): StoredTensor | undefined {
  const [name] = node.outputs;
  const [attribute] = node.attributes.values();
  if (node.operator !== 'Constant' || node.domain !== '' || !name || !attribute) return undefined;
  return attribute.tensor ? { ...attribute.tensor, name } : fromNumbers(name, attribute);
}

/** `value_int`, `value_ints`, `value_float` and `value_floats`. */
function fromNumbers(name: string, attribute: Attribute): StoredTensor | undefined {
  const integers = attribute.name === 'value_int' ? [attribute.int ?? 0] : attribute.ints;
  const floats = attribute.name === 'value_float' ? [attribute.float ?? 0] : attribute.floats;
  const dims = attribute.name.endsWith('s') ? [(integers ?? floats)?.length ?? 0] : [];
  if (attribute.name.startsWith('value_int')) {
    const bytes = elementsToBytes(integers ?? [], ElementType.int64);
    return bytes && { name, dims, elementType: ElementType.int64, data: { kind: 'inline', bytes } };
  }
  if (!attribute.name.startsWith('value_float')) return undefined;
  const bytes = new Uint8Array(Float32Array.from(floats ?? []).buffer);
  return { name, dims, elementType: ElementType.float, data: { kind: 'inline', bytes } };
}
