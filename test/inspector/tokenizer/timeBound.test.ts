import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import { withinTime } from '../../../src/inspector/tokenizer/expression/withinTime';
import { processorTime } from '../../support/processorTime';
import { Oracle } from './oracle';

const model = { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'a' };
const json = (Regex: string) => ({
  version: '1.0',
  added_tokens: [],
  model,
  pre_tokenizer: { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
});
const rows = (tokens: readonly { readonly start: number; readonly end: number }[]) =>
  tokens.map(({ start, end }) => [start, end]);

describe('the time of a tokenizer', function () {
  this.timeout(300_000);

  it('is bounded where an expression does not end; others are answered meanwhile', async () => {
    const tokenizer = createTokenizer(json('(a+)+$'), {}, { timeLimitMs: 200 });
    const text = `${'a'.repeat(60)}!`;
    let ticks = 0;
    const timer = setInterval(() => ticks++, 20);
    const run = () => withinTime(() => tokenizer.encode(text), 1000);
    const message = /stopped in its pre-tokenizer \(Split\).* “\(a\+\)\+\$” may never end/;
    await assert.rejects(run(), message);
    clearInterval(timer);
    // A timer that is held up all the time ticks once.
    assert.ok(ticks > 2, `${ticks} ticks`);

    const started = processorTime();
    await assert.rejects(run(), /stopped in its pre-tokenizer \(Split\)/);
    assert.ok(processorTime() - started < 150, 'a failure is remembered');
    assert.equal(tokenizer.encode('ab').tokens.length, 1, 'other texts are split');
  });

  it('goes on beside this thread where an expression ends after a while', async () => {
    const pattern = '(?:a|aa)+$|b';
    const tokenizer = createTokenizer(json(pattern), {}, { timeLimitMs: 20 });
    const text = `${'a'.repeat(29)}!b`;
    assert.throws(() => tokenizer.encode(text), /stopped in/);
    const { tokens } = await withinTime(() => tokenizer.encode(text), 60_000);
    const { offsets } = await new Oracle(json('b')).encode(text);
    assert.deepEqual(rows(tokens).flat(), offsets, 'no match but the last letter');
  });

  it('grows no faster than a long text without a break, which has the tokens of the native library', async () => {
    const file = gunzipSync(await readFile('test/fixtures/tokenizers/auto/folders.json.gz'));
    const { folders } = JSON.parse(file.toString('utf8')) as {
      folders: { name: string; files: Record<string, object> }[];
    };
    const long = folders.find(({ name }) => name === 'llama')?.files['tokenizer.json'] ?? {};
    const tokenizer = createTokenizer(long);
    const times: number[] = [];
    for (const tens of [100, 1000]) {
      const text = 'the quick brown fox, '.repeat(10 * tens);
      const started = processorTime();
      const ids = tokenizer.encode(text).tokens.map(({ id }) => id);
      times.push(processorTime() - started);
      assert.deepEqual(ids, (await new Oracle(long).encode(text)).ids);
    }
    const [short = 0, tenfold = 0] = times;
    console.log(
      `        21,000 characters in ${short.toFixed(0)} ms, 210,000 in ${tenfold.toFixed(0)} ms`,
    );
    assert.ok(tenfold < 40 * short, 'far from the square');
  });
});
