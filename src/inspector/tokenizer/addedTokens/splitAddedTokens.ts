import type { AlignedText } from '../alignedText';
import { isWhitespace, unitsAt } from '../unicode';
import { isWordCharacter } from '../unicodeAge';
import type { AddedToken } from './addedToken';

/** Prefix tree over UTF-16 units. */
export interface AddedTokenTrie {
  readonly children: Map<number, AddedTokenTrie>;
  token?: AddedToken;
}

/** The tree of `tokens` under the spellings by which they are looked for; the first of equals stays. */
export function buildTrie(
  tokens: Iterable<readonly [spelling: string, token: AddedToken]>,
): AddedTokenTrie {
  const root: AddedTokenTrie = { children: new Map() };
  for (const [spelling, token] of tokens) {
    let node = root;
    for (let i = 0; i < spelling.length; i++) {
      const unit = spelling.charCodeAt(i);
      let child = node.children.get(unit);
      if (!child) node.children.set(unit, (child = { children: new Map() }));
      node = child;
    }
    if (node !== root) node.token ??= token;
  }
  return root;
}

/** A stretch of text that is an added token, or between such. */
export interface Section {
  readonly text: AlignedText;
  readonly token?: AddedToken;
}

/** Cuts added tokens out of `text`: leftmost, then longest (`AddedVocabulary::find_matches`). */
export function splitAddedTokens(text: AlignedText, trie: AddedTokenTrie): Section[] {
  if (trie.children.size === 0) return text.length > 0 ? [{ text }] : [];
  const sections: Section[] = [];
  const all = text.text;
  let done = 0;
  for (let at = 0; at < all.length;) {
    const match = longestMatch(all, at, trie);
    if (!match) {
      at++;
      continue;
    }
    const from = at;
    at = match.to;
    if (match.token.singleWord && !standsAlone(all, from, match.to)) continue;
    const start = match.token.stripsLeft ? leftOfWhitespace(all, from, done) : from;
    const end = match.token.stripsRight ? rightOfWhitespace(all, match.to) : match.to;
    if (start > done) sections.push({ text: text.slice(done, start) });
    sections.push({ text: text.slice(start, end), token: match.token });
    done = end;
    at = end;
  }
  if (done < all.length) sections.push({ text: text.slice(done) });
  return sections;
}

function longestMatch(
  text: string,
  from: number,
  trie: AddedTokenTrie,
): { readonly token: AddedToken; readonly to: number } | undefined {
  let match: { token: AddedToken; to: number } | undefined;
  let node = trie.children.get(text.charCodeAt(from));
  for (let to = from + 1; node; to++) {
    if (node.token) match = { token: node.token, to };
    node = to < text.length ? node.children.get(text.charCodeAt(to)) : undefined;
  }
  return match;
}

function standsAlone(text: string, from: number, to: number): boolean {
  const before = Array.from(text.slice(Math.max(0, from - 2), from)).at(-1);
  const after = to < text.length ? text.slice(to, to + unitsAt(text, to)) : undefined;
  return (
    (before === undefined || !isWordCharacter(before)) &&
    (after === undefined || !isWordCharacter(after))
  );
}

function leftOfWhitespace(text: string, from: number, limit: number): number {
  let start = from;
  while (start > limit && isWhitespace(text.charAt(start - 1))) start--;
  return start;
}

function rightOfWhitespace(text: string, to: number): number {
  let end = to;
  while (end < text.length && isWhitespace(text.charAt(end))) end++;
  return end;
}
