import { realpathSync, statSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { stampOf, type FileStamps } from '../../files/fileStamps';
import { refuseLfsPointer } from '../../files/lfsPointer';
import { shortened } from '../../files/shortened';
import type { ByteSource, FileSource } from './byteSource';

/** Bytes that a Git LFS pointer has at most. */
const LARGEST_POINTER = 1024;

/** Where the elements of a tensor lie. */
export interface FileSpan {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** The files beside a model that hold its weights, checked as they are referred to. */
export class ExternalFiles {
  readonly #found = new Map<string, { readonly path: string; readonly size: number }>();
  readonly #stamps: Map<string, string>;
  private readonly folder: string;

  /**
   * @param modelPath the model's file, symbolic links resolved
   * @param named the model's file as the user named it: locations are relative to its folder
   */
  constructor(
    private readonly modelPath: string,
    private readonly modelSource: FileSource,
    named: string,
  ) {
    this.folder = dirname(named);
    this.#stamps = new Map([[named, modelSource.stamp]]);
  }

  /** The model's file and the external files that were referred to, as they are named. */
  get stamps(): FileStamps {
    return this.#stamps;
  }

  /** Bytes of all external files that were referred to. */
  get size(): number {
    const sizes = new Map([...this.#found.values()].map(({ path, size }) => [path, size]));
    return [...sizes.values()].reduce((sum, size) => sum + size, 0);
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
        `The weights of “${shortened(tensor)}” lie at “${shortened(location)}”, which is not inside the model's folder: export the model again with its data beside it.`,
      );
    }
    const { path, size } = this.#find(location);
    const place = [entries.get('offset') ?? '0', entries.get('length') ?? String(bytes)];
    const [offset, length] = place.map(wholeNumber);
    if (offset === undefined || length === undefined) {
      throw new InspectorError(
        'model-broken',
        `The weights of “${shortened(tensor)}” are said to lie at byte “${shortened(place[0] ?? '')}” of “${shortened(location)}”, “${shortened(place[1] ?? '')}” bytes long, which is no place in a file: export the model again.`,
      );
    }
    if (offset + length > size) {
      throw new InspectorError(
        'model-broken',
        `The weights of “${shortened(tensor)}” reach past the end of “${shortened(location)}” (${size} bytes): the file is incomplete, so download it again.`,
      );
    }
    if (length !== bytes) {
      throw new InspectorError(
        'model-broken',
        `The weights of “${shortened(tensor)}” have ${length} bytes in “${shortened(location)}” where its shape needs ${bytes}: model and data do not belong together.`,
      );
    }
    return { path, offset, length };
  }

  #find(location: string): { path: string; size: number } {
    const known = this.#found.get(location);
    if (known) return known;
    const named = join(this.folder, location);
    let path: string;
    let stats: Stats;
    try {
      path = realpathSync(named);
      stats = statSync(path);
    } catch (cause) {
      throw new InspectorError(
        'model-broken',
        `The model's weights are in “${shortened(location)}”, which is missing from ${this.folder}: put the file beside the model.`,
        { cause },
      );
    }
    if (!stats.isFile()) {
      throw new InspectorError(
        'model-broken',
        `The model's weights are in “${shortened(location)}”, which is not a file: put the one from the export there.`,
      );
    }
    if (stats.size < LARGEST_POINTER) refuseLfsPointer(path);
    const found = { path, size: stats.size };
    this.#found.set(location, found);
    this.#stamps.set(named, stampOf(stats));
    return found;
  }
}

function wholeNumber(text: string): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
