import type { CaptureSummary } from './capture';
import { maskOf } from './change';
import type { Token } from './tokens';

/**
 * How many of these tokens a continuation comes after: special tokens that a tokenizer puts behind a
 * text (`</s>`, `[SEP]`) would end it. What a chat template writes there is a part of the text.
 */
export function endOfContent(tokens: readonly Token[]): number {
  const last = tokens.findLastIndex(
    ({ special, start, end, template }) => !special || end > start || template,
  );
  return last < 0 ? tokens.length : last + 1;
}

/**
 * The token whose output is the next one of a generation, in the stack that has the output head; -1
 * where nothing is generated: in an encoder.
 */
export function generatesAt(capture: CaptureSummary): number {
  const { model, continuation } = capture;
  if (model.stacks.at(-1) !== 'decoder') return -1;
  const read = readByDecoder(capture);
  const isWhole = model.stacks.length > 1 || continuation?.length;
  return (isWhole ? read.length : endOfContent(read)) - 1;
}

/** Whether a token of the stack that has the output head was generated. */
export function isGenerated(capture: CaptureSummary, token: number): boolean {
  const end = readByDecoder(capture).length;
  return token < end && token >= end - (capture.continuation?.length ?? 0);
}

/** The decoder's tokens without padding after them. */
function readByDecoder(capture: CaptureSummary): readonly Token[] {
  const { model, tokens } = capture;
  const mask = maskOf(capture);
  const { decoder = [] } = tokens;
  const isPadded = model.stacks.length === 1 && mask?.kind === 'padding' && mask.side === 'right';
  return isPadded ? decoder.slice(0, decoder.length - mask.count) : decoder;
}
