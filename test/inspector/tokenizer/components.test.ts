import assert from 'node:assert/strict';
import { AlignedText } from '../../../src/inspector/tokenizer/alignedText';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import { createNormalizers } from '../../../src/inspector/tokenizer/normalizer/createNormalizer';
import { normalizeText, splitWords } from '../../../src/inspector/tokenizer/pipeline';
import { createPreTokenizers } from '../../../src/inspector/tokenizer/preTokenizer/createPreTokenizer';
import { tokenizerJson } from './fixtures';
import { Oracle, wellFormed } from './oracle';
import { seededRandom } from '../../support/seededRandom';
import { randomText } from './randomText';

const CHARACTERS = Array.from({ length: 0x230 }, (_, i) => String.fromCharCode(0x20 + i));

/** A character-level model around the component, so that every range is seen. */
function around(component: Record<string, unknown>): Record<string, unknown> {
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(CHARACTERS.map((char, id) => [char, id])),
      merges: [],
      unk_token: '!',
      fuse_unk: false,
    },
    ...component,
  };
}

const charsmap = (name: string): unknown => {
  const normalizer = tokenizerJson(name).normalizer as Record<string, unknown>;
  const parts = (normalizer.normalizers ?? [normalizer]) as Record<string, unknown>[];
  return parts.find(({ type }) => type === 'Precompiled');
};
const split = (pattern: unknown, behavior: string, invert = false) => ({
  type: 'Split',
  pattern,
  behavior,
  invert,
});
const BYTE_LEVEL = {
  type: 'ByteLevel',
  add_prefix_space: true,
  trim_offsets: true,
  use_regex: true,
};
const BEHAVIORS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];

const NORMALIZERS: readonly unknown[] = [
  ...['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents', 'Nmt', 'ByteLevel'].map(type => ({
    type,
  })),
  { type: 'Strip', strip_left: true, strip_right: true },
  { type: 'Strip', strip_left: false, strip_right: true },
  { type: 'Prepend', prepend: '▁x' },
  { type: 'Replace', pattern: { String: 'e' }, content: 'Éé' },
  { type: 'Replace', pattern: { Regex: '\\s{2,}|[ao]' }, content: '▁' },
  { type: 'Replace', pattern: { Regex: '\\p{L}+' }, content: '' },
  ...[true, false].flatMap(clean_text =>
    [true, false].map(lowercase => ({
      type: 'BertNormalizer',
      clean_text,
      handle_chinese_chars: clean_text,
      strip_accents: lowercase ? null : clean_text,
      lowercase,
    })),
  ),
  charsmap('t5-small'),
  charsmap('nmt-marian-like'),
  charsmap('made-xlmr'),
  {
    type: 'Sequence',
    normalizers: [{ type: 'NFKD' }, { type: 'Sequence', normalizers: [{ type: 'Lowercase' }] }],
  },
];

const PRE_TOKENIZERS: readonly unknown[] = [
  ...['BertPreTokenizer', 'Whitespace', 'WhitespaceSplit', 'UnicodeScripts'].map(type => ({
    type,
  })),
  { type: 'CharDelimiterSplit', delimiter: ' ' },
  { type: 'CharDelimiterSplit', delimiter: 'e' },
  { type: 'Digits', individual_digits: true },
  { type: 'Digits', individual_digits: false },
  { type: 'FixedLength', length: 3 },
  ...BEHAVIORS.map(behavior => ({ type: 'Punctuation', behavior })),
  ...BEHAVIORS.flatMap(behavior => [
    split({ String: ' ' }, behavior),
    split({ Regex: '[\\p{L}\\d]+' }, behavior, true),
    split({ Regex: '[aeiou0-9]' }, behavior),
  ]),
  ...['always', 'first', 'never'].flatMap(prepend_scheme =>
    [true, false].map(isSplit => ({
      type: 'Metaspace',
      replacement: '▁',
      prepend_scheme,
      split: isSplit,
    })),
  ),
  BYTE_LEVEL,
  { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Digits', individual_digits: true },
      { type: 'WhitespaceSplit' },
      { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true },
    ],
  },
];

const POST_PROCESSORS: readonly unknown[] = [
  { type: 'BertProcessing', sep: ['b', 0x42], cls: ['a', 0x41] },
  ...[true, false].map(add_prefix_space => ({
    type: 'RobertaProcessing',
    sep: ['b', 0x42],
    cls: ['a', 0x41],
    trim_offsets: true,
    add_prefix_space,
  })),
  ...[true, false].map(trim_offsets => ({
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets,
    use_regex: true,
  })),
];

describe('components of tokenizer.json against the native library', function () {
  this.timeout(300_000);
  const random = seededRandom(20_261_121);
  const texts = Array.from({ length: 60 }, () => randomText(random, ['\u0130', '  ', 'a\u0301']));
  texts.push('', ' ', '  a', '\u0301a', '...!?', '12 ½٣', 'ー日本 ascii');
  const title = (component: unknown) => JSON.stringify(component).slice(0, 90);

  for (const normalizer of NORMALIZERS) {
    it(`normaliser ${title(normalizer)}`, async () => {
      const json = around({ normalizer });
      const oracle = new Oracle(json);
      const normalizers = createNormalizers(normalizer);
      for (const text of texts) {
        const normalized = normalizeText({ normalizers }, AlignedText.from(text), {});
        assert.equal(normalized.text, oracle.normalize(text), JSON.stringify(text));
      }
      await sameTokens(json, oracle, texts);
    });
  }

  for (const preTokenizer of PRE_TOKENIZERS) {
    it(`pre-tokenizer ${title(preTokenizer)}`, async () => {
      const json = around({ pre_tokenizer: preTokenizer });
      const oracle = new Oracle(json);
      const preTokenizers = createPreTokenizers(preTokenizer);
      for (const text of texts.map(wellFormed)) {
        const words = text ? splitWords({ preTokenizers }, AlignedText.from(text), {}) : [];
        const expected = oracle.preTokenize(text);
        assert.deepEqual(
          words.map(word => word.text),
          expected,
          JSON.stringify(text),
        );
      }
      await sameTokens(json, oracle, texts);
    });
  }

  it('Strip before a Metaspace that prefixes the first word', async () => {
    const json = around({
      normalizer: { type: 'Strip', strip_left: true, strip_right: true },
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true },
    });
    await sameTokens(json, new Oracle(json), texts);
  });

  for (const postProcessor of POST_PROCESSORS) {
    it(`post-processor ${title(postProcessor)}, texts and pairs`, async () => {
      const json = around({
        pre_tokenizer: BYTE_LEVEL,
        post_processor: postProcessor,
      });
      const oracle = new Oracle(json);
      await sameTokens(json, oracle, texts);
      await samePairs(json, oracle, texts);
    });
  }

  it('TemplateProcessing, pairs', async () => {
    for (const name of ['bert-base-uncased', 'made-xlmr', 't5-small', 'made-modernbert']) {
      const json = tokenizerJson(name);
      await samePairs(json, new Oracle(json), texts);
    }
  });
});

async function sameTokens(json: unknown, oracle: Oracle, texts: readonly string[]): Promise<void> {
  const tokenizer = createTokenizer(json);
  for (const text of texts) {
    const { tokens } = tokenizer.encode(text);
    const expected = await oracle.encode(text);
    const message = JSON.stringify(text);
    assert.deepEqual(
      tokens.map(token => token.id),
      expected.ids,
      message,
    );
    assert.deepEqual(
      tokens.flatMap(({ start, end }) => [start, end]),
      expected.offsets,
      message,
    );
  }
}

async function samePairs(json: unknown, oracle: Oracle, texts: readonly string[]): Promise<void> {
  const tokenizer = createTokenizer(json);
  for (const [i, text] of texts.entries()) {
    const pair = wellFormed(texts[(i + 1) % texts.length] ?? '');
    const { tokens } = tokenizer.encode(text, { pair });
    const expected = await oracle.encode(text, pair);
    const message = JSON.stringify([text, pair]);
    assert.deepEqual(
      tokens.map(token => token.id),
      expected.ids,
      message,
    );
    assert.deepEqual(
      tokens.map(token => token.typeId),
      expected.typeIds,
      message,
    );
    assert.deepEqual(
      tokens.flatMap(({ start, end }) => [start, end]),
      expected.offsets,
      message,
    );
  }
}
