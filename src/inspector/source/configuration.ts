import { join } from 'node:path';
import { JsonFileError, readJsonFile } from '../files/readJson';
import { isGguf } from '../weights/gguf/openGguf';
import { ggufFields } from './ggufHome';

/** The fields of one of a model's JSON files. */
export type Configuration = Readonly<Record<string, unknown>>;

/**
 * The fields of a JSON file; none where there is no such file or it cannot be read.
 * @param folder a model's home: a folder, or the GGUF file that holds what a folder would
 */
export async function readConfiguration(folder: string, name: string): Promise<Configuration> {
  const { fields } = await tryConfiguration(folder, name);
  return fields;
}

/**
 * The fields of a JSON file and, where it is there but cannot be read, the reason, which goes on after
 * the file's name.
 */
export async function tryConfiguration(
  folder: string,
  name: string,
): Promise<{ readonly fields: Configuration; readonly problem?: string }> {
  if (isGguf(folder)) return { fields: ggufFields(folder, name) };
  try {
    const value = await readJsonFile(join(folder, name));
    if (typeof value !== 'object' || value === null) return { fields: {} };
    return { fields: value as Configuration };
  } catch (error) {
    // A model can be run without its configuration.
    if (error instanceof JsonFileError) return { fields: {}, problem: error.message };
    throw error;
  }
}
