/**
 * Measurements, one name each: `npm run bench -- capture`. Without a name all of them run. Times
 * are medians of interleaved runs; a limit stands beside a time where there is one.
 */
const benchmarks: Record<string, () => Promise<{ main(): Promise<void> }>> = {
  capture: () => import('./capture'),
  engine: () => import('./engine/engine'),
  firstPicture: () => import('./firstPicture'),
  tokenizer: () => import('./tokenizer/speed'),
};

/** Runs the benchmarks of these names, or all. */
async function main(names: readonly string[]): Promise<void> {
  for (const name of names.length > 0 ? names : Object.keys(benchmarks)) {
    const load = benchmarks[name];
    if (!load) {
      console.error(`There is no benchmark “${name}”: ${Object.keys(benchmarks).join(', ')}.`);
      process.exitCode = 2;
      return;
    }
    console.log(`\n## ${name}`);
    await (await load()).main();
  }
}

await main(process.argv.slice(2));

export {};
