import { InspectorError } from '../../protocol/errors';

/** Where the text of an inspection came from. */
export type TextSource = 'selection' | 'line' | 'document';

/** Longest text that is given to a tokenizer; tokens beyond the limit are cut, text beyond this is refused. */
export const LONGEST_TEXT = 1_000_000;

const EMPTY: Record<TextSource, string> = {
  document: 'This document is empty. Write or open some text, then choose Inspect Attention.',
  line: 'This line is empty. Select text, then choose Inspect Attention.',
  selection: 'The selection holds only white space. Select text, then choose Inspect Attention.',
};

/** Refuses a text that cannot be run, with a sentence that says what to do. */
export function checkText(text: string, source: TextSource): void {
  if (text.trim() === '') throw new InspectorError('text-empty', EMPTY[source]);
  if (text.length <= LONGEST_TEXT) return;
  const megabytes = (text.length / 1e6).toFixed(1);
  throw new InspectorError(
    'text-too-long',
    `The text has ${megabytes} million characters; up to 1 million can be inspected. Select less.`,
  );
}
