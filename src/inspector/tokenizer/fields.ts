import { InspectorError } from '../../protocol/errors';
import { shortened } from '../files/shortened';

/** An error about tokenizer.json; `problem` goes on after “tokenizer.json cannot be used: ”. */
export function brokenTokenizer(problem: string, cause?: unknown): InspectorError {
  return brokenFile('tokenizer.json', problem, cause);
}

function brokenFile(file: string, problem: string, cause?: unknown): InspectorError {
  // Names come from the file and may be of any length.
  const bounded = problem.replace(/“([^”]*)”/g, (_, name: string) => `“${shortened(name)}”`);
  return new InspectorError(
    'tokenizer-broken',
    `This model’s ${file} cannot be used: ${bounded.slice(0, LONGEST_PROBLEM)}.`,
    { cause },
  );
}

/** Messages stay short enough to be read, whatever a file holds. */
const LONGEST_PROBLEM = 320;

/** Lists within lists, at most: sequences of sequences are read one inside the other. */
const DEEPEST = 32;

/** The file that a path of fields belongs to. */
function fileOf(path: string): string {
  return path.startsWith('tokenizer_config') ? 'tokenizer_config.json' : 'tokenizer.json';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON object of tokenizer.json, read field by field; what is wrong is named by its path. */
export class Fields {
  private constructor(
    readonly path: string,
    private readonly values: Readonly<Record<string, unknown>>,
  ) {}

  /** @throws InspectorError `tokenizer-broken` for what is no object, or stands too deep to be read. */
  static from(value: unknown, path: string): Fields {
    if (path.split('[').length > DEEPEST) {
      throw brokenFile(fileOf(path), `“${path}” stands more than ${DEEPEST} lists deep`);
    }
    if (!isRecord(value)) throw brokenFile(fileOf(path), `“${path}” must be an object`);
    return new Fields(path, value);
  }

  /**
   * The components of a pipeline in their order: the only one, or those of sequences within sequences.
   * @param key under which a sequence lists its components
   */
  static steps(value: unknown, path: string, key: string): Fields[] {
    if (value === undefined || value === null) return [];
    const fields = Fields.from(value, path);
    if (fields.type !== 'Sequence') return [fields];
    return fields.list(key).flatMap((each, i) => Fields.steps(each, `${path}.${key}[${i}]`, key));
  }

  /** The component's type, or the empty string where older files leave it out. */
  get type(): string {
    return this.string('type', '');
  }

  /** The value as it is; `undefined` where it is missing or null. */
  raw(key: string): unknown {
    return (Object.hasOwn(this.values, key) ? this.values[key] : undefined) ?? undefined;
  }

  string(key: string, fallback?: string): string {
    const value = this.raw(key) ?? fallback;
    return typeof value === 'string' ? value : this.refuse(key, 'a string');
  }

  boolean(key: string, fallback?: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    return typeof value === 'boolean' ? value : this.refuse(key, 'true or false');
  }

  /** A whole number that is not negative. */
  integer(key: string, fallback?: number): number {
    const value = this.raw(key) ?? fallback;
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.refuse(key, 'a whole number');
  }

  choice<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.raw(key) ?? fallback;
    const choice = choices.find(each => each === value);
    return choice ?? this.refuse(key, `one of ${choices.join(', ')}`);
  }

  object(key: string): Fields {
    return Fields.from(this.raw(key), `${this.path}.${key}`);
  }

  /** Items of a list; `undefined` or null counts as an empty one. */
  list(key: string): readonly unknown[] {
    const value = this.raw(key) ?? [];
    return Array.isArray(value) ? (value as unknown[]) : this.refuse(key, 'a list');
  }

  objects(key: string): Fields[] {
    return this.list(key).map((item, i) => Fields.from(item, `${this.path}.${key}[${i}]`));
  }

  private refuse(key: string, expected: string): never {
    throw brokenFile(fileOf(this.path), `“${this.path}.${key}” must be ${expected}`);
  }
}
