import type { CaptureSummary } from '../protocol/capture';
import type { Token } from '../protocol/tokens';

/** The tokens that stand for the editor's text: an encoder reads it where there is one. */
export function textTokens(capture: CaptureSummary): readonly Token[] {
  return capture.tokens.encoder ?? capture.tokens.decoder ?? [];
}

/**
 * Indices of the tokens that the characters `[start, end)` touch; for a cursor (`start` = `end`)
 * those around it, or the ones that end there.
 */
export function tokensAt(tokens: readonly Token[], start: number, end: number): number[] {
  const real = tokens.filter(token => token.end > token.start);
  const touched = real.filter(
    start === end
      ? token => token.start <= start && start < token.end
      : token => token.start < end && start < token.end,
  );
  const found =
    touched.length > 0 ? touched : real.filter(token => start === end && token.end === start);
  return found.map(token => token.index);
}
