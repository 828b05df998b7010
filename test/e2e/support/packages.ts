import { mkdir, mkdtemp, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ensureCodeServer, installExtension } from '../../../scripts/codeServer.mjs';
import { node24, node24Environment, root, run } from '../../../scripts/machine.mjs';
import { packageExtension } from '../../../scripts/package.mjs';

/** Names the folder with what `setup.ts` prepared, for the processes that run the tests. */
const PREPARED = 'ATTENTION_DEBUGGER_PREPARED';

/** Folder beside the prepared extensions: those of VS Code's own that the tests meet. */
export const BUILT_IN = 'built-in';
/**
 * Themes, the languages of the documents that are opened, notebooks. The others, Git and the like, start
 * with every window, and cost a third of what its start computes.
 */
const NEEDED = [
  'theme-defaults',
  'theme-seti',
  'json',
  'markdown-basics',
  'markdown-language-features',
  'python',
  'typescript-basics',
  'ipynb',
  'notebook-renderers',
];

let preparing: Promise<string> | undefined;

/**
 * Folder with the extensions of every server: ours, packaged as it ships, and the test driver. Made
 * once in a run; this is also when code-server is installed where it is missing.
 */
export function preparedExtensions(): Promise<string> {
  preparing ??= process.env[PREPARED] ? Promise.resolve(process.env[PREPARED]) : prepare();
  return preparing;
}

async function prepare(): Promise<string> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'attention-prepared-'));
  const folders = { userData: path.join(home, 'data'), extensions: path.join(home, 'extensions') };
  await mkdir(folders.extensions);
  // Beside each other: installing mostly waits for what it downloads.
  const [entry, ...packages] = await Promise.all([
    ensureCodeServer(),
    packageExtension(),
    packageDriver(home),
  ]);
  const own = path.resolve(path.dirname(entry), '../../lib/vscode/extensions');
  await mkdir(path.join(home, BUILT_IN));
  for (const name of NEEDED) {
    await symlink(path.join(own, name), path.join(home, BUILT_IN, name), 'junction');
  }
  for (const vsix of packages) await installExtension(entry, { ...folders, vsix });
  process.env[PREPARED] = folders.extensions;
  return folders.extensions;
}

async function packageDriver(folder: string): Promise<string> {
  const file = path.join(folder, 'driver.vsix');
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  const flags = ['--no-dependencies', '--allow-missing-repository', '--skip-license'];
  await run(node24, [vsce, 'package', ...flags, '--out', file], {
    quiet: true,
    cwd: path.join(root, 'test/e2e/driver'),
    env: node24Environment(),
  });
  return file;
}
