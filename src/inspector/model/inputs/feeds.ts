import { InspectorError } from '../../../protocol/errors';
import { ElementType, type ValueInfo } from '../../onnx/file/types';
import { isRead } from '../../onnx/graph/inputRoles';
import { feedName } from '../../onnx/rewrite/halfInputs';
import * as ort from '../../runtime/ort';
import { sizeOf } from '../../runtime/tensor';
import type { Feed, Feeds } from '../run';
import { defaultFeed, givenFeed, InputSizes } from './defaultFeeds';
import type { InputSignature } from './inputSignature';
import { elementTypeName } from './runtimeTypes';

/**
 * Checks the feeds against the graph's inputs and adds what is missing: masks that leave every token
 * visible, positions in their order, segments of zeros, an empty past, and what people want fed.
 * @param given token ids `[batch, tokens]`, whatever the graph's own order; everything else as it is fed
 * @param mayDiffer a list that people gave may have another length than this text: it is left out then
 * @throws InspectorError `inputs-wrong`, `vocabulary-mismatch`
 */
export function completeFeeds(
  signature: InputSignature,
  given: Feeds,
  mayDiffer = false,
): Record<string, ort.Tensor> {
  const known = new Map(signature.inputs.map(input => [input.name, input]));
  for (const [name, feed] of Object.entries(given)) {
    if (!known.has(name) && !isNeutral(name, feed)) {
      const names = [...known.keys()].join(', ');
      throw wrong(`The model has no input “${name}”: its inputs are ${names}.`);
    }
  }
  const arranged = Object.fromEntries(
    Object.entries(given).map(([name, feed]) => [name, inGraphsOrder(signature, name, feed)]),
  );
  const sizes = new InputSizes(signature, arranged);
  const complete: Record<string, ort.Tensor> = {};
  for (const input of signature.inputs) {
    const wanted = signature.given?.[input.name];
    const feed =
      arranged[input.name] ??
      (wanted === undefined ? undefined : givenFeed(input, signature, sizes, wanted, mayDiffer)) ??
      defaultFeed(input, signature, sizes);
    if (!feed) throw wrong(`The model's input “${input.name}” is missing: give its values.`);
    checkShape(input, feed);
    if (signature.roles.get(input.name) === 'tokens') checkVocabulary(feed, signature.vocabulary);
    const { name, tensor } = toRuntime(input, feed);
    complete[name] = tensor;
  }
  return complete;
}

/** Token ids `[batch, tokens]` as the graph takes them. */
function inGraphsOrder({ roles, axes }: InputSignature, name: string, feed: Feed): Feed {
  const [rows = 1, length = 0] = feed.dims;
  if (!axes || !isRead(roles.get(name)) || feed.dims.length < 2) return feed;
  if (rows > 1) {
    throw wrong(
      `The input “${name}” is ${axes === 'sequence' ? '[tokens], without a batch axis' : '[tokens, batch]'}: it takes one text at a time, not ${rows}.`,
    );
  }
  const rest = feed.dims.slice(2);
  return { ...feed, dims: axes === 'sequence' ? [length, ...rest] : [length, rows, ...rest] };
}

/** An input that this graph lacks but whose value would change nothing. */
function isNeutral(name: string, { data }: Feed): boolean {
  if (/^use_cache/.test(name)) return true;
  return /mask/.test(name) && data.every(value => Number(value) === 1);
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
