import { basename } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import type { GgufFile } from './ggufFile';
import type { MetadataValue } from './ggufReader';

/** What a GGUF file says of itself, by kinds: a value of another kind than it should be is refused. */
export class GgufMetadata {
  constructor(
    private readonly values: GgufFile['metadata'],
    /** Of the file, for errors. */
    readonly path: string,
  ) {}

  /** `general.architecture`, by which the keys of the model's own values begin. */
  get architecture(): string {
    return this.text('general.architecture') ?? '';
  }

  isList(key: string): boolean {
    return Array.isArray(this.values.get(key));
  }

  number(key: string): number | undefined {
    return this.#read(key, isNumber, 'a number');
  }

  text(key: string): string | undefined {
    return this.#read(key, isText, 'a text');
  }

  flag(key: string): boolean | undefined {
    return this.#read(key, isFlag, 'true or false');
  }

  numbers(key: string): readonly number[] | undefined {
    return this.#read(key, listOf(isNumber), 'a list of numbers');
  }

  texts(key: string): readonly string[] | undefined {
    return this.#read(key, listOf(isText), 'a list of texts');
  }

  #read<T extends MetadataValue>(
    key: string,
    fits: (value: MetadataValue) => value is T,
    what: string,
  ): T | undefined {
    const value = this.values.get(key);
    if (value === undefined || fits(value)) return value;
    throw new InspectorError(
      'model-broken',
      `“${key}” of ${shortened(basename(this.path))} must be ${what}: convert the model again with a current llama.cpp.`,
    );
  }
}

const isNumber = (value: MetadataValue): value is number =>
  typeof value === 'number' && Number.isFinite(value);
const isText = (value: MetadataValue): value is string => typeof value === 'string';
const isFlag = (value: MetadataValue): value is boolean => typeof value === 'boolean';

function listOf<T extends MetadataValue>(fits: (value: MetadataValue) => value is T) {
  return (value: MetadataValue): value is readonly T[] => Array.isArray(value) && value.every(fits);
}
