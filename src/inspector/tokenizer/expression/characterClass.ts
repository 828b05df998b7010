import { caseVariants, foldedIntoSeveral } from './caseFolding';
import { bracketClass, propertyClass, WORD, WORD_IN_CLASS } from './characterProperties';
import { malformed, unsupported } from './refusal';

/** Reads an expression from left to right. */
export class Reader {
  at = 0;

  constructor(readonly source: string) {}

  get isDone(): boolean {
    return this.at >= this.source.length;
  }

  peek(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  take(text: string): boolean {
    if (!this.peek(text)) return false;
    this.at += text.length;
    return true;
  }

  /** What `pattern` (sticky) matches here, if it does. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (!found) return undefined;
    this.at += found[0].length;
    return found;
  }

  /** The next character (code point). */
  next(): string {
    const char = String.fromCodePoint(this.source.codePointAt(this.at) ?? 0);
    this.at += char.length;
    return char;
  }
}

/** A character or class as it stands in the expression. */
export type Item =
  | { readonly char: string }
  /** A class for the `v` flag. */
  | { readonly set: string };

const SHORTHANDS: Readonly<Record<string, string>> = {
  s: String.raw`\p{White_Space}`,
  S: String.raw`\P{White_Space}`,
  d: String.raw`\p{Nd}`,
  D: String.raw`\P{Nd}`,
  w: WORD,
  W: `[^${WORD}]`,
  h: '[0-9A-Fa-f]',
  H: '[^0-9A-Fa-f]',
};
const CONTROLS: Readonly<Record<string, string>> = {
  t: '\t',
  n: '\n',
  r: '\r',
  f: '\f',
  v: '\v',
  a: '\x07',
  e: '\x1b',
};

/** What stands behind a backslash, where it is a character or a class of such. */
export function readEscape(reader: Reader): Item | undefined {
  const property = reader.match(/([pP])\{(\^?)([^}]*)\}/y);
  if (property) {
    const [, kind, negation, name = ''] = property;
    const set = propertyClass(name);
    return { set: (kind === 'P') === (negation === '^') ? set : `[^${set}]` };
  }
  if (reader.peek('p') || reader.peek('P')) throw unsupported('\\p without braces');
  const code = reader.match(/x\{([\da-fA-F]+)\}|u([\da-fA-F]{4})|x([0-7][\da-fA-F]?)/y);
  if (code) return { char: characterOf(parseInt(code[1] ?? code[2] ?? code[3] ?? '', 16)) };
  if (reader.match(/x[89a-fA-F]/y)) throw malformed('it holds a byte that is no character');
  const octal = reader.match(/0[0-7]{0,2}/y);
  if (octal) return { char: characterOf(parseInt(octal[0], 8)) };
  const shorthand = reader.match(/[sSdDwWhH]/y)?.[0] ?? '';
  if (shorthand !== '') return { set: SHORTHANDS[shorthand] ?? '' };
  const control = reader.match(/[tnrfvae]/y)?.[0] ?? '';
  if (control !== '') return { char: CONTROLS[control] ?? '' };
  if (reader.peek('c') || reader.peek('C-') || reader.peek('M-')) {
    throw unsupported('control characters by \\c');
  }
  return undefined;
}

/** One class in brackets, whose opening bracket has been read. */
export function readClass(reader: Reader, ignoresCase: boolean): string {
  const isNegated = reader.take('^');
  const operands: string[][] = [[]];
  const items = () => operands.at(-1) ?? [];
  let isFirst = true;
  for (;;) {
    if (reader.isDone) throw malformed('a class of characters has no end');
    if (reader.peek(']') && !(isFirst && reader.source.indexOf(']', reader.at + 1) > 0)) break;
    isFirst = false;
    if (reader.take('&&')) operands.push([]);
    else items().push(readMember(reader, ignoresCase, isNegated));
  }
  reader.take(']');
  const sets = operands.filter(operand => operand.length > 0);
  if (sets.length === 0) throw malformed('a class of characters is empty');
  const [only = []] = sets;
  const body = sets.length === 1 ? only.join('') : sets.map(set => `[${set.join('')}]`).join('&&');
  return `[${isNegated ? '^' : ''}${body}]`;
}

function readMember(reader: Reader, ignoresCase: boolean, isNegated: boolean): string {
  const bracket = reader.match(/\[:(\^?)(\w+):\]/y);
  if (bracket) {
    const set = bracketClass(bracket[2] ?? '');
    return bracket[1] === '^' ? `[^${set}]` : set;
  }
  if (reader.take('[')) return readClass(reader, ignoresCase);
  const first = readItem(reader);
  if ('set' in first) {
    if (ignoresCase && /\\p\{(?:L[ult]|Lowercase|Uppercase)/i.test(first.set)) {
      throw unsupported('(?i) with a class of capitals or small letters');
    }
    return first.set.replace(WORD, WORD_IN_CLASS);
  }
  const isRange = reader.peek('-') && !reader.peek('-]') && !reader.peek('-&&');
  if (!isRange) return members(first.char, first.char, ignoresCase, isNegated);
  reader.take('-');
  if (reader.peek('[')) return literal(first.char) + literal('-');
  const last = readItem(reader);
  if ('set' in last) throw malformed('a range of characters ends in a class');
  return members(first.char, last.char, ignoresCase, isNegated);
}

function readItem(reader: Reader): Item {
  if (!reader.take('\\')) return { char: reader.next() };
  if (reader.take('b')) return { char: '\b' };
  const item = readEscape(reader);
  if (item) return item;
  const named = reader.match(/[RXKGNO]/y);
  if (named) throw unsupported(`\\${named[0]} in a class`);
  return { char: reader.next() };
}

/** The characters from `first` to `last`, with their variants where case is ignored. */
function members(first: string, last: string, ignoresCase: boolean, isNegated: boolean): string {
  const [from, to] = [first, last].map(char => char.codePointAt(0) ?? 0) as [number, number];
  if (to < from) throw malformed('a range of characters is empty');
  const range = from === to ? literal(first) : `${literal(first)}-${literal(last)}`;
  if (!ignoresCase) return range;
  if (to - from > 0x3000) throw unsupported('(?i) with a large range of characters');
  const chars = Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i));
  const several = isNegated ? undefined : chars.map(foldedIntoSeveral).find(Boolean);
  if (several !== undefined) throw unsupported(`(?i) with “${several}”, which stands for several`);
  return range + [...new Set(chars.flatMap(caseVariants))].map(literal).join('');
}

/** A character spelled so that it means itself everywhere. */
export function literal(char: string): string {
  return /^[0-9A-Za-z]$/.test(char) ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}

function characterOf(code: number): string {
  if (code <= 0x10ffff) return String.fromCodePoint(code);
  throw malformed(`it names a character ${code.toString(16)}, which there is not`);
}
