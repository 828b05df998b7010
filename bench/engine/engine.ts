import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../support';
import { makeModel, shapes, type Shape } from './makeModel';

/** Of a process that opened a model and ran it once: milliseconds and megabytes. */
interface Opened {
  readonly load: number;
  readonly peak: number;
  readonly own: number;
}
/** Milliseconds of processor time by number of tokens. */
type Times<Task extends string> = Readonly<Record<number, Readonly<Record<Task, number>>>>;
type EngineTimes = Times<'plain' | 'nothing' | 'weights' | 'queryKeyValue' | 'oneHead'>;

/** What we expect of ourselves: all weights over a plain run of up to so many tokens, our peak of memory over a plain load. */
const EXPECTED = { weights: 1.15, tokens: 512, peak: 1 };
const LENGTHS = [128, 512, 1024];

/**
 * What capturing costs over a plain run, what our way of loading costs over the runtime's, and eager
 * PyTorch beside them: models of the sizes of BERT-base and GPT-2 with random weights, one thread,
 * least processor time of several runs. `PYTHON` names a Python with torch and transformers.
 */
export function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attention-debugger-bench-'));
  const hasPyTorch = runsPyTorch();
  try {
    for (const [name, shape] of Object.entries(shapes)) {
      const path = join(folder, `${name}.onnx`);
      makeModel(path, shape);
      console.log(
        `\n${name}: loading and one run of 128 tokens, the most that was ever resident\n`,
      );
      console.log(table(memoryHead, [memoryRow(path)]));
      const engine = measure('times', path, LENGTHS.join()) as EngineTimes;
      const eager = hasPyTorch ? eagerTimes(shape) : {};
      console.log(`\n${name}: capturing, as ratios to a plain run of the same file\n`);
      console.log(
        table(
          [...timesHead, ...(hasPyTorch ? ['PyTorch eager', 'all weights / PyTorch'] : [])],
          LENGTHS.map(length => timesRow(length, engine, eager)),
        ),
      );
      rmSync(path);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (!hasPyTorch) console.log('\nPyTorch is not beside it: PYTHON has no torch and transformers.');
  return Promise.resolve();
}

const memoryHead = ['file', 'runtime', 'ours', 'not mapped', 'ratio', 'expected', 'load', 'ours'];
const timesHead = [
  'tokens',
  'plain run',
  'nothing',
  'all weights',
  'expected',
  'q, k, v',
  'one head',
];

function memoryRow(path: string): string[] {
  const runtime = measure('runtime', path) as Opened;
  const ours = measure('ours', path) as Opened;
  const ratio = ours.peak / runtime.peak;
  return [
    megabytes(statSync(path).size / 2 ** 20),
    megabytes(runtime.peak),
    megabytes(ours.peak),
    megabytes(ours.own),
    factor(ratio),
    verdict(ratio, EXPECTED.peak),
    milliseconds(runtime.load),
    milliseconds(ours.load),
  ];
}

function timesRow(length: number, engine: EngineTimes, eager: Times<'eager'>): string[] {
  const times = engine[length];
  if (!times) return [String(length), 'not measured'];
  const { plain, nothing, weights, queryKeyValue, oneHead } = times;
  const theirs = eager[length]?.eager;
  return [
    String(length),
    milliseconds(plain),
    factor(nothing / plain),
    factor(weights / plain),
    length <= EXPECTED.tokens ? verdict(weights / plain, EXPECTED.weights) : '',
    factor(queryKeyValue / plain),
    milliseconds(oneHead),
    ...(theirs === undefined ? [] : [milliseconds(theirs), factor(weights / theirs)]),
  ];
}

function verdict(ratio: number, limit: number): string {
  return `≤ ${limit.toFixed(2)}× ${ratio <= limit ? 'kept' : 'MISSED'}`;
}

const factor = (value: number) => `${value.toFixed(2)}×`;
const megabytes = (value: number) => `${value.toFixed(0)} MB`;
const milliseconds = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;

/** Every measurement has a process of its own, so that neither memory nor threads mix. */
function measure(mode: string, path: string, lengths = ''): unknown {
  const script = join(import.meta.dirname, 'measure.ts');
  const options = ['--expose-gc', '--import', 'tsx', script, mode, path, lengths];
  return JSON.parse(execFileSync(process.execPath, options, { encoding: 'utf8' }));
}

const python = process.env.PYTHON ?? 'python3';

function runsPyTorch(): boolean {
  return spawnSync(python, ['-c', 'import torch, transformers']).status === 0;
}

function eagerTimes(shape: Shape): Times<'eager'> {
  const script = join(import.meta.dirname, 'eager.py');
  const options = [script, JSON.stringify(shape), LENGTHS.join()];
  const output = execFileSync(python, options, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output) as Times<'eager'>;
}
