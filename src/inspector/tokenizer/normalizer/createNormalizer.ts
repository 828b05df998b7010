import { AlignedTextBuilder, type AlignedText } from '../alignedText';
import { byteCharacter, utf8 } from '../bytes';
import { brokenTokenizer, Fields } from '../fields';
import { readPattern } from '../pattern';
import { characterTest } from '../unicode';
import { isAfterUnicode9 } from '../unicodeAge';
import { bertNormalizer } from './bertNormalizer';
import { lowercased } from './lowercase';
import type { Normalizer } from './normalizer';
import { precompiled } from './precompiled';
import { normalizeForm } from './unicodeForm';

/**
 * The steps of tokenizer.json's `normalizer` in order, sequences flattened. Each component does
 * what the one of its name does in huggingface/tokenizers, tokenizers/src/normalizers.
 */
export function createNormalizers(value: unknown): Normalizer[] {
  return Fields.steps(value, 'normalizer', 'normalizers').map(createNormalizer);
}

function createNormalizer(fields: Fields): Normalizer {
  const { type } = fields;
  switch (type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return { type, normalize: text => normalizeForm(text, type) };
    case 'BertNormalizer':
      return bertNormalizer(fields);
    case 'ByteLevel':
      return { type, normalize: byteLevel };
    case 'Lowercase':
      return { type, normalize: lowercased };
    case 'Nmt':
      return { type, normalize: nmt };
    case 'Precompiled':
      return precompiled(fields);
    case 'Prepend': {
      const prefix = fields.string('prepend');
      return { type, normalize: text => text.prepended(prefix) };
    }
    case 'Replace': {
      const pattern = readPattern(fields);
      const content = fields.string('content');
      return { type, normalize: text => text.replaced(pattern, content) };
    }
    case 'Strip': {
      const left = fields.boolean('strip_left', true);
      const right = fields.boolean('strip_right', true);
      return { type, normalize: text => strip(text, left, right) };
    }
    case 'StripAccents':
      return { type, normalize: text => text.filtered(char => !isMark(char)) };
    default:
      throw brokenTokenizer(`its normalizer “${type}” is not known to Attention Debugger`);
  }
}

function strip(text: AlignedText, left: boolean, right: boolean): AlignedText {
  const all = text.text;
  const from = left ? (/^\p{White_Space}+/u.exec(all)?.[0].length ?? 0) : 0;
  let to = all.length;
  if (right) while (to > from && /\p{White_Space}/u.test(all.charAt(to - 1))) to--;
  const builder = new AlignedTextBuilder(text);
  builder.copy(from, to);
  return to - from === all.length ? text : builder.build();
}

/** Every byte of the text's UTF-8 as a character of the byte alphabet. */
function byteLevel(text: AlignedText): AlignedText {
  const builder = new AlignedTextBuilder(text);
  let at = 0;
  for (const char of text.text) {
    const characters = Array.from(utf8(char), byteCharacter).join('');
    builder.addSpan(characters, text.start(at), text.end(at));
    at += char.length;
  }
  return builder.build();
}

const isMark = characterTest(/^\p{M}$/u, isAfterUnicode9);

// eslint-disable-next-line no-control-regex
const NMT_REMOVED = /^[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]$/;
const NMT_SPACE = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;

/** SentencePiece's NMT rules: control characters go, odd spaces become plain ones. */
function nmt(text: AlignedText): AlignedText {
  const kept = text.filtered(char => !NMT_REMOVED.test(char));
  return kept.respelled(kept.text.replace(NMT_SPACE, ' '));
}
