/**
 * `node --import tsx bench/engine/run.ts`: what capturing costs over a plain run, and what the skeleton
 * costs over a plain load. Models of the sizes of BERT-base and GPT-2 with random weights are made in a
 * temporary folder.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeModel, shapes } from './makeModel';

interface Measured {
  readonly load: number;
  readonly peak: number;
  readonly own: number;
  readonly [length: string]: number | Readonly<Record<string, number>>;
}

const folder = mkdtempSync(join(tmpdir(), 'attention-debugger-bench-'));
try {
  for (const [name, shape] of Object.entries(shapes)) {
    const path = join(folder, `${name}.onnx`);
    makeModel(path, shape);
    console.log(
      `\n${name}, ${Math.round(statSync(path).size / 2 ** 20)} MB, 1 thread, processor time`,
    );
    report(path, shape.isCausal ? [128, 512, 1024] : [128, 512]);
    rmSync(path);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function report(path: string, lengths: readonly number[]): void {
  const load = measure('path', path, '');
  const skeleton = measure('instrumented', path, '');
  console.log('load and one run of 128 tokens: peak MB, of these not mapped from files, load ms');
  console.log(`  runtime alone   ${load.peak}  ${load.own}  ${load.load.toFixed(0)}`);
  console.log(`  with skeleton   ${skeleton.peak}  ${skeleton.own}  ${skeleton.load.toFixed(0)}`);
  const plain = measure('plain', path, lengths.join());
  const captured = measure('instrumented', path, lengths.join());
  console.log(
    'tokens  plain ms  ratio to plain: nothing captured, all weights, q k v; one head in ms',
  );
  for (const length of lengths) {
    const base = times(plain, length).plain ?? NaN;
    const {
      logits = NaN,
      weights = NaN,
      queryKeyValue = NaN,
      oneHead = NaN,
    } = times(captured, length);
    const ratios = [logits, weights, queryKeyValue].map(time => (time / base).toFixed(2));
    console.log(`  ${length}  ${base.toFixed(0)}  ${ratios.join('  ')}  ${oneHead.toFixed(1)}`);
  }
}

function times(measured: Measured, length: number): Readonly<Record<string, number>> {
  const value = measured[length];
  return typeof value === 'object' ? value : {};
}

function measure(mode: string, path: string, lengths: string): Measured {
  const script = join(import.meta.dirname, 'measure.ts');
  const output = execFileSync(process.execPath, ['--import', 'tsx', script, mode, path, lengths], {
    encoding: 'utf8',
  });
  return JSON.parse(output) as Measured;
}
