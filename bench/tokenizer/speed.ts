import { Tokenizer } from '@huggingface/tokenizers';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createTokenizer } from '../../src/inspector/tokenizer/createTokenizer';
import { median, table } from '../support';

const LENGTH = 100_000;
const ROUNDS = 5;
/** Ranges for every token may cost this many times what the library takes for ids alone. */
const LIMIT = 3;

/** Our exact ranges over the library's ids, 100,000 characters; new tokenizers each round, so that no word is remembered. */
export function main(): Promise<void> {
  const code = sourceCode();
  const chinese = '模型读取文本,然后预测下一个词。注意力权重显示它看向哪里!'.repeat(LENGTH);
  const cases: readonly (readonly [name: string, kind: string, text: string])[] = [
    ['gpt2', 'code', code],
    ['bert-base-uncased', 'code', code],
    ['t5-small', 'code', code],
    ['mistral-v3-metaspace', 'code', code],
    ['bert-base-chinese', 'Chinese', chinese],
    ['gpt2', 'Chinese', chinese],
  ];
  const rows = cases.map(([name, kind, text]) => {
    const [ours, library] = times(name, text.slice(0, LENGTH));
    const ratio = ours / library;
    return [
      name,
      kind,
      `${library.toFixed(0)} ms`,
      `${ours.toFixed(0)} ms`,
      `${ratio.toFixed(2)}×`,
      name === 'gpt2' && kind === 'code' ? `${LIMIT}× ${ratio <= LIMIT ? 'kept' : 'MISSED'}` : '',
    ];
  });
  console.log(table(['tokenizer', 'text', 'library', 'ours', 'ratio', 'limit'], rows));
  return Promise.resolve();
}

/** Median milliseconds of ours and of the library's `encode`. */
function times(name: string, text: string): [ours: number, library: number] {
  const file = resolve('test/fixtures/tokenizers/tok', name, 'tokenizer.json.gz');
  const json = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as ConstructorParameters<
    typeof Tokenizer
  >[0];
  const ours: number[] = [];
  const library: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const tokenizer = createTokenizer(json);
    const theirs = new Tokenizer(json, {});
    ours.push(timed(() => tokenizer.encode(text)));
    library.push(timed(() => theirs.encode(text)));
  }
  return [median(ours), median(library)];
}

function timed(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/** This repository's own TypeScript, repeated where it is too short. */
function sourceCode(): string {
  const folder = resolve('src/inspector');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const code = files
    .filter(file => file.endsWith('.ts'))
    .sort()
    .map(file => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  return code.repeat(Math.ceil(LENGTH / code.length));
}
