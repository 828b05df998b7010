import { build } from 'esbuild';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundles } from '../esbuild.mjs';
import { root } from './machine.mjs';

/** Packages that ship beside the bundles: the runtime, and the icon font. */
const SHIPPED = ['onnxruntime-node', 'onnxruntime-common', '@vscode/codicons'];
const FILE = path.join(root, 'THIRD_PARTY_NOTICES.md');

/** Names of all packages whose code is in a bundle, or that ship as they are. */
async function shippedPackages() {
  const names = new Set(SHIPPED);
  for (const options of bundles) {
    const { metafile } = await build({ ...options, write: false, metafile: true });
    for (const input of Object.keys(metafile.inputs)) {
      const inside = input.split('node_modules/').at(-1);
      if (inside === input) continue;
      const [scope, name] = inside.split('/');
      names.add(scope.startsWith('@') ? `${scope}/${name}` : scope);
    }
  }
  return [...names].sort();
}

/** One package's section: name, version, home, and the licence as its authors wrote it. */
async function notice(name) {
  const folder = path.join(root, 'node_modules', name);
  const about = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const files = await readdir(folder);
  const texts = files.filter(file => /^(licen[sc]e|notice|copying)/i.test(file)).sort();
  const repository = about.repository?.url ?? about.repository ?? about.homepage ?? '';
  const home = String(repository)
    .replace(/^git\+/, '')
    .replace(/\.git$/, '');
  const parts = [`## ${name} ${about.version}`, `Licence: ${about.license}. ${home}`.trim()];
  for (const file of texts) {
    const text = (await readFile(path.join(folder, file), 'utf8')).trim();
    parts.push(['~~~~text', text, '~~~~'].join('\n'));
  }
  return parts.join('\n\n');
}

/** Writes the notices of everything that the extension ships; with `--check` only compares. */
const packages = await shippedPackages();
const sections = await Promise.all(packages.map(notice));
const text = `# Third-party notices

Attention Debugger contains the packages below, each under its own licence. What the bundled models were trained on stands in [models/DATA.md](models/DATA.md). This file is written by \`node scripts/notices.mjs\`.

${sections.join('\n\n')}
`;
if (process.argv.includes('--check')) {
  if ((await readFile(FILE, 'utf8')) !== text) {
    console.error('THIRD_PARTY_NOTICES.md is out of date: run “node scripts/notices.mjs”.');
    process.exitCode = 1;
  }
} else await writeFile(FILE, text);
