import { decidingFiles, stampsBesideModel } from '../source/files';
import { sourceAt } from '../source/source';
import { hashFiles } from './corpus';
import { keptHash } from './keptHash';

/**
 * SHA-256 over the files that a model's states come from: its graphs, their external weights, its tokenizer.
 * A model that was written again has another one; one that was moved has the same.
 * @param path absolute path of a model folder or `.onnx` file
 * @throws InspectorError `model-missing`, `model-broken`
 */
export const modelHash = keptHash(
  async path => decidingFiles(sourceAt(path)),
  hashFiles,
  stampsBesideModel,
);
