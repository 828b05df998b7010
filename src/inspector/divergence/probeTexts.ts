import type { Probe } from '../../protocol/firstDivergence';
import type { Stack } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';
import { maskDims, maskFeed } from '../model/inputs/defaultFeeds';
import type { GraphInput, InstrumentedModel } from '../model/instrumentedModel';
import type { Feed, Feeds } from '../model/run';
import { plainName } from '../onnx/graph/inputRoles';
import { specialToken, tokenFeeds, type StackTokens } from '../run/modelInput';
import { segmentFeeds } from '../run/segments';
import type { AlignedTokenizer } from '../tokenizer/types';

/** A text that both models read: rows of equally many tokens. */
export interface ProbeText {
  readonly probe: Probe;
  readonly rows: readonly [StackTokens, ...StackTokens[]];
  /** The row that is told of, whose tokens have names. */
  readonly told: StackTokens;
  /** Padding of the told row, which is the last one, in the stack that reads the text. */
  readonly padding?: { readonly side: 'left' | 'right'; readonly count: number };
}

/** Tokens of a long text. */
const LONG = 128;

/** The stack that reads the text. */
export function readingStack(tokens: StackTokens): Stack {
  return tokens.encoder ? 'encoder' : 'decoder';
}

/** Whether a token of a row is text, and not padding. */
export function isText({ rows, told, padding }: ProbeText, stack: Stack) {
  const count = told[stack]?.length ?? 0;
  return (row: number, token: number): boolean => {
    if (!padding || row < rows.length - 1 || stack !== readingStack(told)) return true;
    return padding.side === 'left' ? token >= padding.count : token < count - padding.count;
  };
}

/** The text itself, as both models read it. */
export function plainProbe(tokens: StackTokens): ProbeText {
  return { probe: 'text', rows: [tokens], told: tokens };
}

/**
 * The first half of the text, filled up with padding, beside the whole text where both models take two texts at
 * once; or, in a sentence, why there is no such text.
 */
export function paddedProbe(
  tokens: StackTokens,
  models: readonly InstrumentedModel[],
  pad: { readonly id: number; readonly tokenizer: Pick<AlignedTokenizer, 'tokenOf'> },
): ProbeText | string {
  const stack = readingStack(tokens);
  const own = tokens[stack] ?? [];
  const maskless = models.find(model => maskOf(model) === undefined);
  if (maskless) {
    return `No padded text is compared: ${maskless.card.name} has no input for an attention mask.`;
  }
  const count = Math.floor(own.length / 2);
  if (count === 0) return 'No padded text is compared: the text has one token.';
  const side = stack === 'decoder' && takeLeftPadding(models) ? 'left' : 'right';
  const padding = Array.from({ length: count }, () => specialToken(pad.tokenizer, pad.id));
  const half = own.slice(0, own.length - count);
  const whole = side === 'left' ? [...padding, ...half] : [...half, ...padding];
  const told = { ...tokens, [stack]: whole.map((token, index) => ({ ...token, index })) };
  const takesRows = models.every(({ takesOneRow }) => !takesOneRow);
  return {
    probe: 'padded',
    rows: takesRows ? [tokens, told] : [told],
    told,
    padding: { side, count },
  };
}

/** The text again and again, as long as both models take it; or, in a sentence, why there is no such text. */
export function longProbe(
  tokens: StackTokens,
  models: readonly InstrumentedModel[],
): ProbeText | string {
  const stack = readingStack(tokens);
  const own = tokens[stack] ?? [];
  const room = models.map(({ card }) => card.maximumPositions ?? Infinity);
  const length = Math.min(LONG, ...room);
  if (own.length >= length) {
    return `No longer text is compared: the text has ${own.length} tokens already, and ${length === LONG ? `long ones have ${LONG}` : `the models take ${length}`}.`;
  }
  const first = own.findIndex(({ special }) => !special);
  const last = own.findLastIndex(({ special }) => !special);
  if (first < 0) return 'No longer text is compared: the text has special tokens only.';
  const [before, body, after] = [
    own.slice(0, first),
    own.slice(first, last + 1),
    own.slice(last + 1),
  ];
  const middle = Array.from({ length: length - before.length - after.length }, (_, i): Token[] =>
    body.slice(i % body.length, (i % body.length) + 1),
  ).flat();
  const whole = [...before, ...middle, ...after].map((token, index) => ({ ...token, index }));
  const told = { ...tokens, [stack]: whole };
  return { probe: 'long', rows: [told], told };
}

/** What a model is fed so that it reads the rows of a text. @throws InspectorError */
export function feedsOf(model: InstrumentedModel, { rows, padding }: ProbeText): Feeds {
  const [first, ...others] = rows.map(tokens => tokenFeeds(model, tokens));
  const feeds = others.reduce<Feeds>(stacked, first ?? {});
  if (!padding) return { ...feeds, ...segmentFeeds(model, rows[0]) };
  const input = maskOf(model);
  const stack = readingStack(rows[0]);
  const length = rows[0][stack]?.length ?? 0;
  if (!input?.mask) return feeds;
  const isVisible = (row: number, token: number) => {
    if (row < rows.length - 1) return true;
    return padding.side === 'left' ? token >= padding.count : token < length - padding.count;
  };
  const dims = maskDims(input.info, rows.length, length);
  return { ...feeds, [input.name]: maskFeed(input.info, input.mask, dims, isVisible) };
}

/** The mask of the tokens that a model reads. */
function maskOf({ inputs }: InstrumentedModel): GraphInput | undefined {
  const masks = inputs.filter(({ mask, name }) => mask && !/^decoder_/.test(name));
  return masks.find(({ name }) => plainName(name) === 'attention_mask') ?? masks[0];
}

/** Whether padding before a text is the same to both: they are told positions alike, and count no lengths. */
function takeLeftPadding(models: readonly InstrumentedModel[]): boolean {
  const fed = models.map(({ inputs }) => inputs.some(({ role }) => role === 'positions'));
  const counts = ({ card }: InstrumentedModel) =>
    card.sites.some(({ graph }) => graph.operator === 'GroupQueryAttention');
  return fed.every(one => one === fed[0]) && !models.some(counts);
}

function stacked(above: Feeds, below: Feeds): Feeds {
  const join = ([name, { dims, data }]: [string, Feed]): [string, Feed] => {
    const [rows = 1, ...rest] = dims;
    const added = below[name]?.data ?? [];
    const ids = BigInt64Array.from([...data, ...added], BigInt);
    return [name, { dims: [rows + 1, ...rest], data: ids }];
  };
  return Object.fromEntries(Object.entries(above).map(join));
}
