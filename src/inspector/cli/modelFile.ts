import { join } from 'node:path';
import type { FindingFile } from '../../protocol/findings';
import type { FileStamps } from '../files/fileStamps';
import { modelFolder } from '../source/source';

/** What is known of a model's place on disk. */
export interface ModelOnDisk {
  readonly card: { readonly path: string };
  readonly files: FileStamps;
}

/** Absolute path of a file of a model: its graph, or the weights that its graph is built from. */
export async function modelFile(
  { card, files }: ModelOnDisk,
  file: FindingFile = 'graph',
): Promise<string> {
  if (file !== 'graph') return join(await modelFolder(card.path), file);
  const [first = card.path] = files.keys();
  return [...files.keys()].find(path => path.endsWith('.onnx')) ?? first;
}
