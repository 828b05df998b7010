import assert from 'node:assert/strict';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import { tokenizerJson } from './fixtures';
import { Oracle } from './oracle';
import { seededRandom } from '../../support/seededRandom';
import { randomText } from './randomText';

type Json = Record<string, unknown>;

const model = (name: string): Json => tokenizerJson(name).model as Json;

/** Vocabulary and merges over the letters a to d, with the bytes of byte fallback. */
const LETTERS: Json = {
  type: 'BPE',
  vocab: Object.fromEntries(
    [
      ...['<unk>', 'a', 'b', 'c', 'd', ' ', 'ab', 'cd', 'abcd', 'abc'],
      ...Array.from(
        { length: 256 },
        (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`,
      ),
    ].map((token, id) => [token, id]),
  ),
  merges: [
    ['a', 'b'],
    ['c', 'd'],
    ['ab', 'cd'],
    ['ab', 'c'],
  ],
  unk_token: '<unk>',
  ignore_merges: false,
  byte_fallback: false,
  fuse_unk: false,
};

const VARIANTS: Readonly<Record<string, Json>> = {
  'BPE, unknown characters one by one': LETTERS,
  'BPE, unknown characters fused': { ...LETTERS, fuse_unk: true },
  'BPE, bytes of unknown characters': { ...LETTERS, byte_fallback: true },
  'BPE, whole words before merges': { ...LETTERS, ignore_merges: true },
  'BPE, merges as lines': { ...LETTERS, merges: ['a b', 'c d', 'ab cd', 'ab c'] },
  'BPE of an older file without its type': { ...LETTERS, type: undefined },
  'BPE with a prefix inside words': model('made-bpe-prefix'),
  'BPE with a suffix at their end': model('made-openai-gpt'),
  WordPiece: model('made-mbert-cased'),
  'WordPiece, short words only': { ...model('made-mbert-cased'), max_input_chars_per_word: 4 },
  WordLevel: {
    type: 'WordLevel',
    vocab: { '<unk>': 0, ab: 1, the: 2, 中文: 3 },
    unk_token: '<unk>',
  },
  Unigram: model('made-xlmr'),
};

describe('models against the native library', function () {
  this.timeout(300_000);
  const random = seededRandom(4);
  const texts = Array.from({ length: 80 }, () =>
    randomText(random, ['abcd', 'abc', 'aabbccdd', 'dcba', 'abxcd', '😀b']),
  );
  for (const [name, variant] of Object.entries(VARIANTS)) {
    for (const preTokenizer of [null, { type: 'WhitespaceSplit' }]) {
      it(`${name}, ${preTokenizer ? 'word by word' : 'the text as one word'}`, async () => {
        const json = {
          version: '1.0',
          added_tokens: [],
          normalizer: null,
          pre_tokenizer: preTokenizer,
          post_processor: null,
          decoder: null,
          model: variant,
        };
        const tokenizer = createTokenizer(json);
        const oracle = new Oracle(json);
        for (const text of texts) {
          const { tokens } = tokenizer.encode(text);
          const expected = await oracle.encode(text);
          const message = JSON.stringify(text);
          const offsets = tokens.flatMap(({ start, end }) => [start, end]);
          assert.deepEqual(
            tokens.map(({ id }) => id),
            expected.ids,
            message,
          );
          assert.deepEqual(
            tokens.map(({ token }) => token),
            expected.tokens,
            message,
          );
          assert.deepEqual(offsets, expected.offsets, message);
        }
      });
    }
  }

  it('decides between equal segmentations of Unigram as the native library does', async () => {
    for (const name of ['t5-small', 'nmt-marian-like', 'made-xlmr']) {
      const json = tokenizerJson(name);
      const tokenizer = createTokenizer(json);
      const oracle = new Oracle(json);
      for (const sign of ['-', '=', 'x', '.', 'ab', '1']) {
        for (const count of [7, 10, 11, 13, 17, 23, 50, 100, 500, 700, 1000]) {
          const text = sign.repeat(count);
          const ids = tokenizer.encode(text).tokens.map(({ id }) => id);
          assert.deepEqual(ids, (await oracle.encode(text)).ids, `${name}: ${count} times ${sign}`);
        }
      }
    }
  });

  it('drops what a BPE without an unknown token lacks and keeps the ranges of the rest', () => {
    const model = { ...LETTERS, unk_token: null };
    const { tokens } = createTokenizer({ model }).encode('aéb');
    assert.deepEqual(
      tokens.map(({ token, start, end }) => [token, start, end]),
      [
        ['a', 0, 1],
        ['b', 2, 3],
      ],
    );
  });
});
