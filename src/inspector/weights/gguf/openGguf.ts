import { statSync } from 'node:fs';
import { stampOf } from '../../files/fileStamps';
import { startOf } from '../../files/lfsPointer';
import { statsOf } from '../../files/regularFile';
import { readGgufParts, type GgufParts } from './ggufParts';

/** A model and its tokenizer are read one after the other; a second one is compared with. */
const MOST_KEPT = 2;
const kept = new Map<string, GgufParts>();

/** Whether a path leads to a GGUF file, whatever its name: Ollama's have none that tells. */
export function isGguf(path: string): boolean {
  if (!statsOf(path)?.isFile()) return false;
  try {
    return startOf(path).startsWith('GGUF');
  } catch {
    // Who opens it is told why it cannot be read.
    return false;
  }
}

/**
 * The headers of a model's GGUF files, which are read again once they changed.
 * @throws InspectorError as `readGgufParts` does
 */
export function openGguf(path: string): GgufParts {
  const known = kept.get(path);
  kept.delete(path);
  const parts = known && isUnchanged(known) ? known : readGgufParts(path);
  kept.set(path, parts);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
  return parts;
}

function isUnchanged({ files }: GgufParts): boolean {
  return files.every(({ path, stamp }) => {
    try {
      return stampOf(statSync(path)) === stamp;
    } catch {
      return false;
    }
  });
}
