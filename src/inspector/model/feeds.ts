import * as ort from '../runtime/ort';
import { InspectorError } from '../../protocol/errors';
import { feedName } from '../onnx/halfInputs';
import type { InputRole } from '../onnx/inputRoles';
import { ElementType, type ValueInfo } from '../onnx/types';
import { sizeOf } from '../runtime/tensor';
import type { Feed, Feeds } from './instrumentedModel';
import { elementTypeName } from './runtimeTypes';

/** What is known about a graph's inputs. */
export interface InputSignature {
  readonly inputs: readonly ValueInfo[];
  readonly roles: ReadonlyMap<string, InputRole>;
  /** Rows of the token embedding, where it could be found. */
  readonly vocabulary?: number;
}

/**
 * Checks the feeds against the graph's inputs and adds what is missing: masks of ones, positions from
 * 0, segments of zeros, an empty past.
 * @throws InspectorError `inputs-wrong`, `vocabulary-mismatch`
 */
export function completeFeeds(signature: InputSignature, given: Feeds): Record<string, ort.Tensor> {
  const known = new Map(signature.inputs.map(input => [input.name, input]));
  for (const [name, feed] of Object.entries(given)) {
    if (!known.has(name) && !isNeutral(name, feed)) {
      const names = [...known.keys()].join(', ');
      throw wrong(`The model has no input “${name}”: its inputs are ${names}.`);
    }
  }
  const sizes = new SymbolicSizes(signature, given);
  const complete: Record<string, ort.Tensor> = {};
  for (const input of signature.inputs) {
    const feed = given[input.name] ?? defaultFeed(input, signature.roles, sizes);
    if (!feed) throw wrong(`The model's input “${input.name}” is missing: give its values.`);
    checkShape(input, feed);
    if (signature.roles.get(input.name) === 'tokens') checkVocabulary(feed, signature.vocabulary);
    const { name, tensor } = toRuntime(input, feed);
    complete[name] = tensor;
  }
  return complete;
}

/** An input that this graph lacks but whose value would change nothing. */
function isNeutral(name: string, { data }: Feed): boolean {
  if (/^use_cache/.test(name)) return true;
  return /mask/.test(name) && data.every(value => Number(value) === 1);
}

/** Sizes that input shapes name (“batch”, “sequence”), learned from the given feeds. */
class SymbolicSizes {
  readonly batch: number;
  /** Tokens of this run. */
  readonly length: number;
  /** Tokens of earlier runs, whose keys and values are given. */
  readonly past: number;
  readonly #sizes = new Map<string, number>();

  constructor({ inputs, roles }: InputSignature, given: Feeds) {
    const first = (role: InputRole) =>
      inputs.flatMap(({ name }) => (roles.get(name) === role ? (given[name] ?? []) : []))[0];
    const main = first('tokens') ?? first('hidden') ?? first('mask');
    this.batch = main?.dims[0] ?? 1;
    this.length = main?.dims[1] ?? 1;
    this.past = first('past')?.dims.at(-2) ?? 0;
    for (const input of inputs) {
      const feed = given[input.name];
      for (const [i, dim] of (input.dims ?? []).entries()) {
        if (typeof dim === 'string' && feed?.dims[i] !== undefined)
          this.#sizes.set(dim, feed.dims[i]);
      }
    }
  }

  /** Size of a dimension, `otherwise` where neither the graph nor a feed tells it. */
  of(dim: number | string | undefined, otherwise: number): number {
    if (typeof dim === 'number') return dim;
    return (dim === undefined ? undefined : this.#sizes.get(dim)) ?? otherwise;
  }
}

function defaultFeed(
  { name, elementType, dims = [undefined, undefined] }: ValueInfo,
  roles: InputSignature['roles'],
  sizes: SymbolicSizes,
): Feed | undefined {
  const { batch, length, past } = sizes;
  const rows = sizes.of(dims[0], batch);
  switch (roles.get(name)) {
    case 'mask': {
      const columns = sizes.of(dims[1], length + past);
      return { dims: [rows, columns], data: new BigInt64Array(rows * columns).fill(1n) };
    }
    case 'positions':
      if (/seqlens/.test(name)) {
        return { dims: [batch], data: new Int32Array(batch).fill(length + past - 1) };
      }
      if (/total_seq/.test(name)) {
        return { dims: dims.map(() => 1), data: Int32Array.of(length + past) };
      }
      return positionFeed(/token_type|segment/.test(name), dims, rows, sizes);
    case 'past': {
      const shape = dims.map((dim, i) => sizes.of(dim, i === 0 ? batch : 0));
      return { dims: shape, data: new Float32Array(sizeOf(shape)) };
    }
    case 'flag':
      return { dims: dims.map(() => 1), data: new Uint8Array(1) };
    case 'other':
      if (elementType !== ElementType.bool) return undefined;
      return { dims: dims.map(dim => sizes.of(dim, 1)), data: new Uint8Array(1) };
    case 'tokens':
    case 'hidden':
    case undefined:
      return undefined;
  }
}

function positionFeed(
  isSegment: boolean,
  dims: NonNullable<ValueInfo['dims']>,
  rows: number,
  sizes: SymbolicSizes,
): Feed {
  const columns = sizes.of(dims.at(-1), sizes.length);
  const count = dims.length === 1 ? columns : rows * columns;
  const data = new BigInt64Array(count);
  if (!isSegment) {
    for (let i = 0; i < count; i++) data[i] = BigInt(sizes.past + (i % columns));
  }
  return { dims: dims.length === 1 ? [columns] : [rows, columns], data };
}

function checkShape({ name, dims }: ValueInfo, feed: Feed): void {
  if (sizeOf(feed.dims) !== feed.data.length) {
    throw wrong(
      `The input “${name}” has ${feed.data.length} values where its shape [${feed.dims.join(', ')}] needs ${sizeOf(feed.dims)}.`,
    );
  }
  if (!dims) return;
  const fits = feed.dims.every((dim, i) => typeof dims[i] !== 'number' || dims[i] === dim);
  if (dims.length !== feed.dims.length || !fits) {
    const wanted = dims.map(dim => dim ?? '?').join(', ');
    throw wrong(
      `The input “${name}” has shape [${feed.dims.join(', ')}] where the model takes [${wanted}].`,
    );
  }
}

function checkVocabulary({ data }: Feed, vocabulary: number | undefined): void {
  if (vocabulary === undefined) return;
  for (const value of data) {
    const id = Number(value);
    if (id >= 0 && id < vocabulary) continue;
    throw new InspectorError(
      'vocabulary-mismatch',
      `Token id ${id} is outside the model's vocabulary of ${vocabulary}: the tokenizer belongs to another model.`,
    );
  }
}

function toRuntime(
  { name, elementType }: ValueInfo,
  { data, dims }: Feed,
): { readonly name: string; readonly tensor: ort.Tensor } {
  const isFloat = data instanceof Float32Array;
  if (elementType === ElementType.float || elementType === ElementType.float16) {
    const values = Float32Array.from(data as Float32Array, Number);
    const feed = elementType === ElementType.float ? name : feedName(name);
    return { name: feed, tensor: new ort.Tensor('float32', values, dims) };
  }
  if (!isFloat && elementType === ElementType.int64) {
    const values = data instanceof BigInt64Array ? data : BigInt64Array.from(data, BigInt);
    return { name, tensor: new ort.Tensor('int64', values, dims) };
  }
  if (!isFloat && elementType === ElementType.int32) {
    const values = Int32Array.from(data as Int32Array, Number);
    return { name, tensor: new ort.Tensor('int32', values, dims) };
  }
  if (!isFloat && elementType === ElementType.bool) {
    const values = Uint8Array.from(data as Int32Array, value => (value ? 1 : 0));
    return { name, tensor: new ort.Tensor('bool', values, dims) };
  }
  const given = isFloat ? 'fractions' : 'whole numbers';
  throw wrong(
    `The input “${name}” was given ${given}, but its element type is ${elementTypeName(elementType)}.`,
  );
}

function wrong(message: string): InspectorError {
  return new InspectorError('inputs-wrong', message);
}
