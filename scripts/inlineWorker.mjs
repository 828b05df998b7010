import { build } from 'esbuild';
import path from 'node:path';

/**
 * Lets `import script from 'worker:./file'` give the bundled text of `file.ts`, so that the panel can
 * start a worker without a second file that its page would have to be allowed to load.
 */
export const inlineWorker = {
  name: 'inline-worker',
  setup({ onResolve, onLoad, initialOptions }) {
    onResolve({ filter: /^worker:/ }, ({ path: name, resolveDir }) => ({
      path: path.resolve(resolveDir, `${name.slice('worker:'.length)}.ts`),
      namespace: 'worker',
    }));
    onLoad({ filter: /.*/, namespace: 'worker' }, async ({ path: file }) => {
      const { outputFiles, metafile } = await build({
        entryPoints: [file],
        bundle: true,
        platform: 'browser',
        format: 'iife',
        target: initialOptions.target,
        minify: initialOptions.minify ?? false,
        write: false,
        metafile: true,
      });
      const watchFiles = Object.keys(metafile.inputs).map(input => path.resolve(input));
      return { contents: outputFiles[0].text, loader: 'text', watchFiles };
    });
  },
};
