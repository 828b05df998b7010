import { AlignedTextBuilder, type AlignedText } from '../alignedText';
import { byteCharacter, SPACE_CHARACTER, utf8 } from '../bytes';
import type { Fields } from '../fields';
import { isAscii } from '../unicode';
import type { PreTokenizer } from './preTokenizer';

/** GPT-2's split (encoder.py), with `\s` as Unicode's White_Space. */
const GPT2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Splits as GPT-2 does and spells every byte as a character of the byte alphabet. */
export function byteLevel(fields: Fields): PreTokenizer {
  const addsPrefixSpace = fields.boolean('add_prefix_space', true);
  const usesRegex = fields.boolean('use_regex', true);
  return {
    type: fields.type,
    split(text) {
      const prefixed = addsPrefixSpace && !text.text.startsWith(' ') ? text.prepended(' ') : text;
      const pieces = usesRegex ? prefixed.split(GPT2, 'Isolated') : [prefixed];
      return pieces.map(spelledInBytes);
    },
  };
}

function spelledInBytes(piece: AlignedText): AlignedText {
  const { text } = piece;
  if (/^ ?[!-~]*$/.test(text)) {
    return text.startsWith(' ') ? piece.respelled(SPACE_CHARACTER + text.slice(1)) : piece;
  }
  if (isAscii(text)) {
    return piece.respelled(Array.from(utf8(text), byteCharacter).join(''));
  }
  const builder = new AlignedTextBuilder(piece);
  let at = 0;
  for (const char of text) {
    const characters = Array.from(utf8(char), byteCharacter).join('');
    builder.addSpan(characters, piece.start(at), piece.end(at));
    at += char.length;
  }
  return builder.build();
}
