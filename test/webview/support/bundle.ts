import { build } from 'esbuild';
import { inlineWorker } from '../../../scripts/inlineWorker.mjs';

/** Files that a test page consists of, by name. */
export type Files = ReadonlyMap<string, Uint8Array>;

const entryPoints = {
  webview: 'src/webview/main.ts',
  fakeHost: 'test/webview/support/fakeHost.ts',
  themes: 'test/webview/support/themes.css',
};

let bundled: Promise<Files> | undefined;

/** The webview as it ships, and the fake host, bundled once in a test run. */
export function bundle(): Promise<Files> {
  bundled ??= build({
    entryPoints,
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'chrome128',
    loader: { '.ttf': 'file' },
    assetNames: '[name]',
    plugins: [inlineWorker],
    define: { 'process.env.NODE_ENV': '"production"' },
    outdir: 'dist',
    write: false,
    logLevel: 'warning',
  }).then(
    ({ outputFiles }) =>
      new Map(outputFiles.map(file => [file.path.replace(/^.*[\\/]/, ''), file.contents])),
  );
  return bundled;
}
