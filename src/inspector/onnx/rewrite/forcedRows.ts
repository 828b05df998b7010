import { elementsToBytes } from '../file/elements';
import { ElementType, type StoredTensor } from '../file/types';
import { makeNode } from '../file/writeModel';
import type { Layout } from '../graph/site';
import type { GraphEdit } from './graphEdit';

/**
 * Inputs of rows that are forced: the keys that get what they are given, what they get, their rows, and what
 * is left in each of those for the other keys.
 */
export type ForcePart = 'isForced' | 'forced' | 'isRow' | 'left';

/** Weights `[…, keys]` whose rows can be forced. */
interface Rows {
  readonly tensor: string;
  readonly elementType: number;
  readonly layout: Layout;
  /** A sink takes what the rows lack to 1. */
  readonly hasSink: boolean;
  /** Version of ONNX's own operators. */
  readonly opset: number;
}

/**
 * Adds nodes that give some keys of a row what they are given. The others, a sink among them, share what is
 * left in their own proportion: weight · left / (what they had together).
 * @param name of a tensor that is added
 * @returns the tensor of the new weights
 */
export function forcedRows(
  edit: GraphEdit,
  { tensor, elementType, layout, hasSink, opset }: Rows,
  name: (part: string) => string,
  input: (part: ForcePart) => string,
): string {
  const { bool } = ElementType;
  edit.inputs.push(
    { name: input('isForced'), elementType: bool },
    { name: input('forced'), elementType },
    { name: input('isRow'), elementType: bool },
    { name: input('left'), elementType },
  );
  const cast = (from: string, to: string, type: number) =>
    makeNode('Cast', [from], [to], { attributes: { to: type } });
  const axis = keyAxis(layout);
  if (opset >= 13) edit.addConstants([stored(name('axis'), axis)]);
  const sum =
    opset < 13
      ? makeNode('ReduceSum', [name('own')], [name('sum')], { attributes: { axes: [axis] } })
      : makeNode('ReduceSum', [name('own'), name('axis')], [name('sum')]);
  const own = hasSink ? [tensor, name('nothing')] : [name('nothing'), tensor];
  edit.add(
    makeNode('Sub', [tensor, tensor], [name('nothing')]),
    makeNode('Where', [input('isForced'), ...own], [name('own')]),
    sum,
    ...(hasSink
      ? [
          makeNode('Sub', [name('sum'), name('sum')], [name('sum/zero')]),
          makeNode('Exp', [name('sum/zero')], [name('one')]),
          makeNode('Sub', [name('one'), name('sum')], [name('rest')]),
        ]
      : [makeNode('Identity', [name('sum')], [name('rest')])]),
    // Where the others have nothing there is nothing to share: they are divided by 1.
    cast(name('rest'), name('isSome'), bool),
    makeNode('Not', [name('isSome')], [name('isNone')]),
    cast(name('isNone'), name('none'), elementType),
    makeNode('Add', [name('rest'), name('none')], [name('divisor')]),
    makeNode('Div', [tensor, name('divisor')], [name('share')]),
    makeNode('Mul', [name('share'), input('left')], [name('shared')]),
    makeNode('Where', [input('isRow'), name('shared'), tensor], [name('rows')]),
    makeNode('Where', [input('isForced'), input('forced'), name('rows')], [name('forced')]),
  );
  return name('forced');
}

/** Which dimension of a tensor of weights is that of the keys. */
function keyAxis(layout: Layout): number {
  if (layout.kind === 'transposed') return -2;
  return layout.kind === 'permuted' ? (layout.order.at(-1) ?? -1) : -1;
}

function stored(name: string, value: number): StoredTensor {
  const bytes = elementsToBytes([value], ElementType.int64) ?? new Uint8Array();
  return { name, dims: [1], elementType: ElementType.int64, data: { kind: 'inline', bytes } };
}
