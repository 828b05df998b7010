import { InspectorError } from '../../protocol/errors';
import { parseBounded } from '../files/boundedJson';
import { RangedFile } from '../files/rangedFile';

/** A tensor as a header describes it; its name and its place do not matter here. */
export interface DeclaredTensor {
  readonly dtype: string;
  readonly dims: readonly number[];
}

/** Longer headers are left for opening. */
const LARGEST_HEADER = 8 * 2 ** 20;
const BOUNDS = { depth: 4, values: 1e6 };

/**
 * Types and shapes of the tensors that the header of a `.safetensors` file lists, of whatever type:
 * enough to say what a model is, not to read it.
 * @throws InspectorError `model-broken`
 */
export function declaredTensors(path: string): readonly DeclaredTensor[] {
  const fail = (what: string): never => {
    throw new InspectorError('model-broken', `${path} cannot be read: ${what}.`);
  };
  const header = RangedFile.use(path, fail, file => {
    const length = Number(file.read(0, 8).readBigUInt64LE());
    if (length > file.size - 8) fail('it is cut off');
    if (length > LARGEST_HEADER) return {};
    return parseBounded(file.read(8, length).toString(), BOUNDS, 'its header', fail);
  });
  if (typeof header !== 'object' || header === null) return fail('its header is not JSON');
  return Object.values(header).flatMap(entry => (isTensor(entry) ? [tensorOf(entry)] : []));
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly unknown[];
}

function isTensor(entry: unknown): entry is Entry {
  if (typeof entry !== 'object' || entry === null) return false;
  return (
    'dtype' in entry &&
    typeof entry.dtype === 'string' &&
    'shape' in entry &&
    Array.isArray(entry.shape)
  );
}

function tensorOf({ dtype, shape }: Entry): DeclaredTensor {
  return { dtype: dtype.slice(0, 20), dims: shape.filter(dim => typeof dim === 'number') };
}
