import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { node24, node24Environment, root, run } from '../../../scripts/machine.mjs';
import { packageExtension } from '../../../scripts/package.mjs';

let packages: Promise<{ extension: string; driver: string }> | undefined;

/** The packaged extension and the packaged test driver, made once in a test run. */
export function builtPackages(): Promise<{ extension: string; driver: string }> {
  packages ??= build();
  return packages;
}

async function build(): Promise<{ extension: string; driver: string }> {
  const extension = await packageExtension();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'attention-driver-'));
  const driver = path.join(folder, 'driver.vsix');
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  const flags = ['--no-dependencies', '--allow-missing-repository', '--skip-license'];
  await run(node24, [vsce, 'package', ...flags, '--out', driver], {
    quiet: true,
    cwd: path.join(root, 'test/e2e/driver'),
    env: node24Environment(),
  });
  return { extension, driver };
}
