import { caseVariants, foldedIntoSeveral } from './caseFolding';
import { literal, readClass, readEscape, Reader } from './characterClass';
import { WORD } from './characterProperties';
import { malformed, unsupported } from './refusal';

/** Options that hold for a part of an expression. */
interface Options {
  readonly ignoresCase: boolean;
  /** The dot matches line feeds. */
  readonly dotMatchesAll: boolean;
  /** Spaces and comments mean nothing. */
  readonly isSpaced: boolean;
}

/** Groups within groups, at most. */
const DEEPEST = 200;
const QUANTIFIER = /[*+?]|\{(?:\d+(?:,\d*)?|,\d+)\}/y;
const NONE: Options = { ignoresCase: false, dotMatchesAll: false, isSpaced: false };

const originals = new WeakMap<RegExp, string>();

/** How the file spells an expression that was translated. */
export function originalOf(expression: RegExp): string {
  return originals.get(expression) ?? expression.source;
}

/**
 * An expression as Oniguruma reads it (Ruby’s syntax, which the reference uses), for JavaScript.
 * @returns a global expression with the `v` flag
 * @throws ExpressionError that names the construct which cannot be translated
 */
export function translateExpression(source: string): RegExp {
  const translation = new Translation(source).whole();
  try {
    const expression = new RegExp(translation, 'gv');
    originals.set(expression, source);
    return expression;
  } catch (error) {
    throw malformed(
      error instanceof Error && /lone/i.test(error.message)
        ? 'a quantifier stands alone'
        : 'it is no valid expression',
    );
  }
}

class Translation {
  private readonly reader: Reader;
  private atomics = 0;
  private depth = 0;
  private lookBehinds = 0;

  constructor(source: string) {
    this.reader = new Reader(source);
  }

  whole(): string {
    const translated = this.alternatives(NONE);
    if (!this.reader.isDone) throw malformed('a parenthesis is closed that was not opened');
    return translated;
  }

  /** Up to the end of the group. */
  private alternatives(options: Options): string {
    if (++this.depth > DEEPEST) throw malformed(`its groups stand more than ${DEEPEST} deep`);
    const alternatives = [this.sequence(options)];
    while (this.reader.take('|')) alternatives.push(this.sequence(options));
    this.depth--;
    return alternatives.join('|');
  }

  private sequence(options: Options): string {
    const { reader } = this;
    let result = '';
    /** Characters in a row that are searched without regard to case. */
    let run = '';
    while (!reader.isDone && !reader.peek('|') && !reader.peek(')')) {
      if (options.isSpaced && reader.match(/\s+|#[^\n]*/y)) continue;
      const isolated = reader.match(/\(\?([imx]*)(?:-([imx]*))?\)/y);
      if (isolated) {
        // What follows, alternatives included, is a group with these options.
        return `${result}(?:${this.alternatives(changed(options, isolated))})`;
      }
      if (reader.match(/\(\?#(?:[^\\)]|\\.)*\)/sy)) continue;
      const atom = this.atom(options);
      run = atom.char === undefined ? '' : run + atom.char;
      const several = options.ignoresCase && run !== '' ? foldedIntoSeveral(run) : undefined;
      if (several !== undefined) {
        throw unsupported(`(?i) with “${several}”, which one and several letters stand for`);
      }
      const quantified = this.quantified(atom.source, atom.isSingle);
      if (quantified !== atom.source) run = '';
      result += quantified;
    }
    return result;
  }

  private atom(options: Options): {
    readonly source: string;
    /** It needs no group before a quantifier. */
    readonly isSingle: boolean;
    readonly char?: string;
  } {
    const { reader } = this;
    const set = (source: string) => ({ source, isSingle: true });
    const part = (source: string) => ({ source, isSingle: false });
    if (reader.take('(')) return part(this.group(options));
    if (reader.take('[')) return set(readClass(reader, options.ignoresCase));
    if (reader.take('.'))
      return set(options.dotMatchesAll ? String.raw`[\s\S]` : String.raw`[^\n]`);
    if (reader.take('^')) return part(String.raw`(?:^|(?<=\n)(?!$))`);
    if (reader.take('$')) return part(String.raw`(?=\n|$)`);
    if (reader.match(QUANTIFIER)) throw malformed('a quantifier has nothing before it');
    if (!reader.take('\\')) return this.character(reader.next(), options);
    const special = SPECIAL[reader.match(/[bBAzZRNO]/y)?.[0] ?? ''];
    if (special !== undefined) return part(special);
    const lacking = reader.match(/[XGKyY]|k<|g<|[1-9]/y)?.[0];
    if (lacking !== undefined)
      throw unsupported(LACKING[lacking] ?? `the backreference \\${lacking}`);
    const item = readEscape(reader);
    if (!item) {
      if (reader.isDone) throw malformed('it ends in a backslash');
      return this.character(reader.next(), options);
    }
    return 'set' in item ? set(item.set) : this.character(item.char, options);
  }

  private character(char: string, { ignoresCase }: Options) {
    const variants = ignoresCase ? caseVariants(char) : [char];
    const source = variants.length > 1 ? `[${variants.map(literal).join('')}]` : literal(char);
    return { source, isSingle: true, char };
  }

  /** A group whose opening parenthesis has been read. */
  private group(options: Options): string {
    const { reader } = this;
    const kind = reader.match(/\?(?:<[=!]|[:=!>])/y)?.[0];
    const isBehind = kind?.startsWith('?<') ?? false;
    if (isBehind) this.lookBehinds++;
    const given = kind === undefined ? reader.match(/\?([imx]*)(?:-([imx]*))?:/y) : undefined;
    if (kind === undefined && !given && reader.peek('?') && !reader.match(/\?<\w+>/y)) {
      const shown = reader.source.slice(reader.at - 1, reader.at + 3);
      throw unsupported(`the group ${shown}`);
    }
    const inner = this.alternatives(given ? changed(options, given) : options);
    if (!reader.take(')')) throw malformed('a group has no end');
    if (isBehind) this.lookBehinds--;
    if (kind === '?>') return this.atomic(inner);
    return `(${kind ?? '?:'}${inner})`;
  }

  /** What has matched once is not given back: a lookahead does so, too. */
  private atomic(inner: string): string {
    if (this.lookBehinds > 0) throw unsupported('an atomic group in a lookbehind');
    const name = `a${this.atomics++}`;
    return `(?:(?=(?<${name}>${inner}))\\k<${name}>)`;
  }

  private quantified(atom: string, isSingle: boolean): string {
    const { reader } = this;
    let result = atom;
    let isPlain = isSingle;
    for (;;) {
      const quantifier = reader.match(QUANTIFIER)?.[0];
      if (quantifier === undefined) return result;
      const operand = isPlain ? result : `(?:${result})`;
      isPlain = false;
      if (quantifier.startsWith('{')) {
        const [, least = '', comma = '', most = ''] = /\{(\d*)(,?)(\d*)\}/.exec(quantifier) ?? [];
        if (most !== '' && Number(most) < Number(least))
          throw unsupported(`the quantifier ${quantifier}`);
        result = `${operand}{${least === '' ? '0' : least}${comma}${most}}`;
        if (comma === '' && reader.take('?')) result = `(?:${result})?`;
        else if (reader.take('?')) result += '?';
      } else if (reader.take('+')) result = this.atomic(`${operand}${quantifier}`);
      else result = `${operand}${quantifier}${reader.take('?') ? '?' : ''}`;
    }
  }
}

const SPECIAL: Readonly<Record<string, string>> = {
  b: `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`,
  B: `(?:(?<=${WORD})(?=${WORD})|(?<!${WORD})(?!${WORD}))`,
  A: '^',
  z: '$',
  Z: String.raw`(?=\n?$)`,
  R: String.raw`(?:\r\n|(?!\r\n)[\n-\r\x85\u2028\u2029])`,
  N: String.raw`[^\n]`,
  O: String.raw`[\s\S]`,
};
const LACKING: Readonly<Record<string, string>> = {
  X: '\\X (a grapheme)',
  G: '\\G (where the last match ended)',
  K: '\\K (what stands before is kept)',
  y: '\\y (a boundary between graphemes)',
  Y: '\\Y (no boundary between graphemes)',
  'k<': 'the backreference \\k<…>',
  'g<': 'the call of a group \\g<…>',
};

function changed(options: Options, [, on = '', off = '']: RegExpExecArray): Options {
  const is = (letter: string, before: boolean) =>
    off.includes(letter) ? false : before || on.includes(letter);
  return {
    ignoresCase: is('i', options.ignoresCase),
    dotMatchesAll: is('m', options.dotMatchesAll),
    isSpaced: is('x', options.isSpaced),
  };
}
