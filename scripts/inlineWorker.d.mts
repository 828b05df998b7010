import type { Plugin } from 'esbuild';

/** Lets `import script from 'worker:./file'` give the bundled text of `file.ts`. */
export declare const inlineWorker: Plugin;
