import type { CaptureSummary } from '../../protocol/capture';
import type { ChangedPart } from '../../protocol/panel';
import { textTokens } from '../subject/tokensAt';

/** What the numbers of a run rest on beside its text. */
export interface Basis {
  /** Absolute path of the model. */
  readonly model: string;
  readonly maximumTokens: number;
  /** Tells one state of the tokenizer's files from another. */
  readonly tokenizer: string;
}

/** What is other now than when a capture was made, as far as it would be another one. */
export function changedParts(capture: CaptureSummary, before: Basis, now: Basis): ChangedPart[] {
  const tokens = textTokens(capture).length;
  const { maximumPositions = Infinity } = capture.model;
  const allowed = Math.min(capture.totalTokens, maximumPositions, now.maximumTokens);
  const isOtherLimit = before.maximumTokens !== now.maximumTokens && allowed !== tokens;
  const isOtherModel = before.model !== now.model;
  return [
    ...(isOtherModel ? (['model'] as const) : []),
    ...(isOtherLimit ? (['maximumTokens'] as const) : []),
    ...(!isOtherModel && before.tokenizer !== now.tokenizer ? (['tokenizer'] as const) : []),
  ];
}
