import { InspectorError } from '../../protocol/errors';
import { shortened } from '../files/shortened';
import { firstOf, sizeOf, type Tensor } from '../runtime/tensor';
import type { GraphRun, SiteTensors, StreamTensors } from './graph/graphSession';
import { eachTensor } from './tensors/recurrence';
import { maskDims, maskFeed } from './inputs/defaultFeeds';
import { isMask, textsOf, type InputSignature } from './inputs/inputSignature';
import { Edge, type Feed, type Feeds, type SiteMask } from './run';

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
  const { inputs, roles, lengths, hidesPadding, paddingId = 0 } = signature;
  if (signature.picture) return { feeds: given };
  const texts = textsOf(signature);
  const other = texts.find(name => {
    const [tokens, length] = [given[name]?.dims[1], lengths.get(name)];
    return tokens !== undefined && length !== undefined && tokens !== length;
  });
  const feed = other === undefined ? undefined : given[other];
  const [rows = 1, tokens = 0] = feed?.dims ?? [];
  const length = lengths.get(other ?? '');
  if (length === undefined || other === undefined || !feed) return { feeds: given };
  const name = texts.length > 1 ? other : undefined;
  const canFill = tokens < length && name === undefined && roles.get(other) === 'tokens';
  if (!canFill || !hidesPadding) throw wrongLength(length, tokens, name);
  const feeds: Record<string, Feed> = {
    [other]: widened(feed, rows, tokens, length, paddingId),
  };
  for (const input of inputs) {
    const segments = roles.get(input.name) === 'segments' ? given[input.name] : undefined;
    if (segments) {
      const dims = segments.dims.map(dim => (dim === tokens ? length : dim));
      feeds[input.name] = { ...widened(segments, rows, tokens, length, 0), dims };
    }
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

/**
 * The part of a run that is about its first `rows` texts, and of those about their first `tokens`.
 * @param maps points whose columns are tokens, too
 */
export function withoutFilling(
  run: GraphRun,
  rows: { readonly taken: number; readonly of: number },
  cut: Filled['cut'],
  maps: ReadonlySet<number>,
): GraphRun {
  if (rows.taken === rows.of && !cut) return run;
  const { tokens, of: length } = cut ?? { tokens: Infinity, of: Infinity };
  const ofTokens = ({ dims, data }: Tensor) => {
    const isFlat = cut && dims.length === 2 && dims[0] === rows.of * length;
    const whole = { dims: isFlat ? [rows.of, length, ...dims.slice(1)] : dims, data };
    const texts = whole.dims[0] === rows.of ? firstOf(whole, 0, rows.taken) : whole;
    return texts.dims[1] === length ? firstOf(texts, 1, tokens) : texts;
  };
  const ofSite = (quantity: string, tensor: Tensor) => {
    const queries = firstOf(firstOf(tensor, 0, rows.taken), 2, tokens);
    return isMap.has(quantity) ? firstOf(queries, 3, tokens) : queries;
  };
  const ofPoint = (point: number, tensor: Tensor) => {
    const queries = firstOf(firstOf(tensor, 0, rows.taken), 2, tokens);
    return maps.has(point) ? firstOf(queries, 3, tokens) : queries;
  };
  // In the graph's own shape: one axis is that of the tokens, if it can be told from the others.
  const ofDetail = (tensor: Tensor) => {
    const axes = tensor.dims.flatMap((size, axis) => (axis > 0 && size === length ? axis : []));
    const [axis, other] = axes;
    if (axis === undefined || axis === 1 || tensor.dims.length < 4) return ofTokens(tensor);
    const texts = tensor.dims[0] === rows.of ? firstOf(tensor, 0, rows.taken) : tensor;
    return other === undefined ? firstOf(texts, axis, tokens) : undefined;
  };
  const each = (of: object, take: (name: string, tensor: Tensor) => Tensor | undefined) =>
    Object.fromEntries(
      Object.entries(of).flatMap(([name, tensor]) => {
        const taken = take(name, tensor as Tensor);
        return taken ? [[name, taken] as const] : [];
      }),
    );
  return {
    sites: run.sites.map((site): SiteTensors =>
      each(site, (name, tensor) => (details.has(name) ? ofDetail(tensor) : ofSite(name, tensor))),
    ),
    streams: run.streams.map(({ beforeLayers, ...others }): StreamTensors => ({
      beforeLayers: beforeLayers.map(tensor => tensor && ofTokens(tensor)),
      ...each(others, (_, tensor) => ofTokens(tensor)),
    })),
    ...(run.experts
      ? {
          experts: run.experts.map(
            decision =>
              decision && {
                ...decision,
                chosen: ofTokens(decision.chosen),
                weights: ofTokens(decision.weights),
              },
          ),
        }
      : {}),
    ...(run.recurrences
      ? { recurrences: run.recurrences.map(one => one && eachTensor(one, ofTokens)) }
      : {}),
    ...(run.output ? { output: ofTokens(run.output) } : {}),
    ...(run.points
      ? {
          points: new Map(
            [...run.points].map(([point, tensor]) => [point, ofPoint(point, tensor)]),
          ),
        }
      : {}),
    scales: run.scales,
    lengths: new Map(
      [...run.lengths].map(([name, count]) => [name, count === length ? tokens : count] as const),
    ),
    hasPast: run.hasPast,
    milliseconds: run.milliseconds,
  };
}

const isMap = new Set(['scores', 'maskedScores', 'weights']);
/** Read in the shape that the graph gives them. */
const details = new Set(['unrotatedQuery', 'unrotatedKey', 'projected', 'residual']);

/**
 * A text that a graph cannot take because of its length.
 * @param input that the text is fed to, where the graph reads several
 */
export function wrongLength(length: number, tokens: number, input?: string): InspectorError {
  const advice = tokens > length ? 'use a shorter text' : 'use a text of that length';
  const of = input === undefined ? '' : ` of “${shortened(input)}”`;
  return new InspectorError(
    'inputs-wrong',
    `This model takes exactly ${length} tokens${of}: this text has ${tokens}. ${advice[0]?.toUpperCase()}${advice.slice(1)}, or export the model for texts of any length.`,
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
