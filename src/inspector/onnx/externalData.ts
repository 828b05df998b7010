import { realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import type { ByteSource } from './byteSource';

/** Where the elements of a tensor lie. */
export interface FileSpan {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** The files beside a model that hold its weights, checked as they are referred to. */
export class ExternalFiles {
  readonly #sizes = new Map<string, number>();

  /**
   * @param modelPath the model's file, symbolic links resolved
   * @param folder where locations are relative to: the folder that the user named
   */
  constructor(
    private readonly modelPath: string,
    private readonly modelSource: ByteSource,
    private readonly folder = dirname(modelPath),
  ) {}

  /** Bytes of all external files that were referred to. */
  get size(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** The model's file if `source` reads it: only then do positions mean offsets in a file. */
  own(source: ByteSource): string | undefined {
    return source === this.modelSource ? this.modelPath : undefined;
  }

  /**
   * Finds external data and checks that it is there.
   * @throws InspectorError `model-broken`
   */
  resolve(tensor: string, entries: ReadonlyMap<string, string>, bytes: number): FileSpan {
    const location = entries.get('location') ?? '';
    const parts = location.split(/[\\/]/);
    if (!location || isAbsolute(location) || /^[a-z]:/i.test(location) || parts.includes('..')) {
      throw new InspectorError(
        'model-broken',
        `The weights of “${tensor}” lie at “${location}”, which is not inside the model's folder: export the model again with its data beside it.`,
      );
    }
    const { path, size } = this.#find(location);
    const place = [entries.get('offset') ?? '0', entries.get('length') ?? String(bytes)];
    const [offset, length] = place.map(wholeNumber);
    if (offset === undefined || length === undefined) {
      throw new InspectorError(
        'model-broken',
        `The weights of “${tensor}” are said to lie at byte “${place[0]}” of “${location}”, “${place[1]}” bytes long, which is no place in a file: export the model again.`,
      );
    }
    if (offset + length > size) {
      throw new InspectorError(
        'model-broken',
        `The weights of “${tensor}” reach past the end of “${location}” (${size} bytes): the file is incomplete, so download it again.`,
      );
    }
    if (length !== bytes) {
      throw new InspectorError(
        'model-broken',
        `The weights of “${tensor}” have ${length} bytes in “${location}” where its shape needs ${bytes}: model and data do not belong together.`,
      );
    }
    return { path, offset, length };
  }

  #find(location: string): { path: string; size: number } {
    try {
      const path = realpathSync(join(this.folder, location));
      const size = this.#sizes.get(path) ?? statSync(path).size;
      this.#sizes.set(path, size);
      return { path, size };
    } catch (cause) {
      throw new InspectorError(
        'model-broken',
        `The model's weights are in “${location}”, which is missing from ${this.folder}: put the file beside the model.`,
        { cause },
      );
    }
  }
}

function wholeNumber(text: string): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
