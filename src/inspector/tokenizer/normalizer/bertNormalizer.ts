import type { AlignedText, Change } from '../alignedText';
import type { Fields } from '../fields';
import { characterTest, isAscii } from '../unicode';
import { isAfterUnicode8 } from '../unicodeAge';
import { lowercased } from './lowercase';
import type { Normalizer } from './normalizer';
import { normalizeForm } from './unicodeForm';

const isRemoved = characterTest(
  /^[\0\ufffd]$|^(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}]$/u,
  isAfterUnicode8,
);
const isNonspacingMark = characterTest(/^\p{Mn}$/u, isAfterUnicode8);
const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/u;

/** BERT's cleaning (`BasicTokenizer` of google-research/bert's tokenization.py). */
export function bertNormalizer(fields: Fields): Normalizer {
  const cleansText = fields.boolean('clean_text', true);
  const isolatesChinese = fields.boolean('handle_chinese_chars', true);
  const lowercases = fields.boolean('lowercase', true);
  const stripsAccents = fields.boolean('strip_accents', lowercases);
  return {
    type: fields.type,
    normalize(text) {
      let result = cleansText ? cleaned(text) : text;
      if (isolatesChinese) result = chineseIsolated(result);
      if (stripsAccents) result = accentsStripped(result);
      return lowercases ? lowercased(result) : result;
    },
  };
}

/** Drops control characters and U+FFFD; every whitespace becomes a space. */
function cleaned(text: AlignedText): AlignedText {
  if (/^[ -~]*$/.test(text.text)) return text;
  const kept = text.filtered(char => !isRemoved(char));
  return kept.respelled(kept.text.replace(/\p{White_Space}/gu, ' '));
}

/** A space on both sides of every CJK ideograph. */
function chineseIsolated(text: AlignedText): AlignedText {
  if (!CHINESE.test(text.text)) return text;
  const changes: Change[] = [];
  for (const char of text.text) {
    if (CHINESE.test(char)) changes.push([' ', 0], [char, 1], [' ', 1]);
    else changes.push([char, 0]);
  }
  return text.transformed(changes);
}

function accentsStripped(text: AlignedText): AlignedText {
  if (isAscii(text.text)) return text;
  return normalizeForm(text, 'NFD').filtered(char => !isNonspacingMark(char));
}
