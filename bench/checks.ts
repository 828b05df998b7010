import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
} from 'node:fs';
import { readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTokenizer } from '../src/inspector/huggingface/openTokenizer';
import { makeModel, shapes } from './engine/makeModel';
import { median, table } from './support';

const ROUNDS = 3;
/** Seconds, on two cores. */
const LIMIT = 10;
const TOKENS = 64;
/** Whose tokenizer the model is given. */
const TOKENIZER = 'models/encoder';
/** The number that is changed, as a part of the file, and what it becomes. */
const CHANGED_AT = 0.7;
const CHANGED_TO = 30;

/**
 * What `check` and `diff` take for a model of the size of BERT-base with random weights and a mask: the whole
 * command, Node and the model's opening included. The two that are compared differ in one weight.
 */
export async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attention-debugger-checks-'));
  try {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    mkdirSync(a);
    for (const file of readdirSync(TOKENIZER).filter(name => /^(tokenizer|special)/.test(name))) {
      copyFileSync(join(TOKENIZER, file), join(a, file));
    }
    makeModel(join(a, 'model.onnx'), { ...shapes['bert-base'], hasMask: true });
    cpSync(a, b, { recursive: true });
    changeOne(join(b, 'model.onnx'));
    const text = await textOf(a);
    const commands = {
      check: ['check', '--model', a, '--text', text, '--json'],
      diff: ['diff', a, b, '--text', text, '--json'],
    };
    const rows = Object.entries(commands).map(([name, args]) => {
      const times = Array.from({ length: ROUNDS }, () => seconds(args));
      const [wall, processor] = (['wall', 'processor'] as const).map(kind =>
        median(times.map(time => time[kind])),
      );
      const shown = [wall, processor].map(value => `${(value ?? NaN).toFixed(1)} s`);
      return [name, ...shown, (wall ?? NaN) <= LIMIT ? 'kept' : 'missed'];
    });
    console.log(table(['command', 'wall', 'processor', `limit ${LIMIT} s`], rows));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A text of as many tokens. */
async function textOf(folder: string): Promise<string> {
  const tokenizer = await openTokenizer(folder);
  const words = readFileSync('samples/seed-sentences.md', 'utf8').split(/\s+/);
  for (let count = words.length; count > 0; count--) {
    const text = words.slice(0, count).join(' ');
    if (tokenizer.encode(text).tokens.length <= TOKENS) return text;
  }
  throw new Error(`No part of the sample has ${TOKENS} tokens.`);
}

/** Makes one weight large. */
function changeOne(path: string): void {
  const at = Math.floor((statSync(path).size * CHANGED_AT) / 4) * 4;
  const file = openSync(path, 'r+');
  writeSync(file, new Uint8Array(Float32Array.of(CHANGED_TO).buffer), 0, 4, at);
  closeSync(file);
}

/** Has the command say at its end how long it computed, on all threads. */
const METER = `data:text/javascript,${encodeURIComponent(
  `process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    process.stderr.write(String((user + system) / 1e6));
  });`,
)}`;

function seconds(args: readonly string[]): { readonly wall: number; readonly processor: number } {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', METER, '--import', 'tsx', 'src/inspector/cli.ts', ...args],
    { encoding: 'utf8', maxBuffer: 1e9 },
  );
  if (!stdout.startsWith('{'))
    throw new Error(`The command ended with ${String(status)}: ${stderr}`);
  return { wall: (performance.now() - started) / 1000, processor: Number(stderr) };
}
