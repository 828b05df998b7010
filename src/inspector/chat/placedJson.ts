import { AlignedText, AlignedTextBuilder } from '../tokenizer/alignedText';

/** Where a value stands within another: keys of objects and indices of lists. */
export type Path = readonly (string | number)[];

/** A string of a JSON text that knows where its characters stand there. */
export interface PlacedString {
  readonly path: Path;
  readonly text: AlignedText;
}

/**
 * Where the strings of a JSON text stand in it, in the order of the text; keys are no strings of it.
 * @param json which JSON.parse takes
 */
export function placedStrings(json: string): readonly PlacedString[] {
  const scanner = new Scanner(json);
  scanner.value([]);
  return scanner.found;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
/** `\u` and four digits. */
const UNICODE_ESCAPE = 6;

class Scanner {
  readonly found: PlacedString[] = [];
  private readonly source: AlignedText;
  private at = 0;

  constructor(private readonly json: string) {
    this.source = AlignedText.from(json);
  }

  value(path: Path): void {
    switch (this.next()) {
      case '{':
        this.each('}', () => {
          const key = this.string().text;
          this.next();
          this.at++;
          this.value([...path, key]);
        });
        return;
      case '[': {
        let index = 0;
        this.each(']', () => this.value([...path, index++]));
        return;
      }
      case '"':
        this.found.push({ path, text: this.string() });
        return;
      default:
        while (/[^\s,\]}]/.test(this.json.charAt(this.at))) this.at++;
    }
  }

  /** The next character that is no white space. */
  private next(): string {
    while (/\s/.test(this.json.charAt(this.at))) this.at++;
    return this.json.charAt(this.at);
  }

  private each(end: string, read: () => void): void {
    this.at++;
    while (this.next() !== end) {
      if (this.json.charAt(this.at) === ',') this.at++;
      this.next();
      read();
    }
    this.at++;
  }

  private string(): AlignedText {
    this.next();
    const builder = new AlignedTextBuilder(this.source);
    let at = this.at + 1;
    let plain = at;
    while (this.json.charAt(at) !== '"') {
      if (this.json.charAt(at) !== '\\') {
        at++;
        continue;
      }
      builder.copy(plain, at);
      const escaped = this.json.charAt(at + 1);
      const end = at + (escaped === 'u' ? UNICODE_ESCAPE : 2);
      const unit =
        escaped === 'u'
          ? String.fromCharCode(parseInt(this.json.slice(at + 2, end), 16))
          : (ESCAPES[escaped] ?? escaped);
      builder.addSpan(unit, at, end);
      plain = at = end;
    }
    builder.copy(plain, at);
    this.at = at + 1;
    return builder.build();
  }
}
