import type { Fail } from '../../files/boundedJson';

/** Throws the error of a file that is damaged, or of one that is whole and holds what is not read. */
export interface Refuse {
  readonly broken: Fail;
  readonly unsupported: Fail;
}

/** A dictionary in the order in which it was filled; a list costs no more than its entries. */
export class Dictionary {
  readonly entries: [unknown, unknown][] = [];
}

/** A tensor as a view of a storage: element `i, j, …` is at `offset + i · strides[0] + …`. */
export class StoredTensor {
  constructor(
    readonly storage: Storage,
    /** In elements, as the strides are. */
    readonly offset: number,
    readonly dims: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** Elements of one type in an entry of the archive. */
export class Storage {
  constructor(
    readonly dtype: string,
    /** Of the entry `data/<key>`. */
    readonly key: string,
  ) {}
}

type NamedKind = 'dictionary' | 'tensor' | 'parameter' | { readonly dtype: string };

/** Everything that a pickle of tensors refers to by name. */
const ALLOWED: Readonly<Record<string, NamedKind>> = {
  'collections.OrderedDict': 'dictionary',
  'torch._utils._rebuild_tensor_v2': 'tensor',
  'torch._utils._rebuild_parameter': 'parameter',
  'torch.FloatStorage': { dtype: 'F32' },
  'torch.HalfStorage': { dtype: 'F16' },
  'torch.BFloat16Storage': { dtype: 'BF16' },
  'torch.DoubleStorage': { dtype: 'F64' },
  'torch.LongStorage': { dtype: 'I64' },
  'torch.IntStorage': { dtype: 'I32' },
  'torch.ShortStorage': { dtype: 'I16' },
  'torch.CharStorage': { dtype: 'I8' },
  'torch.ByteStorage': { dtype: 'U8' },
  'torch.BoolStorage': { dtype: 'BOOL' },
};

/** A name of the list, in place of what Python would call. */
export class Named {
  private constructor(readonly kind: NamedKind) {}

  /** Undefined where the list has no such name. */
  static of(name: string): Named | undefined {
    return Object.hasOwn(ALLOWED, name) ? new Named(ALLOWED[name] as NamedKind) : undefined;
  }
}

/** The storage that a persistent id names: `('storage', type, key, device, elements)`. */
export function storageOf(id: unknown, refuse: Refuse): Storage {
  const [word, type, key] = Array.isArray(id) ? (id as readonly unknown[]) : [];
  const isStorage = word === 'storage' && type instanceof Named && typeof type.kind === 'object';
  if (!isStorage || typeof key !== 'string') {
    return refuse.unsupported('it refers to something other than storages of tensors');
  }
  return new Storage(type.kind.dtype, key);
}

/**
 * The tensor that a call would rebuild. What would change its values, such as a sign that is yet to be
 * applied, is refused.
 */
export function storedTensor(
  { kind }: Named,
  values: readonly unknown[],
  refuse: Refuse,
): StoredTensor {
  if (kind === 'parameter') {
    const [tensor] = values;
    return tensor instanceof StoredTensor ? tensor : refuse.broken('a parameter holds no tensor');
  }
  if (kind !== 'tensor') return refuse.unsupported('it calls what makes no tensor');
  const [storage, offset, dims, strides, , , metadata = null] = values;
  if (!(storage instanceof Storage) || !isSize(offset) || !isSizes(dims) || !isSizes(strides)) {
    return refuse.broken('a tensor has no shape');
  }
  if (dims.length !== strides.length) return refuse.broken('a tensor has no shape');
  if (metadata !== null) {
    return refuse.unsupported('a tensor has values that are yet to be computed');
  }
  return new StoredTensor(storage, offset, dims, strides);
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isSize);
}
