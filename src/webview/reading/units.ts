import { rollup } from 'd3';
import type { Block, CaptureSummary, Grouping } from '../../protocol/capture';
import type { Token } from '../../protocol/tokens';
import { wordsOf, type Word } from '../../protocol/words';
import { keyTokens, queryTokens } from './capture';
import { subscript } from './numbers';
import { label, nameIn, shorten, visible } from './tokenText';

/** What rows and columns stand for: tokens one by one, or the tokens of each word together. */
export class Units {
  private readonly unitOfToken: Int32Array;
  /** How often each label of a word comes; counted when a name is first asked for. */
  private counts: ReadonlyMap<string, number> | undefined;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly words: readonly Word[] | null,
  ) {
    this.unitOfToken = Int32Array.from(tokens.keys());
    words?.forEach(({ first, end }, unit) => this.unitOfToken.fill(unit, first, end));
  }

  get length(): number {
    return this.words?.length ?? this.tokens.length;
  }

  /** The unit that a token is part of; −1 where there is none. */
  of(token: number): number {
    return this.unitOfToken[token] ?? -1;
  }

  /** The first token of a unit: what choosing the unit chooses. */
  first(unit: number): number {
    return this.words ? (this.words[unit]?.first ?? 0) : unit;
  }

  /** The token after the last one of a unit. */
  end(unit: number): number {
    return this.words ? (this.words[unit]?.end ?? 0) : unit + 1;
  }

  isSpecial(unit: number): boolean {
    return this.tokens[this.first(unit)]?.special ?? false;
  }

  /** Which text of a pair the unit is of; undefined where it is of none. */
  sequence(unit: number): number | undefined {
    return this.tokens[this.first(unit)]?.sequence;
  }

  /** Whether the units are of a pair of texts. */
  get isPair(): boolean {
    return this.tokens.some(({ sequence }) => sequence === 1);
  }

  /** The token, or the whole word without the white space before it, as people read it. */
  label(unit: number, limit = 24): string {
    const first = this.tokens[this.first(unit)];
    if (!this.words || !first || first.special) return label(first, limit);
    const pieces = this.tokens.slice(this.first(unit), this.end(unit));
    const text = pieces.map(piece => piece.text).join('');
    return text.trim() === '' ? label(first, limit) : shorten(visible(text.trim()), limit);
  }

  /** The label, with where the unit stands below it where another has the same: `the₇`. */
  name(unit: number): string {
    if (!this.words) return nameIn(this.tokens, this.first(unit));
    const name = this.label(unit);
    this.counts ??= rollup(
      this.words.map((_, i) => this.label(i)),
      same => same.length,
      one => one,
    );
    return (this.counts.get(name) ?? 0) > 1 ? `${name}${subscript(this.place(unit))}` : name;
  }

  /** Where the unit stands, by token indices: `15`, `15–16`. */
  place(unit: number): string {
    const [first, last] = [this.first(unit), this.end(unit) - 1];
    return last > first ? `${first}–${last}` : String(first);
  }
}

const known = new WeakMap<readonly Token[], Partial<Record<Grouping, Units>>>();

/** The units of a sequence of tokens; the same object for the same tokens. */
export function unitsOf(tokens: readonly Token[], grouping: Grouping): Units {
  const made = known.get(tokens) ?? {};
  known.set(tokens, made);
  return (made[grouping] ??= new Units(tokens, grouping === 'word' ? wordsOf(tokens) : null));
}

/** Rows of the maps of a block. */
export const queryUnits = (capture: CaptureSummary, block: Block, grouping: Grouping): Units =>
  unitsOf(queryTokens(capture, block), grouping);

/** Columns of the maps of a block. */
export const keyUnits = (capture: CaptureSummary, block: Block, grouping: Grouping): Units =>
  unitsOf(keyTokens(capture, block), grouping);
