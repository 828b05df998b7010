import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInspector } from '../../src/inspector/inspector';
import { openCapture } from '../../src/inspector/capture/captureFile';
import { createTokenizer } from '../../src/inspector/tokenizer/createTokenizer';
import { generatedTokens } from '../../src/inspector/tokenizer/generatedTokens';
import { changesOf } from '../../src/protocol/change';
import { generatesAt, isGenerated } from '../../src/protocol/continuation';
import type { InspectParams } from '../../src/protocol/inspector';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import type { Token } from '../../src/protocol/tokens';
import { wordsOf } from '../../src/protocol/words';
import { wordModel } from './support/wordModel';
import { tokenizerJson } from './tokenizer/fixtures';

const call = [() => undefined, NEVER_CANCELLED] as const;
const inspector = createInspector();
const inspect = (model: string, text: string, more: Partial<InspectParams> = {}) =>
  inspector.inspect({ model, text, maximumTokens: 64, ...more }, ...call);
const DECODER = resolve('models/decoder');
const PAIR = resolve('models/encoder-decoder');
const idsOf = (tokens: readonly Token[] = []) => tokens.map(({ id }) => id);

/** The same numbers for people that read a text and its ids. */
const withoutPlace = ({ start, end, ...token }: Token) => ({ ...token, isNowhere: start === end });

describe('runs with generated tokens', function () {
  this.timeout(300_000);
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-continue-'))));
  after(() => rm(scratch, { recursive: true }));

  const WHOLE = 'Once upon a time there was a little girl who wasn’t hungry.';

  it('are the runs of the same tokens as a text, in all that is computed', async () => {
    const whole = await inspect(DECODER, WHOLE);
    const tokens = whole.tokens.decoder ?? [];
    const cut = 7;
    const text = WHOLE.slice(0, tokens[cut - 1]?.end);
    const continuation = idsOf(tokens.slice(cut));
    const run = await inspect(DECODER, text, { continuation });
    const generated = run.tokens.decoder ?? [];
    assert.deepEqual(idsOf(generated), idsOf(tokens));
    assert.deepEqual(generated.slice(0, cut), tokens.slice(0, cut));
    assert.deepEqual([run.continuation, run.text], [continuation, text]);
    assert.equal(run.totalTokens, tokens.length);
    assert.ok(generated.slice(cut).every(({ start, end }) => start === 0 && end === 0));

    const block = { stack: 'decoder', kind: 'self' } as const;
    const [query, layer, head] = [tokens.length - 2, 3, 1];
    const of = async ({ id: capture }: { readonly id: string }) => {
      const at = { capture, block, layer, head };
      const { output, ...computed } = await inspector.computation(
        { ...at, ...block, query, from: 0, count: 99 },
        ...call,
      );
      return {
        computed,
        sum: 'missing' in output ? output.missing : output.sum,
        map: await inspector.map(at, ...call),
        words: await inspector.map({ ...at, grouping: 'word' }, ...call),
        row: await inspector.row({ ...at, query }, ...call),
        next: await inspector.predictions({ capture, token: query, count: 5 }, ...call),
      };
    };
    assert.deepEqual(await of(run), await of(whole));
  });

  it('step through what the model itself would write', async () => {
    const start = 'The little girl was';
    const continuation: number[] = [];
    let { id, tokens } = await inspect(DECODER, start);
    const read = tokens.decoder?.length ?? 0;
    for (let step = 0; step < 4; step++) {
      const token = (tokens.decoder?.length ?? 0) - 1;
      const greedy = { temperature: 0, topK: 0, topP: 1 };
      const { candidates } = await inspector.distribution(
        { capture: id, token, count: 1, ...greedy },
        ...call,
      );
      continuation.push(candidates[0]?.id ?? -1);
      ({ id, tokens } = await inspect(DECODER, start, { continuation: [...continuation] }));
    }
    assert.deepEqual(idsOf(tokens.decoder).slice(read), continuation);
    // Each step's choice is still the most probable one after the whole was read at once.
    for (const [i, expected] of continuation.entries()) {
      const { best } = await inspector.predictions(
        { capture: id, token: read - 1 + i, count: 1 },
        ...call,
      );
      assert.equal(best[0]?.id, expected);
    }
  });

  it('follow the target of an encoder–decoder, or its start token', async () => {
    const text = 'sat the cat on the mat.';
    const whole = await inspect(PAIR, text, { target: 'the cat sat on the mat.' });
    const ids = idsOf(whole.tokens.decoder);
    const some = await inspect(PAIR, text, { target: 'the cat', continuation: ids.slice(3) });
    const none = await inspect(PAIR, text, { continuation: ids.slice(1) });
    const first = ({ tokens }: typeof whole) => tokens.decoder?.map(withoutPlace).slice(3);
    for (const run of [some, none]) {
      assert.deepEqual(idsOf(run.tokens.decoder), ids);
      assert.deepEqual(run.tokens.encoder, whole.tokens.encoder);
      assert.deepEqual(
        first(run),
        first(whole)?.map(token => ({ ...token, isNowhere: true })),
      );
      assert.deepEqual(run.notes, [], 'the target is what was generated');
      const token = ids.length - 1;
      const best = ({ id: capture }: typeof run) =>
        inspector.predictions({ capture, token, count: 3 }, ...call);
      assert.deepEqual(await best(run), await best(whole));
      assert.equal(generatesAt(run), token);
    }
    assert.equal(some.target, 'the cat');
    assert.equal(none.target, undefined);
  });

  it('come before padding on the right, which is no part of the text', async () => {
    const mask = { kind: 'padding', side: 'right', count: 2 } as const;
    const plain = await inspect(DECODER, 'a cat', { continuation: [40, 41] });
    const run = await inspect(DECODER, 'a cat', {
      continuation: [40, 41],
      changes: changesOf({ mask }),
    });
    const read = idsOf(plain.tokens.decoder);
    assert.deepEqual(idsOf(run.tokens.decoder), [...read, 0, 0]);
    assert.equal(generatesAt(run), read.length - 1);
    const generated = run.tokens.decoder?.filter((_, i) => isGenerated(run, i));
    assert.deepEqual(idsOf(generated), [40, 41]);
  });

  it('leave out what the tokenizer puts after a text, and say so', async () => {
    const folder = wordModel(scratch, 'gpt2__legacy_eager_op14', 'ended');
    const file = join(folder, 'tokenizer.json');
    const json = JSON.parse(readFileSync(file, 'utf8')) as { model: { vocab: object } };
    const special = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    const added = [1, 2].map(id => ({ id, content: `<${id}>`, special: true, ...special }));
    const use = (name: string) => ({ SpecialToken: { id: name, type_id: 0 } });
    const single = [use('<1>'), { Sequence: { id: 'A', type_id: 0 } }, use('<2>')];
    const special_tokens = Object.fromEntries(
      added.map(({ id, content }) => [content, { id: content, ids: [id], tokens: [content] }]),
    );
    const post_processor = { type: 'TemplateProcessing', single, pair: single, special_tokens };
    // The library numbers added tokens by the vocabulary, so that they have to stand in it.
    const vocab = { ...json.model.vocab, '<1>': 1, '<2>': 2 };
    const model = { ...json.model, vocab };
    writeFileSync(file, JSON.stringify({ ...json, model, added_tokens: added, post_processor }));

    const plain = await inspect(folder, 'the cat');
    assert.deepEqual(
      plain.tokens.decoder?.map(({ token }) => token),
      ['<1>', 'the', 'cat', '<2>'],
    );
    assert.equal(generatesAt(plain), 2);
    const run = await inspect(folder, 'the cat', { continuation: [6, 2] });
    assert.deepEqual(
      run.tokens.decoder?.map(({ token, special }) => [token, special]),
      [
        ['<1>', true],
        ['the', false],
        ['cat', false],
        ['sat', false],
        ['<2>', true],
      ],
    );
    assert.equal(generatesAt(run), 4);
    assert.equal(run.totalTokens, 5);
    assert.match(run.notes?.join() ?? '', /“<2>”.* is left out: the generated tokens follow/);
  });

  it('say what they cannot follow', async () => {
    const rejects = (model: string, continuation: readonly number[], message: RegExp) =>
      assert.rejects(inspect(resolve('models', model), 'a cat', { continuation }), {
        code: 'inputs-wrong',
        message,
      });
    await rejects(
      'encoder',
      [5],
      /^encoder reads a text from both sides at once .*choose a decoder/,
    );
    await rejects('decoder', [5, 8192], /8,192 cannot follow .* entries 0 to 8,191/);
    for (const id of [-1, 1.5, NaN]) await rejects('decoder', [id], /cannot follow the text/);
    const long = new Array<number>(1022).fill(9);
    await rejects(
      'decoder',
      long,
      /^3 tokens and 1,022 generated after them .*the 1,024 .*shorter/,
    );
    await rejects(
      'encoder-decoder',
      new Array<number>(1024).fill(9),
      /^1 token and 1,024 .*after it/,
    );
  });

  it('are kept in capture files, which cannot lie about them', async () => {
    const file = join(scratch, 'generated.safetensors');
    const continuation = [300, 301];
    const run = await inspect(DECODER, 'a cat', { continuation });
    await inspector.saveCapture({ capture: run.id, path: file }, ...call);
    const { summary } = await openCapture(file);
    assert.deepEqual(summary.continuation, continuation);
    assert.deepEqual(summary.tokens, run.tokens);
    const bytes = await readFile(file, 'latin1');
    const broken = bytes.replace('\\"continuation\\":[300,301]', '\\"continuation\\":[300,999]');
    assert.notEqual(broken, bytes);
    await writeFile(file, broken, 'latin1');
    await assert.rejects(openCapture(file), {
      code: 'capture-broken',
      message: /none of its tokens is the 999 of its continuation/,
    });
  });
});

describe('generated tokens', () => {
  const TEXTS = [
    'The cat sat on the mat, and it was warm.',
    'Unbelievable antidisestablishmentarianism! (really?)',
    'def f(x): return x + 1 # 3.14',
  ];
  const bundled = (name: string) =>
    JSON.parse(readFileSync(resolve('models', name, 'tokenizer.json'), 'utf8')) as unknown;
  const tokenizers: readonly (readonly [string, unknown])[] = [
    ...['decoder', 'encoder', 'encoder-decoder'].map(name => [name, bundled(name)] as const),
    ...['gpt2', 'roberta-base', 'made-gemma', 'mistral-v3-metaspace', 't5-small', 'clip'].map(
      name => [name, tokenizerJson(name)] as const,
    ),
  ];
  for (const [name, json] of tokenizers) {
    it(`are pieces of the words that a text has: ${name}`, () => {
      const tokenizer = createTokenizer(json);
      for (const text of TEXTS) {
        const { tokens } = tokenizer.encode(text, { addSpecialTokens: false });
        for (const read of [1, 3]) {
          const before = tokens.slice(0, read);
          const generated = generatedTokens(tokenizer, before, idsOf(tokens.slice(read)));
          const all = [...before, ...generated];
          assert.deepEqual(wordsOf(all), wordsOf(tokens), text);
          assert.deepEqual(
            all.map(({ index, id }) => [index, id]),
            tokens.map(({ index, id }) => [index, id]),
          );
        }
      }
    });
  }

  it('read like those of a text', () => {
    for (const name of ['decoder', 'encoder', 'gpt2']) {
      const tokenizer = createTokenizer(name === 'gpt2' ? tokenizerJson(name) : bundled(name));
      for (const text of TEXTS) {
        const { tokens } = tokenizer.encode(text, { addSpecialTokens: false });
        const generated = generatedTokens(tokenizer, tokens.slice(0, 1), idsOf(tokens.slice(1)));
        const same = (text: string) => (name === 'encoder' ? text.toLowerCase() : text);
        assert.deepEqual(
          generated.map(({ text }) => text),
          tokens.slice(1).map(({ text }) => same(text)),
        );
      }
    }
  });

  it('know special tokens, and entries that have no name', () => {
    const tokenizer = createTokenizer(bundled('decoder'));
    const [end, unnamed, next] = generatedTokens(tokenizer, [], [0, 99_999, 40]);
    assert.deepEqual([end?.text, end?.special], ['<|endoftext|>', true]);
    assert.deepEqual([unnamed?.text, unnamed?.special], ['#99999', false]);
    assert.deepEqual([next?.index, next?.special], [2, false]);
  });
});
