import { InspectorError } from '../../protocol/errors';
import type { Configuration } from '../source/configuration';

/** More than any model has of anything: a wrong number must not become an allocation. */
const maxSize = 2 ** 24;

/**
 * `config.json`, read by whichever name a field has in its family. It remembers what was asked
 * for, so that fields that nobody reads can be told.
 */
export class Config {
  readonly #fields: Configuration;
  readonly #read: Set<string>;

  constructor(fields: Configuration, read = new Set<string>()) {
    this.#fields = fields;
    this.#read = read;
  }

  /** The same, with what its fields mean where they are not there. */
  with(defaults: Configuration): Config {
    return new Config({ ...defaults, ...this.#fields }, this.#read);
  }

  /** `model_type`, empty where there is none. */
  get type(): string {
    return this.text('', 'model_type');
  }

  /** The first class of `architectures`, empty where there is none. */
  get architecture(): string {
    const first = this.list('architectures')?.[0];
    return typeof first === 'string' ? first : '';
  }

  /** The names of its fields. */
  get names(): readonly string[] {
    return Object.keys(this.#fields);
  }

  /** Whether a field was asked for, under any of the readers below. */
  wasRead(name: string): boolean {
    return this.#read.has(name);
  }

  /** A field as it is; undefined where it is missing or null. */
  raw(name: string): unknown {
    this.#read.add(name);
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? undefined) : undefined;
  }

  /** The first of these fields that is set: a whole number above 0, in bounds; refused if missing. */
  size(...names: string[]): number {
    return this.optionalSize(...names) ?? this.#missing(names);
  }

  /** As `size`; undefined where none of them is set. */
  optionalSize(...names: string[]): number | undefined {
    const value = this.optional(...names);
    if (value === undefined || (Number.isInteger(value) && value > 0 && value <= maxSize))
      return value;
    const name = names.find(each => this.raw(each) !== undefined) ?? '';
    throw new InspectorError(
      'model-unsupported',
      `“${name}” of config.json is ${String(value)}: it must be a whole number above 0.`,
    );
  }

  /** The first of these fields that is set: any number; refused if missing. */
  number(...names: string[]): number {
    return this.optional(...names) ?? this.#missing(names);
  }

  /** The first of these fields that is set, which must be a number; undefined where none is. */
  optional(...names: string[]): number | undefined {
    return this.#first(names, (value): value is number => Number.isFinite(value), 'a number');
  }

  /** The first of these fields that is set, which must be a text. */
  text(fallback: string, ...names: string[]): string {
    return (
      this.#first(names, (value): value is string => typeof value === 'string', 'a text') ??
      fallback
    );
  }

  /** A field that must be true or false where it is set. */
  flag(name: string, fallback: boolean): boolean {
    return (
      this.#first(
        [name],
        (value): value is boolean => typeof value === 'boolean',
        'true or false',
      ) ?? fallback
    );
  }

  /** A field that must be a list where it is set. */
  list(name: string): readonly unknown[] | undefined {
    return this.#first(
      [name],
      (value): value is readonly unknown[] => Array.isArray(value),
      'a list',
    );
  }

  /** A list of numbers where it is set. */
  numbers(name: string): readonly number[] | undefined {
    return this.#first(
      [name],
      (value): value is readonly number[] =>
        Array.isArray(value) && value.every(each => Number.isFinite(each)),
      'a list of numbers',
    );
  }

  /** A field that has fields of its own; undefined where it is not set. */
  section(name: string): Config | undefined {
    const fields = this.#first(
      [name],
      (value): value is Configuration => typeof value === 'object' && !Array.isArray(value),
      'a list of fields with their values',
    );
    return fields && new Config(fields);
  }

  #first<T>(
    names: readonly string[],
    fits: (value: unknown) => value is T,
    what: string,
  ): T | undefined {
    const values = names.map(name => [name, this.raw(name)] as const);
    for (const [name, value] of values) {
      if (value === undefined) continue;
      if (fits(value)) return value;
      throw new InspectorError(
        'model-unsupported',
        `“${name}” of config.json must be ${what}: check the file.`,
      );
    }
    return undefined;
  }

  #missing(names: readonly string[]): never {
    throw new InspectorError(
      'model-unsupported',
      `config.json lacks “${names[0] ?? ''}”: check that the download is complete.`,
    );
  }
}
