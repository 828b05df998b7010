import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const LARGEST_CONFIGURATION = 10e6;

/** The fields of a JSON file; none where there is no such file or it is far too large to be one. */
export async function readConfiguration(
  folder: string,
  name: string,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const file = join(folder, name);
    const found = await stat(file);
    if (!found.isFile() || found.size > LARGEST_CONFIGURATION) return {};
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // A model can be run without its configuration.
    return {};
  }
}
