import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstText } from './engine/firstTextOf';
import { table } from './support';

/** What we want of ourselves: time to open and most memory, over a plain session of the same file. */
const LIMITS = { open: 2, peak: 0.8 };
const ROUNDS = 3;

/**
 * A model of half a billion parameters in 4 bits, as onnxruntime-genai's builder exports it: what opening it
 * costs over a plain session, everything that is checked included, and the first picture of 64 tokens.
 * `PYTHON` names a Python with onnxruntime-genai, torch and transformers, which makes the model.
 * @param given a folder that has it already
 */
export function main(given?: string): Promise<void> {
  const folder = given ?? mkdtempSync(join(tmpdir(), 'attention-debugger-genai-'));
  try {
    if (given === undefined) {
      const script = join(import.meta.dirname, 'engine/genai.py');
      execFileSync(process.env.PYTHON ?? 'python3', [script, folder], { stdio: 'ignore' });
    }
    const path = join(folder, 'model.onnx');
    const rounds = Array.from({ length: ROUNDS }, () => ({
      runtime: firstText('runtime', path),
      ours: firstText('ours', path),
    }));
    const least = (pick: (round: (typeof rounds)[number]) => number) =>
      Math.min(...rounds.map(pick));
    const open = [least(round => round.runtime.open), least(round => round.ours.open)] as const;
    const peak = [least(round => round.runtime.peak), least(round => round.ours.peak)] as const;
    console.log(
      table(
        ['', 'plain session', 'ours', 'ratio', 'limit'],
        [
          ['open', ...open.map(milliseconds), ...verdict(open[1] / open[0], LIMITS.open)],
          ['most memory', ...peak.map(megabytes), ...verdict(peak[1] / peak[0], LIMITS.peak)],
          [
            'first picture of 64 tokens',
            '',
            milliseconds(least(round => round.ours.first ?? NaN)),
            '',
            '',
          ],
        ],
      ),
    );
  } finally {
    if (given === undefined) rmSync(folder, { recursive: true });
  }
  return Promise.resolve();
}

const verdict = (ratio: number, limit: number): string[] => [
  `${ratio.toFixed(2)}×`,
  `≤ ${limit.toFixed(1)}× ${ratio <= limit ? 'kept' : 'MISSED'}`,
];
const milliseconds = (value: number) => `${value.toFixed(0)} ms`;
const megabytes = (value: number) => `${value.toFixed(0)} MB`;
