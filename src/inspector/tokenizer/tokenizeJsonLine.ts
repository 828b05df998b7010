import { InspectorError } from '../../protocol/errors';
import type { AlignedTokenizer } from './types';

/**
 * Tokenizes one line of a JSON Lines file, `{"i", "text"}`, and answers with one,
 * `{"i", "ids", "offsets": [start0, end0, …], "tokens"}`; offsets are UTF-16 units.
 * @throws InspectorError `inputs-wrong` when the line has another form.
 */
export function tokenizeJsonLine(tokenizer: AlignedTokenizer, line: string): string {
  const { i, text } = parseLine(line);
  const { tokens } = tokenizer.encode(text);
  return JSON.stringify({
    i,
    ids: tokens.map(token => token.id),
    offsets: tokens.flatMap(token => [token.start, token.end]),
    tokens: tokens.map(token => token.token),
  });
}

function parseLine(line: string): { readonly i: unknown; readonly text: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new InspectorError('inputs-wrong', `This line is not JSON: ${line.slice(0, 80)}`, {
      cause: error,
    });
  }
  if (typeof value === 'object' && value !== null && 'text' in value) {
    const { text } = value;
    if (typeof text === 'string') return { i: 'i' in value ? value.i : undefined, text };
  }
  throw new InspectorError('inputs-wrong', `This line has no “text”: ${line.slice(0, 80)}`);
}
