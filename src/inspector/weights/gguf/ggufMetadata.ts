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

  /** The file's name, as a sentence may hold it. */
  get name(): string {
    return shortened(basename(this.path));
  }

  /** All keys, in their order. */
  get keys(): readonly string[] {
    return [...this.values.keys()];
  }

  /**
   * A number that is about the model: `block_count` for `llama.block_count`. A list of numbers that are all
   * the same, as each layer may have its own, is that number.
   * @throws InspectorError `model-unsupported` where layers differ
   */
  ofModel(name: string): number | undefined {
    const key = `${this.architecture}.${name}`;
    if (!Array.isArray(this.values.get(key))) return this.number(key);
    const [first, ...others] = this.numbers(key) ?? [];
    if (others.every(each => each === first)) return first;
    throw new InspectorError(
      'model-unsupported',
      `The layers of ${this.name} differ in “${shortened(name)}”, and models whose layers are alike are built from their weights: export the model to ONNX instead, as docs/exporting.md shows.`,
    );
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
      `“${shortened(key)}” of ${this.name} must be ${what}: convert the model again with a current llama.cpp.`,
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
