import type { CaptureSummary } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { Stack } from '../../protocol/model';
import { withoutPadding } from './withoutPadding';

/** The tokens that two runs share: `count` of them, from a first one in each. */
export interface Alignment {
  readonly count: number;
  readonly firstBefore: number;
  readonly firstAfter: number;
}

/**
 * Lays the tokens of two runs on each other, padding left out.
 * @throws InspectorError `inputs-wrong` where they are not the same tokens
 */
export function align(before: CaptureSummary, after: CaptureSummary, stack: Stack): Alignment {
  const [a, b] = [before, after].map(summary => {
    const { first, end } = withoutPadding(summary, stack);
    return { first, tokens: (summary.tokens[stack] ?? []).slice(first, end) };
  });
  if (!a || !b || a.tokens.length === 0 || b.tokens.length === 0) {
    throw new InspectorError(
      'inputs-wrong',
      `One of the two runs has no ${stack} tokens, so they cannot be compared. Compare runs of models of the same kind.`,
    );
  }
  const differs = a.tokens.findIndex(({ id }, i) => id !== b.tokens[i]?.id);
  if (differs < 0 && a.tokens.length === b.tokens.length) {
    return { count: a.tokens.length, firstBefore: a.first, firstAfter: b.first };
  }
  const at = differs < 0 ? a.tokens.length : differs;
  const [one, other] = [a, b].map(({ tokens }) => {
    const token = tokens[at];
    return token ? `“${token.text === '' ? token.token : token.text}”` : 'the end';
  });
  throw new InspectorError(
    'inputs-wrong',
    `The two runs read different tokens: at token ${at} one has ${one ?? ''}, the other ${other ?? ''}. Compare runs of the same text with the same tokenizer.`,
  );
}
