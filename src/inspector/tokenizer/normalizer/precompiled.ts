import type { AlignedText } from '../alignedText';
import { utf8 } from '../bytes';
import { brokenTokenizer, type Fields } from '../fields';
import { codePointCount } from '../unicode';
import { Charsmap } from './charsmap';
import { graphemes } from './graphemes';
import type { Normalizer } from './normalizer';

/** Longer graphemes are looked up character by character, as the reference does. */
const MAX_GRAPHEME_BYTES = 5;
const REMEMBERED = 50_000;

/** SentencePiece's rewriting by a character map that the model brings along. */
export function precompiled(fields: Fields): Normalizer {
  const type = fields.type;
  const base64 = fields.string('precompiled_charsmap', '');
  if (base64 === '') return { type, normalize: text => text };
  const map = Charsmap.read(base64);
  if (!map) throw brokenTokenizer(`“${fields.path}.precompiled_charsmap” is cut short`);
  const known = new Map<string, string | undefined>();
  const lookUp = (part: string): string | undefined => {
    if (known.has(part)) return known.get(part);
    const key = utf8(part);
    const isShort = key.length <= MAX_GRAPHEME_BYTES;
    const replacement = isShort ? map.lookUp(key) : undefined;
    if (known.size < REMEMBERED) known.set(part, replacement);
    return replacement;
  };
  return { type, normalize: text => rewritten(text, lookUp) };
}

function rewritten(text: AlignedText, lookUp: (part: string) => string | undefined): AlignedText {
  const changes: [string, number][] = [];
  const look = (part: string): boolean => {
    const replacement = lookUp(part);
    if (replacement === undefined) return false;
    replace(changes, codePointCount(part), replacement);
    return true;
  };
  for (const grapheme of graphemes(text.text)) {
    if (look(grapheme)) continue;
    for (const char of grapheme) if (!look(char)) changes.push([char, 0]);
  }
  const isSame = changes.every(([, change]) => change === 0) && joined(changes) === text.text;
  return isSame ? text : text.transformed(changes);
}

function joined(changes: readonly (readonly [string, number])[]): string {
  return changes.map(([char]) => char).join('');
}

/** Appends `replacement` for `count` characters; those removed are swallowed by the last change. */
function replace(changes: [string, number][], count: number, replacement: string): void {
  let added = 0;
  for (const char of replacement) changes.push([char, added++ < count ? 0 : 1]);
  const last = changes.at(-1);
  if (last && added < count) last[1] -= count - added;
}
