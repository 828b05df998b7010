import { resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { inlineWorker } from '../../../scripts/inlineWorker.mjs';

/** Files that a test page consists of, by name. */
export type Files = ReadonlyMap<string, Uint8Array>;

const entryPoints = {
  webview: 'src/webview/main.ts',
  fakeHost: 'test/webview/support/fakeHost.ts',
  themes: 'test/webview/support/themes.css',
};

const bundled = new Map<boolean, Promise<Files>>();

/**
 * The inspector's code that fake captures are read with has neither the runtime nor Node in a page:
 * scores are multiplied without, and what else needs them is asked of a real inspector.
 */
const withoutRuntime: Plugin = {
  name: 'without-runtime',
  setup: build => {
    build.onResolve({ filter: /\/scoreKernel$/ }, () => ({
      path: resolve('test/webview/support/pageScores.ts'),
    }));
    build.onResolve({ filter: /^node:|\/ort$/ }, ({ path }) => ({
      path,
      namespace: 'absent',
    }));
    build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({
      contents: 'module.exports = {}',
    }));
  },
};

/** The webview as it ships, and the fake host, bundled once in a test run. */
export function bundle(minify = false): Promise<Files> {
  const known = bundled.get(minify) ?? buildFiles(minify);
  bundled.set(minify, known);
  return known;
}

async function buildFiles(minify: boolean): Promise<Files> {
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    minify,
    platform: 'browser',
    format: 'iife',
    target: 'chrome128',
    loader: { '.ttf': 'file' },
    assetNames: '[name]',
    plugins: [inlineWorker, withoutRuntime],
    define: { 'process.env.NODE_ENV': '"production"' },
    outdir: 'dist',
    write: false,
    logLevel: 'warning',
  });
  return new Map(
    outputFiles.map(file => [file.path.replace(/^.*[\\/]/, ''), file.contents] as const),
  );
}
