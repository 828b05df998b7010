import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstText, measured, type FirstText } from './engine/firstTextOf';
import { table } from './support';

const ROUNDS = 3;
const PYTHON = process.env.PYTHON ?? 'python3';
const SCRIPT = join(import.meta.dirname, 'engine/weights.py');

/**
 * A model of 221 million parameters without a graph, in the forms that people have: what opening it costs,
 * everything that is checked included, the most memory, and the first picture of 64 tokens; beside the plain
 * runtime on an exported graph of the same weights and transformers' eager attention. `PYTHON` names a Python
 * with torch, transformers, gguf and onnxscript, which makes the files.
 * @param given a folder that has them already
 */
export function main(given?: string): Promise<void> {
  const folder = given ?? mkdtempSync(join(tmpdir(), 'attention-debugger-weights-'));
  try {
    if (given === undefined) execFileSync(PYTHON, [SCRIPT, 'make', folder], { stdio: 'ignore' });
    const at = (name: string) => join(folder, name);
    const graph = at('onnx/model.onnx');
    const candidates: Readonly<Record<string, () => FirstText>> = {
      'plain session of an exported graph': () => firstText('runtime', graph),
      'ours: exported graph': () => firstText('ours', graph),
      'ours: safetensors, float32': () => firstText('ours', at('float32')),
      'ours: safetensors, bfloat16': () => firstText('ours', at('bfloat16')),
      'ours: GGUF, Q4_0': () => firstText('ours', at('q4_0.gguf')),
      'ours: GGUF, Q8_0': () => firstText('ours', at('q8_0.gguf')),
      'transformers, eager with attentions': () => measured(PYTHON, [SCRIPT, 'eager', folder]),
    };
    const rows = Object.entries(candidates).map(([name, run]) => {
      const rounds = Array.from({ length: ROUNDS }, run);
      const least = (pick: (round: FirstText) => number | null) =>
        Math.min(...rounds.map(round => pick(round) ?? NaN));
      const first = least(round => round.first);
      return [
        name,
        milliseconds(least(round => round.open)),
        `${least(round => round.peak).toFixed(0)} MB`,
        Number.isNaN(first) ? '' : milliseconds(first),
      ];
    });
    console.log(table(['', 'open', 'most memory', 'first picture of 64 tokens'], rows));
  } finally {
    if (given === undefined) rmSync(folder, { recursive: true });
  }
  return Promise.resolve();
}

const milliseconds = (value: number) => `${value.toFixed(0)} ms`;
