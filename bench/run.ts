/**
 * Measurements, one name each: `npm run bench -- capture`. Without a name all of them run. Times
 * are medians of interleaved runs; a limit stands beside a time where there is one.
 */
const benchmarks: Record<string, () => Promise<{ main(argument?: string): Promise<void> }>> = {
  against: () => import('./against'),
  capture: () => import('./capture'),
  checks: () => import('./checks'),
  engine: () => import('./engine/engine'),
  firstPicture: () => import('./firstPicture'),
  genai: () => import('./genai'),
  interventions: () => import('./interventions'),
  long: () => import('./long'),
  models: () => import('./models'),
  open: () => import('./open'),
  panel: () => import('./panel'),
  patching: () => import('./patching'),
  tokenizer: () => import('./tokenizer/speed'),
  views: () => import('./views/views'),
  weights: () => import('./weights'),
};

/** Runs the benchmarks of these names, or all; a path after a name is that one's argument. */
async function main(words: readonly string[]): Promise<void> {
  const names = words.length > 0 ? words : Object.keys(benchmarks);
  for (const [i, name] of names.entries()) {
    if (isPath(name) && i > 0) continue;
    const load = benchmarks[name];
    if (!load) {
      console.error(`There is no benchmark “${name}”: ${Object.keys(benchmarks).join(', ')}.`);
      process.exitCode = 2;
      return;
    }
    console.log(`\n## ${name}`);
    await (await load()).main(names.slice(i + 1, i + 2).find(isPath));
  }
}

const isPath = (word: string): boolean => word.includes('/');

await main(process.argv.slice(2));

export {};
