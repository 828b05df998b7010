/**
 * The byte alphabet of byte-level models: printable Latin-1 characters stand for themselves, the
 * other bytes for characters from U+0100 on, so that a space reads `Ġ`
 * (`bytes_to_unicode` of GPT-2's encoder.py).
 */
const CHARACTERS: readonly string[] = (() => {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let spare = 0x100;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isPrintable(byte) ? byte : spare++),
  );
})();
const BYTES = new Map(CHARACTERS.map((char, byte) => [char, byte]));
const encoder = new TextEncoder();

/** The character that stands for a space. */
export const SPACE_CHARACTER = byteCharacter(0x20);

/** The character that stands for `byte`. */
export function byteCharacter(byte: number): string {
  return CHARACTERS[byte & 0xff] ?? '';
}

/** The byte that `char` stands for, if it is of the alphabet. */
export function characterByte(char: string): number | undefined {
  return BYTES.get(char);
}

/** UTF-8 of `text`. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** How byte-fallback vocabularies spell a byte: `<0x0A>`. */
export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}
