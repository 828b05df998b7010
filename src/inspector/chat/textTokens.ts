import type { Rendered } from '../../protocol/chat';
import type { TextSpec } from '../../protocol/run';
import type { Token, TokenizedText } from '../../protocol/tokens';
import { withinTime } from '../tokenizer/expression/withinTime';
import type { AlignedTokenizer } from '../tokenizer/types';
import { chatText, type ChatText } from './chatText';

/** A text as the model gets it: one text, a pair, or messages that a chat template rendered. */
export interface ReadText {
  /** Its tokens, at most so many; what the whole of it has stands in `total`. */
  encode(maximumTokens: number): Promise<TokenizedText>;
  readonly rendered?: Rendered;
  /** What people should know about it. */
  readonly notes: readonly string[];
}

/**
 * Reads what a run is made of. Tokens of a chat lead back to the document, as far as a message wrote
 * them; those of a pair to their own text.
 * @param model its name, for sentences
 * @throws InspectorError `chat-refused`, `tokenizer-broken`
 */
export async function readText(
  { text, pair, chat }: TextSpec,
  tokenizer: AlignedTokenizer,
  model: string,
): Promise<ReadText> {
  if (!chat) {
    const given = pair === undefined ? {} : { pair };
    return {
      encode: maximumTokens =>
        withinTime(() => tokenizer.encode(text, { maximumTokens, ...given })),
      notes: await doubledStart(tokenizer, text, true),
    };
  }
  const made = await chatText(text, chat, tokenizer.chat, model);
  return {
    encode: async maximumTokens => {
      const { tokens, total } = await withinTime(() =>
        tokenizer.encode(made.rendered.text, { maximumTokens, addSpecialTokens: false }),
      );
      return { tokens: tokens.map(token => placedToken(token, made)), total };
    },
    rendered: made.rendered,
    notes: [...made.notes, ...(await doubledStart(tokenizer, made.rendered.text, false))],
  };
}

/** A token of the rendered text with its place in the document. */
function placedToken(token: Token, { starts, ends, turns }: ChatText): Token {
  let [start, end] = [Infinity, 0];
  // One that stands for no character follows the one before it.
  const at = token.end > token.start ? token.start : Math.max(0, token.start - 1);
  let turn = turns[at] ?? -1;
  for (let unit = token.start; unit < token.end; unit++) {
    const from = starts[unit] ?? -1;
    if (from < 0) continue;
    if (start === Infinity) turn = turns[unit] ?? turn;
    start = Math.min(start, from);
    end = Math.max(end, ends[unit] ?? 0);
  }
  const isTemplate = start === Infinity;
  return {
    ...token,
    start: isTemplate ? 0 : start,
    end,
    ...(turn < 0 ? {} : { turn }),
    ...(isTemplate ? { template: true } : {}),
  };
}

/** Characters that any special token fits into. */
const LONGEST_SPECIAL = 256;

/**
 * A sentence where a text begins with the token that the tokenizer puts before every text.
 * @param isAdded whether it is put there in this run
 */
async function doubledStart(
  tokenizer: AlignedTokenizer,
  text: string,
  isAdded: boolean,
): Promise<readonly string[]> {
  const encode = (one: string, addSpecialTokens: boolean) =>
    withinTime(() => tokenizer.encode(one, { addSpecialTokens }).tokens);
  const around = await encode('a', true);
  const last = around.findIndex(({ special }) => !special) - 1;
  const added = around[last];
  if (!added || !text.startsWith(added.token)) return [];
  const [first] = await encode(text.slice(0, LONGEST_SPECIAL), false);
  if (first?.id !== added.id) return [];
  return [
    isAdded
      ? `The text begins with “${added.token}”, and the tokenizer puts another one before it: the model reads it twice.`
      : `The chat template writes “${added.token}” itself: the tokenizer adds no special tokens to this text, as apply_chat_template of transformers does; a program that lets it add them gives the model two.`,
  ];
}
