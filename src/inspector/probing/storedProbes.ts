import { join } from 'node:path';
import type { ProbeChoice } from '../../protocol/probes';
import { modelFolder } from '../source/source';
import { corpusPath } from './corpus';
import { keptHash, hashFiles, modelHash } from './fileHashes';
import type { ProbeFiles } from './probeFiles';
import { BESIDE_MODEL, loadProbes, storedPath, type StoredProbes } from './probeStore';

/** Stored probes: those that were fitted here, else those that came with the model. */
export async function storedProbes(
  choice: ProbeChoice,
  files: ProbeFiles,
): Promise<StoredProbes | undefined> {
  const key = {
    modelHash: await modelHash(choice.model),
    corpusHash: await corpusHash(corpusPath(choice, files)),
  };
  const folder = await modelFolder(choice.model);
  const paths = [
    ...(files.storage === undefined ? [] : [storedPath(files.storage, key)]),
    join(folder, BESIDE_MODEL),
  ];
  for (const path of paths) {
    const found = await loadProbes(path, key);
    if (found) return found;
  }
  return undefined;
}

const corpusHash = keptHash(path => Promise.resolve([path]), hashFiles);
