import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from '../../../src/inspector/files/safetensors';

/**
 * Copies a model and spreads its weights over two files, of which the index names the second first.
 * @returns the names of the files in the order of the index
 */
export function copyInShards(from: string, folder: string): readonly [string, string] {
  cpSync(from, folder, { recursive: true });
  const single = join(folder, 'model.safetensors');
  const tensors = [...readSafetensors(readFileSync(single))];
  rmSync(single);
  const names = ['model-00002-of-00002.safetensors', 'model-00001-of-00002.safetensors'] as const;
  const half = Math.ceil(tensors.length / 2);
  const parts = [tensors.slice(0, half), tensors.slice(half)];
  const map = names.flatMap((name, i) => {
    const part = parts[i] ?? [];
    writeFileSync(join(folder, name), writeSafetensors(part));
    return part.map(([tensor]): [string, string] => [tensor, name]);
  });
  writeFileSync(
    join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: { total_size: 1 }, weight_map: Object.fromEntries(map) }),
  );
  return names;
}
