import { existsSync, readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { refuseLfsPointer, startOf } from '../files/lfsPointer';
import { ModelFile } from '../../protocol/modelFiles';
import { statsOf } from '../files/regularFile';
import { shortened } from '../files/shortened';
import { ggufModelNames } from '../weights/gguf/ggufParts';

/** A format that holds weights and no graph. */
interface WeightFormat {
  readonly format: string;
  /** Whether a file of it begins like this. */
  readonly begins: (start: string) => boolean;
  readonly name: RegExp;
}

const WEIGHTS: readonly WeightFormat[] = [
  { format: 'GGUF', begins: start => start.startsWith('GGUF'), name: /\.gguf$/i },
  {
    format: 'safetensors',
    // Eight bytes of the header's length, then the header.
    begins: start => start.slice(4, 10) === '\0\0\0\0{"',
    name: /\.safetensors$/i,
  },
  {
    format: 'PyTorch',
    // A ZIP archive, or a pickle.
    begins: start => start.startsWith('PK\x03\x04') || start.startsWith('\x80\x02'),
    name: /\.(bin|pt|pth|ckpt)$/i,
  },
  { format: 'HDF5', begins: start => start.startsWith('\x89HDF'), name: /\.h5$/i },
  { format: 'Flax', begins: () => false, name: /\.msgpack$/i },
];
/** What is fitted on a model and lies beside it holds none of its weights. */
const PROBES = 'probes.safetensors';
const WEB_PAGE = /^\s*<(!doctype html|html)/i;
const EXPORT = 'export the model to ONNX, as docs/exporting.md shows';

/**
 * Refuses a file that stands for another one: what Git keeps elsewhere, and the page of a download.
 * @param path of a regular file
 * @throws InspectorError `model-broken`
 */
export function refusePlaceholder(path: string, start = startOf(path)): void {
  refuseLfsPointer(path, start);
  if (!WEB_PAGE.test(start)) return;
  throw new InspectorError(
    'model-broken',
    `${shortened(basename(path))} is a web page where the model should be: download the file itself.`,
  );
}

/**
 * Refuses a file that is no graph, if its first bytes or its name tell.
 * @param path of a regular file
 * @throws InspectorError `model-broken`, `model-unsupported`
 */
export function refuseOtherFormat(path: string): void {
  const start = startOf(path);
  const name = shortened(basename(path));
  refusePlaceholder(path, start);
  const found =
    WEIGHTS.find(({ begins }) => begins(start)) ?? WEIGHTS.find(each => each.name.test(path));
  if (found?.format === 'safetensors') {
    throw new InspectorError(
      'model-unsupported',
      `${name} holds weights without a graph, and beside it is no config.json, which says what they are of: download that, too, or ${EXPORT}.`,
    );
  }
  if (found?.format === 'GGUF') {
    throw new InspectorError(
      'model-broken',
      `${name} does not begin as a GGUF file does: download it again.`,
    );
  }
  if (found) {
    throw new InspectorError(
      'model-unsupported',
      `${name} is a ${found.format} file, which holds weights without a graph, and this version reads ONNX, safetensors and GGUF: ${EXPORT}.`,
    );
  }
  if (extname(path).toLowerCase() !== '.json') return;
  throw new InspectorError(
    'model-unsupported',
    `${name} is no model but describes one: choose its folder, or an ONNX file in it.`,
  );
}

/**
 * Why a folder has no graph that can be chosen.
 * @param graphs `.onnx` files in it, if none of them is the one to take
 */
export function noGraphIn(folder: string, graphs: readonly string[]): InspectorError {
  if (graphs.length > 0) {
    const [first = '', second = ''] = graphs.map(file => shortened(basename(file)));
    const others = graphs.length > 2 ? `, and ${graphs.length - 2} more` : '';
    return new InspectorError(
      'model-missing',
      `The folder ${folder} holds several ONNX files and none called model.onnx: choose one of them (${first}, ${second}${others}).`,
    );
  }
  const snapshot = snapshotIn(folder);
  if (snapshot !== undefined) {
    return new InspectorError(
      'model-missing',
      `${folder} is a folder of the Hugging Face cache, which keeps the files one level deeper: choose ${snapshot}.`,
    );
  }
  const names = readdirSync(folder);
  if (names.includes(ModelFile.adapter)) {
    return new InspectorError(
      'model-unsupported',
      `The folder ${folder} holds an adapter (${ModelFile.adapter}), which changes the weights of a model that lies elsewhere: merge the two, and open the folder of the result.`,
    );
  }
  const candidates = names.filter(
    name => name !== PROBES && WEIGHTS.some(each => each.name.test(name)),
  );
  const ggufs = ggufModelNames(names);
  if (ggufs.length > 1) {
    const [first = '', second = ''] = ggufs.map(shortened);
    const others = ggufs.length > 2 ? `, and ${ggufs.length - 2} more` : '';
    return new InspectorError(
      'model-missing',
      `The folder ${folder} holds several GGUF files: choose one of them (${first}, ${second}${others}).`,
    );
  }
  const weights = candidates.find(name => name.includes('model')) ?? candidates[0];
  if (weights !== undefined && !names.includes(ModelFile.configuration)) {
    return new InspectorError(
      'model-missing',
      `The folder ${folder} holds ${shortened(weights)}, weights without a graph, and no config.json, which says what they are of: download that, too, or ${EXPORT}.`,
    );
  }
  if (weights !== undefined) {
    return new InspectorError(
      'model-missing',
      `The folder ${folder} holds no ONNX model (model.onnx) and no model.safetensors, but ${shortened(weights)}, which holds weights without a graph: choose that file if it is safetensors, or ${EXPORT}.`,
    );
  }
  return new InspectorError(
    'model-missing',
    `The folder ${folder} holds no ONNX model (model.onnx, or encoder_model.onnx with decoder_model.onnx) and no model.safetensors with its config.json: choose the folder that does.`,
  );
}

/** The latest snapshot of a folder of the Hugging Face cache, `models--org--name`. */
function snapshotIn(folder: string): string | undefined {
  const snapshots = join(folder, 'snapshots');
  if (!existsSync(snapshots)) return undefined;
  const folders = readdirSync(snapshots)
    .map(name => join(snapshots, name))
    .filter(path => statsOf(path)?.isDirectory());
  const [latest] = folders.sort((a, b) => (statsOf(b)?.mtimeMs ?? 0) - (statsOf(a)?.mtimeMs ?? 0));
  return latest;
}
