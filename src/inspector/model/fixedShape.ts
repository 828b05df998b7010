import { InspectorError } from '../../protocol/errors';
import { firstOf, sizeOf, type Tensor } from '../runtime/tensor';
import { maskDims, maskFeed } from './defaultFeeds';
import type { GraphRun, SiteTensors, StreamTensors } from './graphSession';
import { isMask, isText, type InputSignature } from './inputSignature';
import type { Feed, Feeds } from './instrumentedModel';
import { Edge, type SiteMask } from './maskFeeds';

/** Feeds as a graph of one length takes them, and what of its answer is about the text. */
export interface Filled {
  readonly feeds: Feeds;
  /** Tokens of the text and tokens of the run; absent where the text fills the graph. */
  readonly cut?: { readonly tokens: number; readonly of: number };
}

/**
 * Fills a text up to the only length that a graph takes, with padding that is hidden from its tokens.
 * @param given token ids `[batch, tokens]`
 * @throws InspectorError `inputs-wrong` for texts that are too long, and where padding would be seen
 */
export function filledUp(signature: InputSignature, given: Feeds): Filled {
  const { inputs, roles, length, hidesPadding, paddingId = 0 } = signature;
  const texts = inputs.filter(({ name }) => isText(roles.get(name)));
  const [text] = texts;
  const feed = text && given[text.name];
  const [rows = 1, tokens = 0] = feed?.dims ?? [];
  if (length === undefined || !text || !feed || tokens === length) return { feeds: given };
  const canFill = tokens < length && texts.length === 1 && roles.get(text.name) === 'tokens';
  if (!canFill || !hidesPadding) throw wrongLength(length, tokens);
  const feeds: Record<string, Feed> = {
    [text.name]: widened(feed, rows, tokens, length, paddingId),
  };
  for (const input of inputs) {
    const values = signature.values.get(input.name);
    if (!isMask(signature, input.name) || !values) continue;
    const own = given[input.name];
    if (own && !isPerToken(own, rows, tokens)) throw wrongLength(length, tokens);
    const ofText = own ?? maskFeed(input, values, [rows, tokens], () => true);
    const dims = maskDims(input, rows, length);
    const isVisible = (row: number, token: number) =>
      token < tokens && Number(ofText.data[row * tokens + token]) === values.visible;
    feeds[input.name] = maskFeed(input, values, dims, isVisible);
  }
  return { feeds: { ...given, ...feeds }, cut: { tokens, of: length } };
}

/** A mask for the text alone as one for the text and its padding, which it leaves to the model. */
export function filledMask(
  { edges, dims: [heads, queries, keys] }: SiteMask,
  of: number,
): SiteMask {
  const wide = new Uint8Array(heads * of * of).fill(Edge.keep);
  for (let row = 0; row < heads * queries; row++) {
    const at = (Math.floor(row / queries) * of + (row % queries)) * of;
    wide.set(edges.subarray(row * keys, (row + 1) * keys), at);
  }
  return { edges: wide, dims: [heads, of, of] };
}

/** The part of a run that is about its first `rows` texts, and of those about their first `tokens`. */
export function withoutFilling(
  run: GraphRun,
  rows: { readonly taken: number; readonly of: number },
  cut: Filled['cut'],
): GraphRun {
  if (rows.taken === rows.of && !cut) return run;
  const part = (tensor: Tensor) => {
    const [first] = tensor.dims;
    const texts = first === rows.of ? firstOf(tensor, 0, rows.taken) : tensor;
    if (!cut) return texts;
    const axes = texts.dims.map((size, axis) => (axis > 0 && size === cut.of ? axis : -1));
    return axes.filter(axis => axis > 0).reduce((t, axis) => firstOf(t, axis, cut.tokens), texts);
  };
  const ofSite = (quantity: string, tensor: Tensor) => {
    const texts = firstOf(tensor, 0, rows.taken);
    if (!cut) return texts;
    const some = firstOf(texts, 2, cut.tokens);
    return isMap.has(quantity) ? firstOf(some, 3, cut.tokens) : some;
  };
  const each = <T extends object>(of: T, take: (name: string, tensor: Tensor) => Tensor) =>
    Object.fromEntries(Object.entries(of).map(([name, t]) => [name, take(name, t as Tensor)]));
  return {
    sites: run.sites.map(
      site =>
        each(site, (name, tensor) =>
          plain.has(name) ? part(tensor) : ofSite(name, tensor),
        ) as SiteTensors,
    ),
    streams: run.streams.map(({ beforeLayers, ...others }) => ({
      beforeLayers: beforeLayers.map(tensor => tensor && part(tensor)),
      ...(each(others, (_, tensor) => part(tensor)) as Omit<StreamTensors, 'beforeLayers'>),
    })),
    ...(run.output ? { output: part(run.output) } : {}),
    milliseconds: run.milliseconds,
  };
}

const isMap = new Set(['scores', 'maskedScores', 'weights']);
/** Read in the shape that the graph gives them. */
const plain = new Set(['unrotatedQuery', 'unrotatedKey', 'projected', 'residual']);

/** A text that a graph cannot take because of its length. */
export function wrongLength(length: number, tokens: number): InspectorError {
  const advice = tokens > length ? 'use a shorter text' : 'use a text of that length';
  return new InspectorError(
    'inputs-wrong',
    `This model takes ${length} tokens only, and the text has ${tokens}: ${advice}, or export the model for texts of any length.`,
  );
}

function widened(feed: Feed, rows: number, tokens: number, length: number, id: number): Feed {
  const data = new BigInt64Array(rows * length).fill(BigInt(id));
  for (let row = 0; row < rows; row++) {
    for (let token = 0; token < tokens; token++) {
      data[row * length + token] = BigInt(feed.data[row * tokens + token] ?? 0);
    }
  }
  return { dims: [rows, length], data };
}

function isPerToken({ dims }: Feed, rows: number, tokens: number): boolean {
  return sizeOf(dims) === rows * tokens;
}
