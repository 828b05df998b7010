import type { Model } from '../../onnx/file/types';
import { feedName } from '../../onnx/rewrite/halfInputs';
import * as ort from '../../runtime/ort';
import { sizeOf } from '../../runtime/tensor';
import { tokenAxis, type TextAxes } from '../graph/textLengths';
import { otherPixel, patchAt, touchedPixel, type Picture } from '../inputs/picture';
import type { Probe } from './probe';

/** Lengths that made-up texts try, the first ones first. */
const SHORT = [11, 13, 17, 10, 14, 19, 9, 22, 8, 23, 7, 6, 5];
/** The same for short texts where no text has to be long for a mask to show. */
const SHORTEST = [7, 6, 5, 9, 8, 11, 10];
const LONG = [53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131];

/**
 * Two lengths of made-up texts that equal no size in the model, so that no dimension is taken for the
 * tokens by chance: texts after the first one have two tokens less.
 * @param least of the longer one
 * @param most tokens that the model takes
 */
export function probeLengths(
  model: Model,
  least: number,
  most: number,
): { readonly long: number; readonly short: number } {
  const sizes = sizesOf(model);
  const isFree = (length: number) => !sizes.has(length) && !sizes.has(length - 2);
  const pick = (lengths: readonly number[], otherwise: number) =>
    lengths.find(length => length <= most && isFree(length)) ?? otherwise;
  const long = pick(
    LONG.map(length => length + least - (LONG[0] ?? 0)),
    Math.min(least, most),
  );
  const short = pick(
    (least < (LONG[0] ?? 0) ? SHORTEST : SHORT).filter(length => length < long - 2),
    Math.min(5, most),
  );
  return { long, short };
}

/** Sizes of stored tensors, and whole numbers that shapes are made of. */
function sizesOf({ graph }: Model): ReadonlySet<number> {
  const sizes = new Set<number>();
  for (const { dims, data, elementType } of graph.initializers.values()) {
    for (const dim of dims) sizes.add(dim);
    if (data.kind !== 'inline' || elementType !== INT64 || data.bytes.byteLength > 64) continue;
    const view = new DataView(data.bytes.buffer, data.bytes.byteOffset, data.bytes.byteLength);
    for (let at = 0; at + 8 <= view.byteLength; at += 8)
      sizes.add(Number(view.getBigInt64(at, true)));
  }
  return sizes;
}

const INT64 = 7;

/** Which tokens of a text are changed: one of them, all, or none. */
export type Change = number | 'all' | 'none';

/**
 * A probe whose rows are all its first text with other tokens in it.
 * @param changes what is changed in each row
 */
export function withOtherTokens(
  { feeds, ...probe }: Probe,
  loaded: TextAxes,
  changes: readonly Change[],
): Probe {
  const { vocabulary, picture } = loaded.signature;
  const changed = { ...feeds };
  for (const input of loaded.lineage.texts) {
    const name = input in feeds ? input : feedName(input);
    const tensor = feeds[name];
    if (!tensor) continue;
    if (picture?.name === input) {
      changed[name] = withOtherPatches(tensor, picture, changes);
      continue;
    }
    const axis = tokenAxis(loaded, tensor);
    const tokens = tensor.dims[axis] ?? 1;
    const each = sizeOf(tensor.dims.slice(axis + 1));
    const text = tensor.size / (axis === 1 ? (tensor.dims[0] ?? 1) : 1);
    changed[name] = mapped(tensor, (at, own) => {
      const change = changes[Math.floor(at / text)] ?? 'none';
      const value = own(at % text);
      const isChanged = change === 'all' || change === Math.floor(at / each) % tokens;
      if (!isChanged) return value;
      return tensor.type.startsWith('float')
        ? otherState(value, at % text)
        : otherId(value, vocabulary);
    });
  }
  return { ...probe, feeds: changed };
}

/** The same picture in every row, with other pixels where the changed tokens have theirs. */
function withOtherPatches(
  tensor: ort.Tensor,
  picture: Picture,
  changes: readonly Change[],
): ort.Tensor {
  const each = sizeOf(picture.dims);
  return mapped(tensor, (at, own) => {
    const change = changes[Math.floor(at / each)] ?? 'none';
    const place = at % each;
    const patch = typeof change === 'number' ? picture.patches[change] : undefined;
    const { row, column } = patchAt(picture, place);
    if (change === 'all') return otherPixel(own(place), place);
    const isTouched = patch?.row === row && patch.column === column;
    return isTouched ? touchedPixel(own(place), place) : own(place);
  });
}

/** Another id of those that are no special tokens, where there are any. */
function otherId(id: number, vocabulary = 100): number {
  const first = vocabulary > 16 ? 5 : 0;
  const range = Math.max(1, vocabulary - first);
  return (
    first + ((((id - first) % range) + range + Math.ceil(range / 2) + (range > 4 ? 1 : 0)) % range)
  );
}

function otherState(value: number, i: number): number {
  return 2 * Math.cos(i * 7.31 + value);
}

/** @param value what stands at a place becomes, told what stood at others */
function mapped(
  tensor: ort.Tensor,
  value: (at: number, own: (at: number) => number) => number,
): ort.Tensor {
  const { data, dims } = tensor;
  if (data instanceof BigInt64Array) {
    const own = (at: number) => Number(data[at] ?? 0n);
    const ids = BigInt64Array.from(data, (_, at) => BigInt(value(at, own)));
    return new ort.Tensor('int64', ids, dims);
  }
  if (!(data instanceof Int32Array || data instanceof Float32Array)) return tensor;
  const own = (at: number) => data[at] ?? 0;
  if (data instanceof Int32Array) {
    return new ort.Tensor(
      'int32',
      data.map((_, at) => value(at, own)),
      dims,
    );
  }
  return new ort.Tensor(
    'float32',
    data.map((_, at) => value(at, own)),
    dims,
  );
}
