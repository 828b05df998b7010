import type { CaptureSummary } from '../../protocol/capture';
import type { Stack } from '../../protocol/model';
import { queryTokens } from '../reading/capture';
import type { State } from './state';

/** The stack whose tokens the model's output is of. */
export const outputStack = ({ model }: Pick<CaptureSummary, 'model'>): Stack =>
  model.stacks.includes('decoder') ? 'decoder' : 'encoder';

/** The token whose output is listed: the query, or the last one where the query gives none. */
export function outputToken(state: State): number | null {
  const { capture, locus } = state;
  if (!capture || !locus) return null;
  const stack = outputStack(capture);
  if (locus.block.stack === stack) return locus.query;
  return queryTokens(capture, { stack, kind: 'self' }).length - 1;
}
