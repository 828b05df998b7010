import { cp, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { node24, node24Environment, root, run } from './machine.mjs';

/** VS Code's names of the platforms for which onnxruntime-node has binaries. */
const TARGETS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];
/** Name of this platform among the package targets. */
export const hostTarget = `${process.platform}-${process.arch}`;

const RUNTIME = 'node_modules/onnxruntime-node';
const COMMON = 'node_modules/onnxruntime-common';

const readManifest = async () =>
  JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));

/** The file that `packageExtension` writes. */
export async function packagePath(target = hostTarget) {
  const { version } = await readManifest();
  return path.join(root, `attention-debugger-${target}-${version}.vsix`);
}

/** Builds the extension for `target` and packs it with that target's binaries only. */
export async function packageExtension(target = hostTarget) {
  if (!TARGETS.includes(target)) {
    throw new Error(`No package for “${target}”: choose one of ${TARGETS.join(', ')}.`);
  }
  const file = await packagePath(target);
  const staged = path.join(root, 'dist/node_modules');
  await run(node24, ['esbuild.mjs', '--production']);
  try {
    await stageRuntime(target, staged);
    const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
    const { repository } = await readManifest();
    // Links of the README are made absolute where there is an address to make them so.
    const links = repository ? [] : ['--allow-missing-repository', '--no-rewrite-relative-links'];
    const flags = ['--no-dependencies', ...links];
    await run(node24, [vsce, 'package', '--target', target, ...flags, '--out', file], {
      quiet: true,
      env: node24Environment(),
    });
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
  return file;
}

/** Lays the runtime where Node finds it from `dist`: its scripts and one platform's CPU binaries. */
async function stageRuntime(target, staged) {
  const [platform, arch] = target.split('-');
  await rm(staged, { recursive: true, force: true });
  const keep = (from, wanted) =>
    cp(path.join(root, from), path.join(root, 'dist', from), {
      recursive: true,
      filter: async source => {
        const name = path.relative(path.join(root, from), source).split(path.sep).join('/');
        return name === '' || (await stat(source)).isDirectory() || wanted(name);
      },
    });
  const binaries = new RegExp(`^bin/[^/]+/${platform}/${arch}/`);
  const providers = /cuda|tensorrt|nvinfer/i;
  await keep(
    RUNTIME,
    name =>
      name === 'package.json' ||
      /^dist\/.*\.js$/.test(name) ||
      (binaries.test(name) && !providers.test(name)),
  );
  await keep(COMMON, name => name === 'package.json' || /^dist\/cjs\/.*\.(js|json)$/.test(name));
  const versions = await readdir(path.join(root, 'dist', RUNTIME, 'bin'));
  for (const version of versions) {
    const folder = path.join(root, 'dist', RUNTIME, 'bin', version, platform, arch);
    if ((await readdir(folder).catch(() => [])).length > 0) return;
  }
  throw new Error(`onnxruntime-node has no binaries for ${target}: run “npm ci” again.`);
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { target: { type: 'string' } } });
  const file = await packageExtension(values.target);
  const megabytes = ((await stat(file)).size / 1e6).toFixed(1);
  console.log(`${path.basename(file)} (${megabytes} MB)`);
}
