import { matchesOf } from './expression/matches';
import { brokenTokenizer } from './fields';
import { joinStretches, type SplitBehavior, type Stretch } from './splitBehavior';
import { unitsAt } from './unicode';

/**
 * One character of a changed text: 0 puts it in the place of the next old character, +1 inserts it
 * after the previous one, -n puts it in the place of the next old character and swallows the n
 * after that.
 */
export type Change = readonly [char: string, change: number];

/**
 * A text on its way through the tokenizer that knows, for each of its UTF-16 units, which range of
 * the source it stands for. It is immutable; slices share their parents' ranges. The rules of how
 * ranges follow changes are those of Hugging Face's `NormalizedString`
 * (tokenizers/src/tokenizer/normalizer.rs).
 */
export class AlignedText {
  private constructor(
    readonly text: string,
    private readonly starts: Int32Array,
    private readonly ends: Int32Array,
    private readonly offset: number,
    /** Where in the source this text begins, also when its first characters were removed. */
    readonly origin: number,
  ) {}

  /** The source as it is. Lone surrogates become U+FFFD, which is one unit too. */
  static from(source: string): AlignedText {
    const text = source.replace(/\p{Surrogate}/gu, '\ufffd');
    const starts = new Int32Array(text.length);
    const ends = new Int32Array(text.length);
    for (let i = 0; i < text.length; i++) {
      starts[i] = i;
      ends[i] = i + 1;
      if (unitsAt(text, i) === 2) {
        ends[i] = ends[i + 1] = i + 2;
        starts[++i] = i - 1;
      }
    }
    return new AlignedText(text, starts, ends, 0, 0);
  }

  get length(): number {
    return this.text.length;
  }

  /** First unit of the source that unit `index` stands for. */
  start(index: number): number {
    return this.starts[this.offset + index] ?? this.origin;
  }

  /** End (exclusive) in the source of what unit `index` stands for. */
  end(index: number): number {
    return this.ends[this.offset + index] ?? this.origin;
  }

  slice(from: number, to = this.length): AlignedText {
    if (from === 0 && to === this.length && this.start(0) === this.origin) return this;
    const text = this.text.slice(from, to);
    const origin = from < this.length ? this.start(from) : this.origin;
    return new AlignedText(text, this.starts, this.ends, this.offset + from, origin);
  }

  /** The same ranges under other characters, unit by unit. */
  respelled(text: string): AlignedText {
    if (text.length !== this.length) throw new RangeError('respelled: the length must not change');
    return new AlignedText(text, this.starts, this.ends, this.offset, this.origin);
  }

  /** Applies one change a new character, from the first character on (`skip` characters are dropped first). */
  transformed(changes: Iterable<Change>, skip = 0): AlignedText {
    const builder = new AlignedTextBuilder(this);
    let at = 0;
    for (let i = 0; i < skip; i++) at += unitsAt(this.text, at);
    for (const [char, change] of changes) {
      if (change > 0) builder.addSpan(char, this.startBefore(at), this.endBefore(at));
      else {
        builder.addSpan(char, this.start(at), this.end(at));
        for (let i = change; i <= 0; i++) at += unitsAt(this.text, at);
      }
    }
    return builder.build();
  }

  /** The characters for which `keep` holds. */
  filtered(keep: (char: string) => boolean): AlignedText {
    const builder = new AlignedTextBuilder(this);
    let at = 0;
    for (const char of this.text) {
      if (keep(char)) builder.copy(at, at + char.length);
      at += char.length;
    }
    return builder.build();
  }

  /** `prefix` in front; it shares the range of the first character. */
  prepended(prefix: string): AlignedText {
    if (this.length === 0) return this;
    const builder = new AlignedTextBuilder(this);
    builder.addSpan(prefix, this.start(0), this.end(0));
    builder.copy(0, this.length);
    return builder.build();
  }

  /** Puts `content` for every match; it stands for what the last matched character stood for. */
  replaced(pattern: RegExp, content: string): AlignedText {
    const stretches = this.stretches(pattern);
    if (!stretches.some(stretch => stretch.matched)) return this;
    const builder = new AlignedTextBuilder(this);
    for (const { from, to, matched } of stretches) {
      if (matched) builder.addSpan(content, this.startBefore(to), this.endBefore(to));
      else builder.copy(from, to);
    }
    return builder.build();
  }

  /** Covers the text with what `pattern` (global) matches and what lies between. */
  stretches(pattern: RegExp): Stretch[] {
    const stretches: Stretch[] = [];
    let last = 0;
    const matches = matchesOf(pattern, this.text);
    for (let i = 0; i < matches.length; i += 2) {
      const [from = 0, to = 0] = [matches[i], matches[i + 1]];
      if (from > last) stretches.push({ from: last, to: from, matched: false });
      stretches.push({ from, to, matched: true });
      last = to;
    }
    if (last < this.length) stretches.push({ from: last, to: this.length, matched: false });
    return stretches;
  }

  /** Splits at what `pattern` (global) matches; empty pieces are dropped. */
  split(pattern: RegExp, behavior: SplitBehavior, invert = false): AlignedText[] {
    const stretches = this.stretches(pattern);
    const ranges = joinStretches(
      invert ? stretches.map(each => ({ ...each, matched: !each.matched })) : stretches,
      behavior,
    );
    const pieces: AlignedText[] = [];
    for (const { from, to } of ranges) if (to > from) pieces.push(this.slice(from, to));
    return pieces;
  }

  private startBefore(index: number): number {
    return index < 1 ? this.origin : this.start(index - 1);
  }

  private endBefore(index: number): number {
    return index < 1 ? this.origin : this.end(index - 1);
  }

  /** Internal to the builder. */
  static built(text: string, spans: readonly number[], origin: number): AlignedText {
    const starts = new Int32Array(text.length);
    const ends = new Int32Array(text.length);
    for (let i = 0; i < text.length; i++) {
      starts[i] = spans[2 * i] ?? origin;
      ends[i] = spans[2 * i + 1] ?? origin;
    }
    return new AlignedText(text, starts, ends, 0, origin);
  }
}

/** Longer texts are not made: replacements of replacements would grow without end. */
const LONGEST = 5_000_000;

/**
 * Puts a changed text together from left to right.
 * @throws InspectorError `tokenizer-broken` where it grows too long
 */
export class AlignedTextBuilder {
  private readonly parts: string[] = [];
  private readonly spans: number[] = [];

  constructor(private readonly from: AlignedText) {}

  /** Adds characters that all stand for `[start, end)` of the source. */
  addSpan(text: string, start: number, end: number): void {
    this.checkLength(text.length);
    this.parts.push(text);
    for (let i = 0; i < text.length; i++) this.spans.push(start, end);
  }

  /** Adds units `[from, to)` of the old text as they are. */
  copy(from: number, to: number): void {
    this.checkLength(to - from);
    this.parts.push(this.from.text.slice(from, to));
    for (let i = from; i < to; i++) this.spans.push(this.from.start(i), this.from.end(i));
  }

  private checkLength(more: number): void {
    if (this.spans.length / 2 + more <= LONGEST) return;
    const most = LONGEST.toLocaleString('en');
    throw brokenTokenizer(`it makes more than ${most} characters of this text`);
  }

  build(): AlignedText {
    return AlignedText.built(this.parts.join(''), this.spans, this.from.origin);
  }
}
