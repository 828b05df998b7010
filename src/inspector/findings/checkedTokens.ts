import { basename } from 'node:path';
import type { CheckParams } from '../../protocol/inspector';
import type { Token } from '../../protocol/tokens';
import { readText } from '../chat/textTokens';
import type { InstrumentedModel } from '../model/instrumentedModel';
import { continued } from '../run/continuation';
import { stackTokens, type StackTokens } from '../run/modelInput';
import type { AlignedTokenizer } from '../tokenizer/types';

/** The text that a model is checked with. */
export type CheckedText = Pick<CheckParams, 'text'> &
  Partial<Omit<CheckParams, 'model' | 'text' | 'feeds'>>;

/** Tokens of a text that the runs take. */
const MOST_TOKENS = 64;
/** Tokens of the target that a decoder beside an encoder reads where the text stands for it. */
const MOST_TARGET = 9;

/** What is read of a text. */
export interface CheckedTokens {
  /** The text, whole. */
  readonly whole: readonly Token[];
  /** What the runs take of it: the tokens that a run of the text has, as far as they go. */
  readonly stacks: StackTokens;
}

/**
 * The tokens of a run, cut to those that a check takes. Where nothing is given to a decoder beside an
 * encoder, it reads the text: of a single token nothing could be said.
 * @throws InspectorError `chat-refused`, `tokenizer-broken`
 */
export async function checkedTokens(
  model: InstrumentedModel,
  tokenizer: AlignedTokenizer,
  { maximumTokens = Infinity, continuation = [], ...read }: CheckedText,
): Promise<CheckedTokens> {
  const { card } = model;
  const most = Math.min(MOST_TOKENS, card.maximumPositions ?? MOST_TOKENS, maximumTokens);
  const given = await readText(read, tokenizer, basename(card.path));
  const { tokens: whole } = await given.encode(Infinity);
  const first = withoutStrangers((await given.encode(most)).tokens, model);
  const hasDecoder = card.stacks.length > 1;
  const generated = (tokens: readonly Token[]) =>
    continued(card, tokenizer, tokens, continuation.slice(0, Math.max(0, most - tokens.length)))
      .tokens;
  const source = hasDecoder ? first : generated(first);
  const target = read.target || (hasDecoder ? read.text : '');
  const longest = read.target ? most : Math.min(MOST_TARGET, most);
  const stacks = await stackTokens(model, tokenizer, source, target, longest);
  if (!hasDecoder || !read.target) return { whole, stacks };
  return { whole, stacks: { ...stacks, decoder: generated(stacks.decoder ?? []) } };
}

/** Ids that the model has no row for would keep it from running at all: the finding tells of them. */
function withoutStrangers(tokens: readonly Token[], { card }: InstrumentedModel): readonly Token[] {
  return card.vocabulary === 0 ? tokens : tokens.filter(({ id }) => id < card.vocabulary);
}
