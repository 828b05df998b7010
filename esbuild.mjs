import { context } from 'esbuild';
import { cp, mkdir } from 'node:fs/promises';
import { inlineWorker } from './scripts/inlineWorker.mjs';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');

/** The parts that run in Node: CommonJS, so that VS Code's loader and `fork` take them as they are. */
const node = {
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['vscode', 'onnxruntime-node'],
  // What sources call it; CommonJS has names of its own.
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  outExtension: { '.js': '.cjs' },
};

const shared = {
  bundle: true,
  sourcemap: production ? false : 'linked',
  minify: production,
  outdir: 'dist',
  logLevel: 'warning',
};

/** The four parts that the extension consists of. */
export const bundles = [
  { ...shared, ...node, entryPoints: { extension: 'src/extension/extension.ts' } },
  {
    ...shared,
    ...node,
    entryPoints: {
      inspector: 'src/inspector/process.ts',
      cli: 'src/inspector/cli.ts',
      runtimeWorker: 'src/inspector/runtime/runtimeWorker.ts',
      templateWorker: 'src/inspector/chat/templateWorker.ts',
      trialProcess: 'src/inspector/model/probe/trialProcess.ts',
    },
  },
  {
    ...shared,
    platform: 'browser',
    format: 'iife',
    target: 'chrome128',
    entryPoints: { webview: 'src/webview/main.ts' },
    loader: { '.ttf': 'file', '.css': 'css' },
    assetNames: '[name]',
    plugins: [inlineWorker],
    define: { 'process.env.NODE_ENV': '"production"' },
  },
];

if (process.argv[1] === import.meta.filename) {
  await mkdir('dist', { recursive: true });
  await cp('node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/codicon.ttf');
  for (const options of bundles) {
    const build = await context(options);
    if (watch) await build.watch();
    else {
      await build.rebuild();
      await build.dispose();
    }
  }
}
