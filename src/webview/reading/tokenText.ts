import { rollup } from 'd3';
import type { Token } from '../../protocol/tokens';
import { subscript } from './numbers';

/** Characters that would draw nothing, with the signs that stand for them. */
const VISIBLE: Readonly<Record<string, string>> = {
  ' ': '·',
  '\n': '⏎',
  '\r': '␍',
  '\t': '⇥',
  '\u00a0': '⍽',
  '\u3000': '⬚',
};

/**
 * Controls that would reorder or hide the text around them and other characters without a shape;
 * joiners too where nothing stands that they could join.
 */
const SHAPELESS = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^[\u200c\u200d]+$/gu;

/** The characters of the source; WordPiece pieces inside a word keep the vocabulary's `##`. */
function spelling(token: Token): string {
  if (token.text === '') return token.token === '' ? '∅' : token.token;
  return token.continues && token.token.startsWith('##') ? `##${token.text}` : token.text;
}

/** A token as people read it: white space visible, nothing that changes what stands beside it. */
export const readable = (token: Token): string => visible(spelling(token));

/** Any text so that each of its characters shows. */
export function visible(text: string): string {
  return text
    .replace(/[ \n\r\t\u00a0\u3000]/g, character => VISIBLE[character] ?? character)
    .replace(SHAPELESS, character => {
      const code = character.codePointAt(0) ?? 0;
      return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    });
}

/** Words so that each of their characters shows; spaces between them stay spaces. */
export const visibleWords = (text: string): string => text.split(' ').map(visible).join(' ');

/** At most `limit` characters (whole code points), with an ellipsis where some were cut. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = Array.from(text.slice(0, limit * 2));
  if (characters.length <= limit && text.length <= limit * 2) return text;
  return `${characters.slice(0, limit - 1).join('')}…`;
}

/** A token for labels and sentences: readable and short. */
export const label = (token: Token | undefined, limit = 24): string =>
  token ? shorten(readable(token), limit) : '–';

/** The sign of the space before a word goes, where something follows it. */
export const bare = (text: string): string => text.replace(/^·(?=.)/, '');

/** A token's label without the sign of the space before it. */
export const bareLabel = (token: Token | undefined, limit?: number): string =>
  bare(label(token, limit));

/** How often each label stands in a sequence; counted once for each. */
const repeats = new WeakMap<readonly Token[], ReadonlyMap<string, number>>();

/**
 * A token in a sentence: its label, and its index below it where the same stands elsewhere in the
 * sequence, so that it is clear which one is meant: `the₇`.
 */
export function nameIn(tokens: readonly Token[], index: number, limit = 24): string {
  const counts =
    repeats.get(tokens) ??
    rollup(
      tokens,
      same => same.length,
      token => label(token),
    );
  repeats.set(tokens, counts);
  const name = label(tokens[index], limit);
  return (counts.get(label(tokens[index])) ?? 0) > 1 ? `${name}${subscript(index)}` : name;
}
