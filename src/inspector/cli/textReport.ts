import type { Token } from '../../protocol/tokens';
import type { StoredSummary } from '../captureFile/storedSummary';

/** What a text is made of, where it is a pair or a chat: which tokens are of which segment or role. */
export function textReport({ pair, chat, rendered, tokens }: StoredSummary) {
  const read = tokens.encoder ?? tokens.decoder ?? [];
  return {
    ...(pair === undefined ? {} : { pair }),
    ...(chat === undefined || !rendered
      ? {}
      : {
          chat: {
            template: rendered.template,
            generationPrompt: chat.prompt === true,
            rendered: rendered.text,
            turns: rendered.turns.map((turn, i) => ({
              ...turn,
              tokens: read.filter(token => token.turn === i).map(({ index }) => index),
            })),
            ...(rendered.generation ? { generation: rendered.generation } : {}),
          },
        }),
  };
}

/** Tokens with their role, or with A and B. */
export function reportedTokens({ tokens, pair, rendered }: StoredSummary) {
  const segment = ({ sequence }: Token) => (sequence === undefined ? null : 'AB'.charAt(sequence));
  const role = ({ turn = -1 }: Token) => rendered?.turns[turn]?.role ?? null;
  const each = (list: readonly Token[]) =>
    list.map(token => ({
      ...token,
      ...(pair === undefined ? {} : { segment: segment(token) }),
      ...(rendered ? { role: role(token) } : {}),
    }));
  const { encoder, decoder } = tokens;
  if (pair === undefined && !rendered) return tokens;
  // A target is of no turn and of no segment.
  return encoder ? { ...tokens, encoder: each(encoder) } : { decoder: each(decoder ?? []) };
}
