import { InspectorError } from '../../protocol/errors';
import type { AlignedTokenizer } from '../tokenizer/types';

/**
 * The vocabulary entry that a text is: `#id` by its number, else what the tokenizer makes of the text.
 * @throws InspectorError `inputs-wrong` where that is not one token
 */
export function entryOf(tokenizer: AlignedTokenizer, text: string): number {
  const [, number] = /^#(\d{1,8})$/.exec(text) ?? [];
  if (number !== undefined && tokenizer.tokenOf(Number(number)) !== undefined)
    return Number(number);
  const { tokens } = tokenizer.encode(text, { addSpecialTokens: false });
  const [first, ...others] = tokens;
  if (first && others.length === 0) return first.id;
  const made = tokens.map(({ token }) => token).join(' ');
  throw new InspectorError(
    'inputs-wrong',
    `“${text}” is ${tokens.length} tokens${made === '' ? '' : ` (${made})`}, not one: give a text that is one token, with the space that is before it, or #id.`,
  );
}
