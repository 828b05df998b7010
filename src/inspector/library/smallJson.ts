import { JsonFileError, readJsonFile } from '../files/readJson';
import { bytesOf } from './listing';

/** Configurations and manifests have a few kilobytes. */
const LARGEST = 2 ** 20;

/** The content of a small JSON file; undefined where there is none, or one that is no use here. */
export async function smallJson(path: string): Promise<unknown> {
  const bytes = await bytesOf(path);
  if (bytes === 0 || bytes > LARGEST) return undefined;
  try {
    return await readJsonFile(path);
  } catch (error) {
    if (error instanceof JsonFileError) return undefined;
    throw error;
  }
}
