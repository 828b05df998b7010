import { InspectorError } from '../../../protocol/errors';
import { floatTypes, type ValueInfo } from '../../onnx/file/types';
import { isRead, plainName, type InputRole } from '../../onnx/graph/inputRoles';
import { sizeOf } from '../../runtime/tensor';
import type { Feed, Feeds } from '../run';
import type { InputSignature, MaskValues } from './inputSignature';

/** Sizes that input shapes name (“batch”, “sequence”), learned from feeds in the graph's own shapes. */
export class InputSizes {
  readonly batch: number;
  /** Tokens of earlier runs, whose keys and values are given. */
  readonly past: number;
  readonly #main: number;
  /** Tokens that the decoder reads, where a graph has two stacks. */
  readonly #second: number;
  readonly #sizes = new Map<string, number>();

  constructor({ inputs, roles, axes }: InputSignature, given: Feeds) {
    const feeds = (role: InputRole) =>
      inputs.flatMap(({ name }) => (roles.get(name) === role ? (given[name] ?? []) : []));
    const texts = feeds('tokens');
    const [picture] = feeds('picture');
    const main = texts[0] ?? feeds('hidden')[0] ?? feeds('mask')[0];
    const [batchAxis, tokenAxis] = axes ? [1, 0] : [0, 1];
    this.batch = picture?.dims[0] ?? main?.dims[batchAxis] ?? 1;
    this.#main = main?.dims[tokenAxis] ?? 1;
    this.#second = texts[1]?.dims[tokenAxis] ?? this.#main;
    this.past = feeds('past')[0]?.dims.at(-2) ?? 0;
    for (const input of inputs) {
      const feed = given[input.name];
      for (const [i, dim] of (input.dims ?? []).entries()) {
        if (typeof dim === 'string' && feed?.dims[i] !== undefined)
          this.#sizes.set(dim, feed.dims[i]);
      }
    }
  }

  /** Tokens of this run that an input of this name speaks of. */
  lengthFor(name: string): number {
    return /^(decoder|tgt|target)/.test(plainName(name)) ? this.#second : this.#main;
  }

  /** Size of a dimension, `otherwise` where neither the graph nor a feed tells it. */
  of(dim: number | string | undefined, otherwise: number): number {
    if (typeof dim === 'number') return dim;
    return (dim === undefined ? undefined : this.#sizes.get(dim)) ?? otherwise;
  }
}

/** What an input is fed where nobody says otherwise; undefined where it must be given. */
export function defaultFeed(
  input: ValueInfo,
  signature: InputSignature,
  sizes: InputSizes,
): Feed | undefined {
  const { name } = input;
  const role = signature.roles.get(name);
  const length = sizes.lengthFor(name);
  switch (role) {
    case 'mask':
    case 'factor':
    case 'other':
      return filled(input, signature, sizes, signature.values.get(name)?.visible ?? 0);
    case 'positions': {
      const dims = shapeOf(input, signature, sizes);
      const first = sizes.past + (signature.firstPosition ?? 0);
      const inner = signature.axes === 'sequenceFirst' ? (dims.at(-1) ?? 1) : 1;
      const place = (i: number) => first + (Math.floor(i / inner) % length);
      return { dims, data: elements(input, sizeOf(dims), place) };
    }
    case 'lengths': {
      const isLast = /seqlens/.test(plainName(name));
      return filled(input, signature, sizes, length + sizes.past - (isLast ? 1 : 0));
    }
    case 'segments':
    case 'globalMask':
    case 'past':
    case 'signal':
    case 'otherText':
    case 'flag':
      return filled(input, signature, sizes, 0);
    case 'tokens':
    case 'hidden':
    case 'picture':
    case undefined:
      return undefined;
  }
}

/**
 * A value, or a list of them, as a person gives it: a number for every element, a list for all elements
 * or for those of the last dimension.
 * @throws InspectorError `inputs-wrong` for a list of another length, unless `mayDiffer`
 */
export function givenFeed(
  input: ValueInfo,
  signature: InputSignature,
  sizes: InputSizes,
  value: number | readonly number[],
  mayDiffer: boolean,
): Feed | undefined {
  if (typeof value === 'number') return filled(input, signature, sizes, value);
  const { dims, data } = filled(input, signature, sizes, 0);
  const row = dims.at(-1) ?? 1;
  if (value.length !== data.length && value.length !== row) {
    if (mayDiffer) return undefined;
    const all = data.length === row ? '' : ` or ${data.length}`;
    throw new InspectorError(
      'inputs-wrong',
      `The input “${input.name}” of shape [${dims.join(', ')}] takes one number or ${row}${all}, and was given ${value.length}: correct the list.`,
    );
  }
  return { dims, data: elements(input, data.length, i => value[i % value.length] ?? 0) };
}

/** The shape of a mask over texts of `length` tokens. */
export function maskDims(
  { dims = [undefined, undefined] }: ValueInfo,
  rows: number,
  length: number,
) {
  const wanted = [[length], [rows, length], [rows, length, length], [rows, 1, length, length]];
  return (wanted[dims.length - 1] ?? []).map((otherwise, axis) => {
    const dim = dims[axis];
    return typeof dim === 'number' ? dim : otherwise;
  });
}

/**
 * A mask that hides some tokens from all others.
 * @param dims of the whole mask; the last is that of the tokens
 */
export function maskFeed(
  input: ValueInfo,
  { visible, hidden }: MaskValues,
  dims: readonly number[],
  isVisible: (row: number, token: number) => boolean,
): Feed {
  const size = sizeOf(dims);
  const length = dims.at(-1) ?? 1;
  const perRow = dims.length > 1 ? sizeOf(dims.slice(1)) : size;
  const valueAt = (i: number) => (isVisible(Math.floor(i / perRow), i % length) ? visible : hidden);
  return { dims, data: elements(input, size, valueAt) };
}

function filled(
  input: ValueInfo,
  signature: InputSignature,
  sizes: InputSizes,
  value: number,
): Feed {
  const dims = shapeOf(input, signature, sizes);
  return { dims, data: elements(input, sizeOf(dims), () => value) };
}

function elements({ elementType }: ValueInfo, count: number, valueAt: (i: number) => number) {
  if (floatTypes.has(elementType)) {
    return Float32Array.from({ length: count }, (_, i) => valueAt(i));
  }
  return BigInt64Array.from({ length: count }, (_, i) => BigInt(valueAt(i)));
}

function shapeOf(input: ValueInfo, signature: InputSignature, sizes: InputSizes): number[] {
  const { roles, axes, pasts } = signature;
  const { name } = input;
  const role = roles.get(name);
  const { batch, past } = sizes;
  const length = sizes.lengthFor(name);
  const dims = input.dims ?? [undefined, undefined];
  const rank = dims.length;
  const usual = (): readonly number[] => {
    switch (role) {
      case 'mask':
      case 'other':
      case 'globalMask': {
        const keys = length + (role === 'mask' ? past : 0);
        return (
          [[], [keys], [batch, keys], [batch, length, keys], [batch, 1, length, keys]][rank] ?? []
        );
      }
      case 'lengths':
        return [batch];
      case 'past': {
        const { room = 0, width = 0 } = pasts.get(name) ?? {};
        return rank === 4 ? [batch, 1, room, width] : [batch];
      }
      case 'factor':
      case 'flag':
        return [];
      default: {
        const each = axes === 'sequenceFirst' ? [length, batch] : [batch, length];
        const isWide = rank > 2 && typeof dims.at(-1) === 'number';
        return rank === 1
          ? [length]
          : [...Array<number>(rank - 2 - Number(isWide)).fill(1), ...each];
      }
    }
  };
  const otherwise = isRead(role) ? [] : usual();
  const rest = role === 'past' ? 0 : 1;
  return dims.map((dim, i) => sizes.of(dim, otherwise[i] ?? rest));
}
