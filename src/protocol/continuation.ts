import type { CaptureSummary } from './capture';
import type { Token } from './tokens';

/**
 * How many of these tokens a continuation comes after: special tokens that a tokenizer puts behind a
 * text (`</s>`, `[SEP]`) would end it.
 */
export function endOfContent(tokens: readonly Token[]): number {
  const last = tokens.findLastIndex(({ special, start, end }) => !special || end > start);
  return last < 0 ? tokens.length : last + 1;
}

/**
 * The token whose output is the next one of a generation, in the stack that has the output head; -1
 * where nothing is generated: in an encoder.
 */
export function generatesAt({ model, tokens, continuation, mask }: CaptureSummary): number {
  const { decoder = [] } = tokens;
  if (model.stacks.at(-1) !== 'decoder') return -1;
  if (model.stacks.length > 1) return decoder.length - 1;
  const padding = mask?.kind === 'padding' && mask.side === 'right' ? mask.count : 0;
  const read = decoder.slice(0, decoder.length - padding);
  return (continuation?.length ? read.length : endOfContent(read)) - 1;
}
