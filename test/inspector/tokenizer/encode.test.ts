import assert from 'node:assert/strict';
import { Tokenizer } from 'tokenizers';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import { openTokenizer } from '../../../src/inspector/huggingface/openTokenizer';
import { tokenizeJsonLine } from '../../../src/inspector/tokenizer/tokenizeJsonLine';
import type { AlignedTokenizer } from '../../../src/inspector/tokenizer/types';
import { InspectorError } from '../../../src/protocol/errors';
import type { Token } from '../../../src/protocol/tokens';
import { processorTime } from '../../support/processorTime';
import { tokenizerJson } from './fixtures';

const spell = (tokens: readonly Token[]): string =>
  tokens.map(({ token, continues }) => (continues ? `~${token}` : token)).join(' ');

describe('encoding', function () {
  this.timeout(300_000);
  let encoder: AlignedTokenizer;
  let decoder: AlignedTokenizer;
  before(async () => {
    encoder = await openTokenizer('models/encoder');
    decoder = await openTokenizer('models/decoder');
  });

  it('says kind and size of the vocabulary', () => {
    assert.deepEqual([encoder.kind, encoder.vocabularySize], ['WordPiece', 8192]);
    assert.deepEqual([decoder.kind, decoder.vocabularySize], ['BPE', 8192]);
  });

  it('marks special and unknown tokens and those that continue a word', () => {
    const { tokens, total } = encoder.encode('tokenization [MASK] 👋');
    assert.equal(spell(tokens), '[CLS] token ~##ization [MASK] [UNK] [SEP]');
    assert.deepEqual(
      tokens.map(({ special }) => special),
      [true, false, false, true, false, true],
    );
    assert.deepEqual(
      tokens.map(({ unknown }) => unknown),
      [false, false, false, false, true, false],
    );
    assert.deepEqual(
      tokens.map(({ text }) => text),
      ['[CLS]', 'token', 'ization', '[MASK]', '👋', '[SEP]'],
    );
    assert.equal(total, 6);
  });

  it('gives every byte of an emoji with skin tone the range of its character', () => {
    const { tokens } = decoder.encode('a 👋🏽');
    const ranges = new Set(tokens.slice(2).map(({ start, end }) => `${start}-${end}`));
    assert.deepEqual([...ranges].slice(-2), ['2-4', '4-6']);
  });

  it('begins words at spaces and line breaks in models that read a text as one word', () => {
    const json = tokenizerJson('mistral-v3-metaspace');
    const tokenizer = createTokenizer({
      ...json,
      pre_tokenizer: null,
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
    });
    const { tokens } = tokenizer.encode('tokenizations work\nwell', { addSpecialTokens: false });
    assert.equal(spell(tokens), '▁token ~izations ▁work <0x0A> well');
  });

  describe('cut to a limit', () => {
    const text = 'one two three four five six';

    it('keeps the special tokens at the end and says what is lost', () => {
      const { tokens, total, overflow } = encoder.encode(text, { maximumTokens: 5 });
      assert.equal(spell(tokens), '[CLS] one two three [SEP]');
      assert.equal(total, 8);
      assert.deepEqual(overflow, [{ sequence: 0, tokens: 3, start: 14, end: text.length }]);
      assert.equal(encoder.encode(text, { maximumTokens: 8 }).overflow, undefined);
    });

    it('cuts on the left where the configuration says so', () => {
      const json = tokenizerJson('bert-base-uncased');
      const tokenizer = createTokenizer(json, { truncation_side: 'left' });
      const { tokens, overflow } = tokenizer.encode(text, { maximumTokens: 5 });
      assert.equal(spell(tokens), '[CLS] four five six [SEP]');
      assert.deepEqual(overflow, [{ sequence: 0, tokens: 3, start: 0, end: 13 }]);
    });

    it('never returns more than the limit', () => {
      for (const maximumTokens of [0, 1, 2, 3]) {
        assert.equal(encoder.encode(text, { maximumTokens }).tokens.length, maximumTokens);
      }
    });

    it('shares it between the texts of a pair as the native library does', async () => {
      const json = tokenizerJson('bert-base-uncased');
      const tokenizer = createTokenizer(json);
      const native = Tokenizer.fromString(JSON.stringify(json));
      const words = text.split(' ');
      for (let first = 1; first <= 6; first++) {
        for (let second = 1; second <= 6; second++) {
          const [a, pair] = [words.slice(0, first).join(' '), words.slice(0, second).join(' ')];
          for (let maximumTokens = 4; maximumTokens <= 16; maximumTokens++) {
            native.setTruncation(maximumTokens);
            const { tokens } = tokenizer.encode(a, { pair, maximumTokens });
            const expected = await native.encode(a, pair);
            const ids = tokens.map(({ id }) => id);
            assert.deepEqual(ids, expected.getIds(), `${first}, ${second} in ${maximumTokens}`);
          }
        }
      }
    });
  });

  it('leaves special tokens out on request', () => {
    assert.equal(spell(encoder.encode('one', { addSpecialTokens: false }).tokens), 'one');
  });

  it('knows which text of a pair a token is of', () => {
    const { tokens } = encoder.encode('one', { pair: 'two' });
    assert.deepEqual(
      tokens.map(({ token, sequence, typeId, text }) => [token, sequence, typeId, text]),
      [
        ['[CLS]', undefined, 0, '[CLS]'],
        ['one', 0, 0, 'one'],
        ['[SEP]', undefined, 0, '[SEP]'],
        ['two', 1, 1, 'two'],
        ['[SEP]', undefined, 1, '[SEP]'],
      ],
    );
  });

  describe('of odd texts', () => {
    const names = ['bert-base-uncased', 'gpt2', 't5-small', 'mistral-v3-metaspace', 'made-xlmr'];
    for (const name of names) {
      it(`by ${name}`, () => {
        const tokenizer = createTokenizer(tokenizerJson(name));
        const ends = tokenizer.encode('').tokens;
        assert.ok(ends.every(({ special }) => special));
        for (const text of [
          ' ',
          ' \n\t ',
          '\u00a0',
          '\ud800',
          'a\udc00b',
          '\ud83d',
          '\ufeff',
          '\0',
        ]) {
          const { tokens } = tokenizer.encode(text);
          for (const { start, end } of tokens) {
            assert.ok(0 <= start && start <= end && end <= text.length, JSON.stringify(text));
          }
        }
        const replaced = tokenizer.encode('a\ufffdb').tokens;
        const lone = tokenizer.encode('a\ud800b').tokens;
        assert.deepEqual(
          lone.map(({ id }) => id),
          replaced.map(({ id }) => id),
        );
      });

      it(`by ${name}: 100,000 characters`, () => {
        const tokenizer = createTokenizer(tokenizerJson(name));
        for (const text of ['word and 文字 ', 'é\u0301👩‍👩‍👧‍👦', 'a', '中'].map(part =>
          part.repeat(100_000 / part.length),
        )) {
          const started = processorTime();
          const { tokens, total } = tokenizer.encode(text, { maximumTokens: 512 });
          assert.ok(tokens.length <= 512 && total >= tokens.length);
          assert.ok(processorTime() - started < 20_000);
        }
      });
    }
  });
});

describe('tokenizing lines of JSON', () => {
  it('answers ids, UTF-16 offsets and tokens', async () => {
    const tokenizer = await openTokenizer('models/encoder');
    const line = tokenizeJsonLine(tokenizer, '{"i":7,"text":"one \\ud83d\\udc4b\\ud800"}');
    const answer = JSON.parse(line) as Record<string, unknown>;
    assert.equal(answer.i, 7);
    assert.deepEqual(answer.tokens, ['[CLS]', 'one', '[UNK]', '[SEP]']);
    assert.deepEqual(answer.offsets, [0, 0, 0, 3, 4, 6, 0, 0]);
  });

  it('refuses other lines in one sentence', async () => {
    const tokenizer = await openTokenizer('models/encoder');
    for (const line of ['{', '3', '{"i":0}', '{"text":4}']) {
      assert.throws(
        () => tokenizeJsonLine(tokenizer, line),
        (error: unknown) => error instanceof InspectorError && error.code === 'inputs-wrong',
      );
    }
  });
});
