import type { Token } from '../../protocol/tokens';
import type { EncodedToken } from './encodedToken';

/** Tokens as the rest of the program and people read them. */
export function readableTokens(
  tokens: readonly EncodedToken[],
  sources: readonly string[],
): Token[] {
  const isPair = sources.length > 1;
  return tokens.map((encoded, index) => {
    const { id, token, start, end, special, unknown, continues, sequence, typeId } = encoded;
    const characters = (sources[sequence ?? 0] ?? '').slice(start, end);
    const text = characters === '' && special ? token : characters;
    const result = { index, id, token, text, start, end, special, unknown, continues };
    if (!isPair) return result;
    return sequence === undefined ? { ...result, typeId } : { ...result, typeId, sequence };
  });
}
