import { InspectorError } from '../../protocol/errors';
import type { Measure } from '../../protocol/patching';
import type { Capture } from '../capture/capture';
import { outputStack } from '../capture/outputs';
import { maskToken } from '../huggingface/specialTokens';
import { modelFolder } from '../source/source';
import type { AlignedTokenizer } from '../tokenizer/types';
import { entryOf } from './entry';

/** What is measured where, as options say it. */
export interface MeasureOptions {
  readonly answer: string | undefined;
  readonly other: string | undefined;
  readonly at: number | undefined;
}

/** Two tokens: their logit difference; one: its probability; none: KL. @throws InspectorError */
export function measureOf({ answer, other }: MeasureOptions, tokenizer: AlignedTokenizer): Measure {
  if (answer === undefined) return { kind: 'divergence' };
  const id = entryOf(tokenizer, answer);
  if (other === undefined) return { kind: 'probability', answer: id };
  return { kind: 'logitDifference', answer: id, other: entryOf(tokenizer, other) };
}

/** The token whose output is looked at: the one that was named, else the mask, else the last. */
export async function tokenOf(
  { summary }: Capture,
  { at }: MeasureOptions,
  tokenizer: AlignedTokenizer,
  stack: ReturnType<typeof outputStack>,
): Promise<number> {
  const tokens = summary.tokens[stack] ?? [];
  if (at !== undefined) {
    if (at < tokens.length) return at;
    throw new InspectorError(
      'inputs-wrong',
      `There is no token ${at}: the text has ${tokens.length}, counted from 0.`,
    );
  }
  const mask = await maskToken(await modelFolder(summary.model.path), tokenizer);
  const masked = tokens.findIndex(({ id }) => id === mask);
  return masked < 0 ? tokens.length - 1 : masked;
}
