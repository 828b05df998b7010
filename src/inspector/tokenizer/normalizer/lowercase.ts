import type { AlignedText, Change } from '../alignedText';

/** Lower case character by character, as Rust's `char::to_lowercase`: no context, so no final sigma. */
export function lowercased(text: AlignedText): AlignedText {
  let lower = '';
  let keepsLengths = true;
  for (const char of text.text) {
    const lowerChar = char.toLowerCase();
    keepsLengths &&= lowerChar.length === char.length;
    lower += lowerChar;
  }
  if (lower === text.text) return text;
  return keepsLengths ? text.respelled(lower) : text.transformed(changes(text.text));
}

function* changes(text: string): Generator<Change> {
  for (const char of text) {
    let change = 0;
    for (const part of char.toLowerCase()) {
      yield [part, change];
      change = 1;
    }
  }
}
