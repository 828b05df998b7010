import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeModel, shapes } from './engine/makeModel';
import { median, table } from './support';

const ROUNDS = 5;
/** What opening may cost over that of the checkout beside it. */
const LIMIT = 1.3;
const bundled = ['encoder', 'decoder', 'encoder-decoder'];

interface Opening {
  readonly processor: number;
  readonly wall: number;
}

/**
 * What opening a model takes, with everything that is checked then: the bundled models and two of the
 * sizes of BERT-base and GPT-2 with random weights, one thread, each time in a process of its own.
 * @param other another checkout that takes turns with this one, `npm run bench -- open ../other/`
 */
export function main(other?: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attention-debugger-open-'));
  const roots = [process.cwd(), ...(other ? [resolve(other)] : [])];
  try {
    const models = bundled.map(name => ({ name, path: resolve('models', name) }));
    for (const [name, shape] of Object.entries(shapes)) {
      const path = join(folder, `${name}.onnx`);
      makeModel(path, shape);
      models.push({ name, path });
    }
    const rows = models.map(({ name, path }) => row(name, path, roots));
    const beside = other ? ['beside, processor', 'ratio', `limit ${LIMIT}`] : [];
    console.log(table(['model', 'wall', 'processor', ...beside], rows));
  } finally {
    rmSync(folder, { recursive: true });
  }
  return Promise.resolve();
}

function row(name: string, path: string, roots: readonly string[]): string[] {
  const times = roots.map((): Opening[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, root] of roots.entries()) times[i]?.push(open(root, path));
  }
  const [own = NaN, beside = NaN] = times.map(all => median(all.map(({ processor }) => processor)));
  const wall = median(times[0]?.map(time => time.wall) ?? []);
  const cells = [name, milliseconds(wall), milliseconds(own)];
  if (roots.length < 2) return cells;
  const ratio = own / beside;
  return [...cells, milliseconds(beside), ratio.toFixed(2), ratio <= LIMIT ? 'kept' : 'missed'];
}

function open(root: string, path: string): Opening {
  const script = resolve('bench/engine/openOnce.ts');
  const args = ['--import', 'tsx', script, root, path];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Opening;
}

function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}
