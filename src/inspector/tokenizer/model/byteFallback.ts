import { byteToken, utf8 } from '../bytes';
import type { Piece } from './tokenModel';

/**
 * Pieces for each byte of `text`, which begins at unit `from` of its word; `undefined` unless the
 * vocabulary has all of them. Every byte stands for its whole character.
 */
export function bytePieces(
  ids: ReadonlyMap<string, number>,
  text: string,
  from: number,
): Piece[] | undefined {
  const pieces: Piece[] = [];
  let at = from;
  for (const char of text) {
    const to = at + char.length;
    for (const byte of utf8(char)) {
      const token = byteToken(byte);
      const id = ids.get(token);
      if (id === undefined) return undefined;
      pieces.push({ id, token, from: at, to, unknown: false });
    }
    at = to;
  }
  return pieces;
}
