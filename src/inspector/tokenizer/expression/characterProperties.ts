import { malformed, unsupported } from './refusal';

/** `\w` of Oniguruma in brackets; alone it has the Latin fractions and raised digits besides. */
export const WORD_IN_CLASS = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]`;
export const WORD = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\xb2\xb3\xb9\xbc-\xbe]`;
const GRAPH = String.raw`[^\p{White_Space}\p{Cc}\p{Cn}\p{Cs}]`;

/** Names of Oniguruma's own, for `\p{…}` and, where there is no entry in `BRACKETS`, for `[:…:]`. */
const OWN: Readonly<Record<string, string>> = {
  alnum: String.raw`[\p{Alphabetic}\p{Nd}]`,
  alpha: String.raw`\p{Alphabetic}`,
  ascii: String.raw`[\x00-\x7f]`,
  blank: String.raw`[\p{Zs}\t]`,
  cntrl: String.raw`\p{Cc}`,
  digit: String.raw`\p{Nd}`,
  graph: GRAPH,
  lower: String.raw`\p{Lowercase}`,
  print: String.raw`[${GRAPH}\p{Zs}]`,
  punct: String.raw`\p{P}`,
  space: String.raw`\p{White_Space}`,
  upper: String.raw`\p{Uppercase}`,
  xdigit: String.raw`\p{ASCII_Hex_Digit}`,
  word: WORD,
};
/** In brackets, signs such as `$` are punctuation too. */
const BRACKETS: Readonly<Record<string, string>> = {
  punct: String.raw`[\p{P}\p{S}]`,
  word: WORD_IN_CLASS,
};

/**
 * A class for the `v` flag that holds what `\p{name}` does in Oniguruma.
 * @throws ExpressionError
 */
export function propertyClass(name: string): string {
  const plain = name.replace(/[ _-]/g, '').toLowerCase();
  const own = Object.hasOwn(OWN, plain) ? OWN[plain] : undefined;
  if (own !== undefined) return own;
  const title = name
    .trim()
    .split(/[ _-]+/)
    .map(word => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('_');
  for (const each of [name, title]) {
    for (const candidate of [each, `Script=${each}`]) {
      if (/^[\w=]+$/.test(candidate) && isProperty(candidate)) return `\\p{${candidate}}`;
    }
  }
  throw unsupported(`the property \\p{${name}}`);
}

/** The class of a POSIX bracket `[:name:]`. @throws ExpressionError */
export function bracketClass(name: string): string {
  const found = BRACKETS[name] ?? (Object.hasOwn(OWN, name) ? OWN[name] : undefined);
  if (found !== undefined) return found;
  throw malformed(`[:${name}:] is no class of characters`);
}

function isProperty(name: string): boolean {
  try {
    return new RegExp(`\\p{${name}}`, 'v') instanceof RegExp;
  } catch {
    return false;
  }
}
