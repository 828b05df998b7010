import type { AlignedText } from '../alignedText';
import type { Fields } from '../fields';
import { literal } from '../pattern';
import type { PreTokenizer } from './preTokenizer';

/** SentencePiece's words: spaces become `▁` and each begins a piece. */
export function metaspace(fields: Fields): PreTokenizer {
  const replacement = fields.string('replacement', '▁');
  const isLegacyNever = fields.raw('add_prefix_space') === false;
  const scheme = fields.choice(
    'prepend_scheme',
    ['always', 'first', 'never'],
    isLegacyNever ? 'never' : 'always',
  );
  const splits = fields.boolean('split', true);
  const pattern = literal(replacement);
  const begins = (text: AlignedText) =>
    !text.text.startsWith(replacement) &&
    (scheme === 'always' || (scheme === 'first' && text.origin === 0));
  return {
    type: fields.type,
    split(text) {
      const spelled = text.replaced(/ /g, replacement);
      const prefixed = begins(spelled) ? spelled.prepended(replacement) : spelled;
      return splits ? prefixed.split(pattern, 'MergedWithNext') : [prefixed];
    },
  };
}
