import { realpathSync } from 'node:fs';
import { InspectorError } from '../../../protocol/errors';
import { RangedFile } from '../../files/rangedFile';
import { elementBytes, type SafetensorsDtype } from '../../files/safetensorsHeader';
import { shortened } from '../../files/shortened';
import { sizeOf } from '../../runtime/tensor';
import type { StoredWeight } from '../weights';
import { readPickle } from './pickle';
import { Dictionary, StoredTensor, type Refuse } from './torchValues';
import { zipDirectory, type ZipEntry } from './zipDirectory';

const PICKLE = 'data.pkl';
/** Names, shapes and places of tensors; none of their values. */
const LARGEST_PICKLE = 32 * 2 ** 20;

/**
 * The tensors of a file that `torch.save` wrote (PyTorch 1.6 or later), by name and in its order. Each
 * is pointed at where it lies in the file; none is read.
 * @throws InspectorError `model-broken`; `model-unsupported` where the file holds anything but tensors
 */
export async function readTorchFile(path: string): Promise<ReadonlyMap<string, StoredWeight>> {
  const refuse = refusalsOf(path);
  return RangedFile.use(path, refuse.broken, file => {
    const entries = zipDirectory(file, refuse.broken);
    if (!entries) return noArchive(file.read(0, Math.min(2, file.size)), refuse);
    const pickle = [...entries].find(([name]) => name.endsWith(`/${PICKLE}`));
    if (!pickle) return refuse.unsupported('it is a ZIP archive that holds no tensors of PyTorch');
    const [name, { offset, length }] = pickle;
    const root = name.slice(0, -PICKLE.length);
    if (length > LARGEST_PICKLE) {
      refuse.unsupported(`its ${PICKLE} has ${length} bytes, more than are read`);
    }
    const order = entries.get(`${root}byteorder`);
    if (order && file.read(order.offset, Math.min(3, order.length)).toString() === 'big') {
      refuse.unsupported('its numbers are stored with the highest byte first');
    }
    const value = readPickle(file.read(offset, length), refuse);
    const real = realpathSync(path);
    const place = (tensor: StoredTensor, label: string): StoredWeight => {
      const entry = entries.get(`${root}data/${tensor.storage.key}`);
      if (!entry) return refuse.broken(`the values of ${label} are missing`);
      return { ...placeOf(tensor, entry, label, refuse), path: real };
    };
    return tensorsOf(value, place, refuse);
  });
}

type Place = (tensor: StoredTensor, label: string) => StoredWeight;

function tensorsOf(value: unknown, place: Place, refuse: Refuse) {
  if (!(value instanceof Dictionary)) {
    return refuse.unsupported('it holds no dictionary of tensors');
  }
  const tensors = new Map<string, StoredWeight>();
  for (const [name, entry] of value.entries) {
    const label = `“${shortened(String(name))}”`;
    if (typeof name !== 'string') return refuse.broken('a tensor has no name');
    if (tensors.has(name)) return refuse.broken(`it holds ${label} twice`);
    if (entry instanceof StoredTensor) tensors.set(name, place(entry, label));
    else if (typeof entry === 'object' && entry !== null) {
      return refuse.unsupported(
        `its entry ${label} is no tensor, as in a checkpoint of a training: save the weights alone`,
      );
    }
  }
  return tensors;
}

/** Where a tensor's values lie, which must be in their order and without gaps. */
function placeOf(
  { storage, offset, dims, strides }: StoredTensor,
  entry: ZipEntry,
  label: string,
  refuse: Refuse,
): Omit<StoredWeight, 'path'> {
  const bytes = elementBytes[storage.dtype as SafetensorsDtype];
  const count = sizeOf(dims);
  let step = 1;
  for (let axis = dims.length - 1; axis >= 0 && count > 0; axis--) {
    const dim = dims[axis] ?? 1;
    if (dim !== 1 && strides[axis] !== step) {
      refuse.unsupported(
        `${label} is a view whose values are not stored in their order, such as a transposed one`,
      );
    }
    step *= dim;
  }
  if ((offset + count) * bytes > entry.length) {
    refuse.broken(`${label} reaches past the values that are stored`);
  }
  const start = entry.offset + offset * bytes;
  return { dtype: storage.dtype, dims, offset: start, length: count * bytes };
}

function noArchive(start: Buffer, refuse: Refuse): never {
  if (start.toString('latin1') === '\x80\x02') {
    return refuse.unsupported('it was saved by a PyTorch before 1.6, or in its old format');
  }
  return refuse.broken('it is no file of PyTorch, or cut off');
}

function refusalsOf(path: string): Refuse {
  const with_ = (code: 'model-broken' | 'model-unsupported', remedy: string) => (what: string) => {
    throw new InspectorError(code, `${path} cannot be read: ${what}${remedy}.`);
  };
  return {
    broken: with_('model-broken', '; get the file again'),
    unsupported: with_('model-unsupported', '; save the model as safetensors'),
  };
}
