import type { AlignedText } from '../alignedText';
import { brokenTokenizer, Fields } from '../fields';
import { literal, readPattern } from '../pattern';
import { SPLIT_BEHAVIORS } from '../splitBehavior';
import { unitsAt } from '../unicode';
import { AFTER_UNICODE_8_CLASS, WORD_CLASS } from '../unicodeAge';
import { byteLevel } from './byteLevel';
import { metaspace } from './metaspace';
import type { PreTokenizer } from './preTokenizer';
import { splitByScript } from './unicodeScripts';

const WHITESPACE = /\p{White_Space}/gu;
const NUMERIC = /\p{N}/gu;
/** BERT's punctuation: Unicode's P and every ASCII sign that is neither letter nor digit. */
const PUNCTUATION = new RegExp(`[!-/:-@[-\`{-~]|(?!${AFTER_UNICODE_8_CLASS})\\p{P}`, 'gu');
const WORDS = new RegExp(`${WORD_CLASS}+|[^${WORD_CLASS}\\p{White_Space}]+`, 'gv');

/**
 * The steps of tokenizer.json's `pre_tokenizer` in order, sequences flattened. Each component does
 * what the one of its name does in huggingface/tokenizers, tokenizers/src/pre_tokenizers.
 */
export function createPreTokenizers(value: unknown): PreTokenizer[] {
  return Fields.steps(value, 'pre_tokenizer', 'pretokenizers').map(createPreTokenizer);
}

function createPreTokenizer(fields: Fields): PreTokenizer {
  const { type } = fields;
  switch (type) {
    case 'BertPreTokenizer':
      return {
        type,
        split: text =>
          text.split(WHITESPACE, 'Removed').flatMap(word => word.split(PUNCTUATION, 'Isolated')),
      };
    case 'ByteLevel':
      return byteLevel(fields);
    case 'CharDelimiterSplit': {
      const delimiter = literal(fields.string('delimiter'));
      return { type, split: text => text.split(delimiter, 'Removed') };
    }
    case 'Digits': {
      const behavior = fields.boolean('individual_digits', false) ? 'Isolated' : 'Contiguous';
      return { type, split: text => text.split(NUMERIC, behavior) };
    }
    case 'FixedLength': {
      const length = Math.max(1, fields.integer('length', 5));
      return { type, split: text => fixedLength(text, length) };
    }
    case 'Metaspace':
      return metaspace(fields);
    case 'Punctuation': {
      const behavior = fields.choice('behavior', SPLIT_BEHAVIORS, 'Isolated');
      return { type, split: text => text.split(PUNCTUATION, behavior) };
    }
    case 'Split': {
      const pattern = readPattern(fields);
      const behavior = fields.choice('behavior', SPLIT_BEHAVIORS);
      const invert = fields.boolean('invert', false);
      return { type, split: text => text.split(pattern, behavior, invert) };
    }
    case 'UnicodeScripts':
      return { type, split: splitByScript };
    case 'Whitespace':
      return { type, split: text => text.split(WORDS, 'Removed', true) };
    case 'WhitespaceSplit':
      return { type, split: text => text.split(WHITESPACE, 'Removed') };
    default:
      throw brokenTokenizer(`its pre-tokenizer “${type}” is not known to Attention Debugger`);
  }
}

/** Pieces of `length` characters each. */
function fixedLength(text: AlignedText, length: number): AlignedText[] {
  const pieces: AlignedText[] = [];
  for (let from = 0; from < text.length;) {
    let to = from;
    for (let i = 0; i < length && to < text.length; i++) to += unitsAt(text.text, to);
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}
