/** A character that people cannot see, or cannot tell from a space. */
export interface InvisibleCharacter {
  readonly start: number;
  readonly end: number;
  /** “zero-width space (U+200B)”. */
  readonly name: string;
  /** What stands there once it is taken out: nothing, or a plain space in place of another one. */
  readonly plain: '' | ' ';
}

const NAMES: Readonly<Record<number, string>> = {
  0xa0: 'no-break space',
  0xad: 'soft hyphen',
  0x61c: 'Arabic letter mark',
  0x115f: 'Hangul filler',
  0x1160: 'Hangul filler',
  0x180e: 'Mongolian vowel separator',
  0x200b: 'zero-width space',
  0x200c: 'zero-width non-joiner',
  0x200d: 'zero-width joiner',
  0x200e: 'left-to-right mark',
  0x200f: 'right-to-left mark',
  0x2028: 'line separator',
  0x2029: 'paragraph separator',
  0x202a: 'left-to-right embedding',
  0x202b: 'right-to-left embedding',
  0x202c: 'end of a directional format',
  0x202d: 'left-to-right override',
  0x202e: 'right-to-left override',
  0x202f: 'narrow no-break space',
  0x2060: 'word joiner',
  0x2066: 'left-to-right isolate',
  0x2067: 'right-to-left isolate',
  0x2068: 'first strong isolate',
  0x2069: 'end of a directional isolate',
  0x3164: 'Hangul filler',
  0xfeff: 'byte order mark',
};

const SPACE = /^[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f]$/;
const INVISIBLE =
  /(?![\t\n\r])[\p{Cc}\u00a0\u00ad\u061c\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3164\ufeff\u{e0000}-\u{e007f}]/gu;
/** Joiners belong to the spelling here: within emoji, and in scripts whose letters join. */
const JOINED = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{M}\ufe0f]$/u;
const JOINING_SCRIPT = /[\p{scx=Arab}\p{scx=Syrc}\p{scx=Mong}\p{scx=Nkoo}]$/u;
/** Tags after a black flag spell the flag of a region. */
const TAGGED_FLAG = /\u{1f3f4}[\u{e0020}-\u{e007f}]*$/u;

/** The invisible characters of a text that are no part of what people see. */
export function* invisibleCharacters(text: string): Generator<InvisibleCharacter> {
  for (const { 0: character, index } of text.matchAll(INVISIBLE)) {
    if (belongs(character, text.slice(Math.max(0, index - 16), index))) continue;
    const code = character.codePointAt(0) ?? 0;
    const end = index + character.length;
    yield { start: index, end, name: nameOf(code), plain: SPACE.test(character) ? ' ' : '' };
  }
}

function belongs(character: string, before: string): boolean {
  const isJoiner = character === '\u200c' || character === '\u200d';
  if (isJoiner) return JOINED.test(before) || JOINING_SCRIPT.test(before);
  return character.length > 1 && TAGGED_FLAG.test(before);
}

function nameOf(code: number): string {
  const kind = code < 0xa0 ? 'control character' : code < 0xe0000 ? 'space' : 'tag character';
  const hexadecimal = code.toString(16).toUpperCase().padStart(4, '0');
  return `${NAMES[code] ?? kind} (U+${hexadecimal})`;
}
