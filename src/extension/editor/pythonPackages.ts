import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Folders in which people keep a project's own Python. */
const ENVIRONMENTS = ['.venv', 'venv', 'env'];
const PACKAGES = ['site-packages', 'dist-packages'];

/**
 * Folders of packages of some Pythons, in their order.
 * @param interpreters paths of `python`, or of the environments that they are in
 * @param workspace folders that may hold environments of their own
 */
export async function packageFolders(
  interpreters: readonly string[],
  workspace: readonly string[],
): Promise<string[]> {
  const homes = interpreters.flatMap(file => [path.dirname(path.dirname(file)), file]);
  const own = workspace.flatMap(folder => ENVIRONMENTS.map(name => path.join(folder, name)));
  const found = await Promise.all([...homes, ...own].map(packagesBelow));
  return [...new Set(found.flat())];
}

/** `lib/python3.12/site-packages` of an environment; `Lib/site-packages` on Windows. */
async function packagesBelow(home: string): Promise<string[]> {
  const libraries = await Promise.all(
    ['lib', 'lib64', 'Lib'].map(async name => {
      const library = path.join(home, name);
      const versions = (await namesIn(library)).filter(entry => /^python3/.test(entry));
      return [library, ...versions.map(version => path.join(library, version))];
    }),
  );
  const folders = await Promise.all(
    libraries.flat().map(async folder => {
      const names = await namesIn(folder);
      return PACKAGES.filter(name => names.includes(name)).map(name => path.join(folder, name));
    }),
  );
  return folders.flat();
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
