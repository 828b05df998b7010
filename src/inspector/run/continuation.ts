import { endOfContent } from '../../protocol/continuation';
import { InspectorError } from '../../protocol/errors';
import type { ModelCard } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';
import { generatedTokens } from '../tokenizer/generatedTokens';
import type { AlignedTokenizer } from '../tokenizer/types';

/** Tokens with those of a generation behind them. */
export interface Continued {
  readonly tokens: readonly Token[];
  /** What people should know about it. */
  readonly notes: readonly string[];
}

/**
 * Puts vocabulary entries behind what the last stack of a model reads. What the tokenizer puts there
 * to end a text is left out, so that they follow the text itself.
 * @param tokens of the last stack, without padding
 * @throws InspectorError `inputs-wrong`
 */
export function continued(
  card: ModelCard,
  tokenizer: AlignedTokenizer,
  tokens: readonly Token[],
  continuation: readonly number[],
): Continued {
  if (continuation.length === 0) return { tokens, notes: [] };
  checkContinuation(card, continuation);
  const end = card.stacks.length > 1 ? tokens.length : endOfContent(tokens);
  checkLength(card, end, continuation.length);
  const content = tokens.slice(0, end);
  const generated = generatedTokens(tokenizer, content, continuation);
  return { tokens: [...content, ...generated], notes: notesOf(tokens.slice(end)) };
}

function checkContinuation(
  { name, stacks, vocabulary }: ModelCard,
  continuation: readonly number[],
): void {
  if (stacks.at(-1) !== 'decoder') {
    throw wrong(
      `${name} reads a text from both sides at once and writes nothing after it: choose a decoder or an encoder–decoder to step through a generation.`,
    );
  }
  const most = vocabulary > 0 ? vocabulary : Infinity;
  const bad = continuation.find(id => !Number.isSafeInteger(id) || id < 0 || id >= most);
  if (bad === undefined) return;
  throw wrong(
    `${bad.toLocaleString('en')} cannot follow the text: the vocabulary of ${name} has the entries 0 to ${(most - 1).toLocaleString('en')}. Choose one of these.`,
  );
}

function checkLength(
  { name, maximumPositions = Infinity }: ModelCard,
  read: number,
  generated: number,
): void {
  if (read + generated <= maximumPositions) return;
  const [before, after, room] = [read, generated, maximumPositions].map(n =>
    n.toLocaleString('en'),
  );
  throw wrong(
    `${before} ${read === 1 ? 'token' : 'tokens'} and ${after} generated after ${read === 1 ? 'it' : 'them'} are more than the ${room} that ${name} has room for: generate fewer, or inspect a shorter text.`,
  );
}

function notesOf(left: readonly Token[]): string[] {
  if (left.length === 0) return [];
  const names = left.map(({ token }) => `“${token}”`).join(' and ');
  return [
    `${names}, which the tokenizer puts after a text to end it, ${left.length === 1 ? 'is' : 'are'} left out: the generated tokens follow the text itself.`,
  ];
}

function wrong(message: string): InspectorError {
  return new InspectorError('inputs-wrong', message);
}
