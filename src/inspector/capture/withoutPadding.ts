import type { CaptureSummary } from '../../protocol/capture';
import { maskOf } from '../../protocol/change';
import type { Stack } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';

/** The part of a stack's tokens that is no padding: `[first, end)`. */
export function withoutPadding(
  summary: CaptureSummary,
  stack: Stack,
): { readonly first: number; readonly end: number } {
  const { model, tokens } = summary;
  const mask = maskOf(summary);
  const all: readonly Token[] = tokens[stack] ?? [];
  const padded = model.stacks.includes('encoder') ? 'encoder' : 'decoder';
  if (mask?.kind !== 'padding' || stack !== padded) return { first: 0, end: all.length };
  return mask.side === 'left'
    ? { first: mask.count, end: all.length }
    : { first: 0, end: all.length - mask.count };
}

/** Whether a query is a real token: padding that the mask hides reads, but nobody asked it to. */
export function isRead(summary: CaptureSummary, stack: Stack): (query: number) => boolean {
  const mask = maskOf(summary);
  if (mask?.kind === 'padding' && mask.unmasked) return () => true;
  const { first, end } = withoutPadding(summary, stack);
  return query => query >= first && query < end;
}
