import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import { openTokenizer } from '../../../src/inspector/huggingface/openTokenizer';
import { InspectorError, type ErrorCode } from '../../../src/protocol/errors';
import { processorTime } from '../../support/processorTime';

type Json = Record<string, unknown>;

const BPE: Json = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] };
const UNIGRAM: Json = {
  type: 'Unigram',
  vocab: [
    ['<unk>', 0],
    ['a', -1],
  ],
  unk_id: 0,
};

/** One sentence: begins with a capital, ends with one full stop, no line break. */
function isSentence(message: string): boolean {
  return /^[A-Z/][^\n]*\.$/.test(message) && message.length < 300;
}

function refuses(code: ErrorCode, pattern: RegExp): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof InspectorError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    assert.ok(isSentence(error.message), error.message);
    return true;
  };
}

describe('broken tokenizers', function () {
  this.timeout(300_000);

  const broken: readonly (readonly [string, unknown, RegExp])[] = [
    ['is a list', [], /“tokenizer” must be an object/],
    ['has no model', {}, /has no model/],
    ['has a model of an unknown type', { model: { ...BPE, type: 'Neural' } }, /model “Neural”/],
    ['has no vocabulary', { model: { type: 'BPE', merges: [] } }, /no vocabulary/],
    ['has an empty vocabulary', { model: { ...BPE, vocab: {} } }, /vocabulary is empty/],
    [
      'has a merge with an unknown part',
      { model: { ...BPE, merges: [['a', 'c']] } },
      /merge 0 names “c”/,
    ],
    [
      'has a merge with an unknown result',
      { model: { ...BPE, merges: [['b', 'a']] } },
      /names “ba”/,
    ],
    [
      'has a merge that is no pair',
      { model: { ...BPE, merges: ['a b c'] } },
      /merge 0 is not a pair/,
    ],
    ['has a huge id', { model: { ...BPE, vocab: { a: 4e9 } } }, /“a” the id 4000000000/],
    ['has an id that is no number', { model: { ...BPE, vocab: { a: 'x' } } }, /“a” the id x/],
    ['has Unigram entries without scores', { model: { ...UNIGRAM, vocab: ['a'] } }, /entry 0/],
    [
      'names a Unigram unknown token beyond its vocabulary',
      { model: { ...UNIGRAM, unk_id: 7 } },
      /entry 7 of 2/,
    ],
    [
      'has an unknown normaliser',
      { model: BPE, normalizer: { type: 'Shout' } },
      /normalizer “Shout”/,
    ],
    [
      'has an unknown pre-tokenizer in a sequence',
      { model: BPE, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Chunk' }] } },
      /pre-tokenizer “Chunk”/,
    ],
    [
      'has an unknown post-processor',
      { model: BPE, post_processor: { type: 'X' } },
      /post-processor “X”/,
    ],
    [
      'has an expression that does not compile',
      {
        model: BPE,
        pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' },
      },
      /expression in “pre_tokenizer\.pattern”/,
    ],
    [
      'has a setting of the wrong kind',
      { model: BPE, normalizer: { type: 'Strip', strip_left: 1 } },
      /“normalizer\.strip_left” must be true or false/,
    ],
    [
      'has a charsmap that is cut short',
      { model: BPE, normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAEC' } },
      /precompiled_charsmap” is cut short/,
    ],
    [
      'has a template with an unknown special token',
      {
        model: BPE,
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: '[X]', type_id: 0 } }],
          special_tokens: {},
        },
      },
      /special_tokens\.\[X\]” must be an object/,
    ],
    [
      'has added tokens without content',
      { model: BPE, added_tokens: [{ id: 1 }] },
      /added_tokens\[0\]\.content/,
    ],
  ];
  for (const [title, json, pattern] of broken) {
    it(`one that ${title}`, () => {
      assert.throws(() => createTokenizer(json), refuses('tokenizer-broken', pattern));
    });
  }

  it('one whose unknown token is not in its vocabulary, once it is needed', () => {
    const tokenizer = createTokenizer({ model: { ...BPE, unk_token: '<unk>' } });
    assert.equal(tokenizer.encode('ab').tokens.length, 1);
    assert.throws(
      () => tokenizer.encode('x'),
      refuses('tokenizer-broken', /unknown token “<unk>”/),
    );
  });

  describe('in a folder', () => {
    let folder: string;
    beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'tokenizer-'))));
    afterEach(() => rm(folder, { recursive: true }));

    it('that has none', async () => {
      await assert.rejects(
        openTokenizer(folder),
        refuses('tokenizer-missing', /no tokenizer\.json/),
      );
    });

    it('whose file is not JSON', async () => {
      await writeFile(join(folder, 'tokenizer.json'), '{"model": ');
      await assert.rejects(openTokenizer(folder), refuses('tokenizer-broken', /is not JSON/));
    });

    it('whose configuration is not JSON', async () => {
      await writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ model: BPE }));
      await writeFile(join(folder, 'tokenizer_config.json'), 'null,');
      await assert.rejects(
        openTokenizer(folder),
        refuses('tokenizer-broken', /config\.json is not JSON/),
      );
    });

    it('whose configuration is not an object, or holds what it may not', async () => {
      await writeFile(join(folder, 'tokenizer.json'), JSON.stringify({ model: BPE }));
      for (const [config, sentence] of [
        ['[]', /s tokenizer_config\.json cannot be used: “tokenizer_config” must be an object/],
        ['null', /s tokenizer_config\.json cannot be used/],
        ['{"truncation_side":"top"}', /s tokenizer_config\.json .*truncation_side” must be one of/],
      ] as const) {
        await writeFile(join(folder, 'tokenizer_config.json'), config);
        await assert.rejects(openTokenizer(folder), refuses('tokenizer-broken', sentence));
      }
    });

    it('whose file is far too large', async () => {
      const file = join(folder, 'tokenizer.json');
      await writeFile(file, '');
      await truncate(file, 300 * 1024 * 1024);
      await assert.rejects(openTokenizer(folder), refuses('tokenizer-broken', /at most 268 MB/));
    });

    it('whose vocabulary has 50 MB: opened in bounded time', async () => {
      const size = 400_000;
      const entries = Array.from(
        { length: size },
        (_, id) => `"${`${id}`.padEnd(120, 'x')}":${id}`,
      );
      const json = `{"model":{"type":"WordLevel","unk_token":"<unk>","vocab":{${entries.join()}}}}`;
      assert.ok(json.length > 50e6);
      await writeFile(join(folder, 'tokenizer.json'), json);
      const milliseconds = [processorTime()];
      JSON.parse(json);
      milliseconds.push(processorTime());
      const tokenizer = await openTokenizer(folder);
      milliseconds.push(processorTime());
      const [start = 0, parsed = 0, opened = 0] = milliseconds;
      const ratio = (opened - parsed) / (parsed - start);
      console.log(
        `        opened in ${(opened - parsed).toFixed(0)} ms, ${ratio.toFixed(1)} times as long as parsing alone (limit 10)`,
      );
      assert.equal(tokenizer.vocabularySize, size);
      assert.ok(ratio < 10);
    });
  });

  it('one whose vocabulary has too many entries', () => {
    const vocab = Array.from({ length: 2_000_001 }, () => ['a', 0]);
    assert.throws(
      () => createTokenizer({ model: { ...UNIGRAM, vocab } }),
      refuses('tokenizer-broken', /2,000,001 entries; 2,000,000 is the most/),
    );
  });

  it('one with too many added tokens', async () => {
    const added = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ id: i + 3, content: `<${i}>`, special: true }));
    const folder = await mkdtemp(join(tmpdir(), 'attention-debugger-added-'));
    try {
      const json = { model: BPE, added_tokens: added(200_001) };
      await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(json));
      await assert.rejects(
        openTokenizer(folder),
        refuses('tokenizer-broken', /200,001 added tokens; 200,000 is the most/),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  for (const [key, list] of [
    ['normalizer', 'normalizers'],
    ['pre_tokenizer', 'pretokenizers'],
    ['post_processor', 'processors'],
  ] as const) {
    it(`one whose ${key} is sequences in sequences`, () => {
      const nested = (depth: number): Json => ({
        type: 'Sequence',
        [list]: depth > 0 ? [nested(depth - 1)] : [],
      });
      assert.ok(createTokenizer({ model: BPE, [key]: nested(8) }));
      assert.throws(
        () => createTokenizer({ model: BPE, [key]: nested(2000) }),
        refuses('tokenizer-broken', /stands more than 32 lists deep/),
      );
    });
  }

  it('one whose expression is groups in groups', () => {
    const split = (depth: number) => ({
      type: 'Split',
      behavior: 'Isolated',
      pattern: { Regex: `${'('.repeat(depth)}a${')'.repeat(depth)}` },
    });
    assert.ok(createTokenizer({ model: BPE, pre_tokenizer: split(20) }));
    assert.throws(
      () => createTokenizer({ model: BPE, pre_tokenizer: split(20_000) }),
      refuses('tokenizer-broken', /its groups stand more than 200 deep/),
    );
  });

  it('one whose folder is read with all that it says, sequences in sequences', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'attention-debugger-deep-'));
    const nested = (depth: number): Json => ({
      type: 'Sequence',
      normalizers: depth > 0 ? [nested(depth - 1)] : [],
    });
    try {
      const json = { model: BPE, normalizer: nested(1500) };
      await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(json));
      await writeFile(join(folder, 'tokenizer_config.json'), '{"tokenizer_class":"GPT2Tokenizer"}');
      await assert.rejects(
        openTokenizer(folder),
        refuses('tokenizer-broken', /“normalizer” stands more than 64 values deep/),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('one whose expression has to match more than its stack holds', () => {
    const tokenizer = createTokenizer({ model: BPE, pre_tokenizer: { type: 'Whitespace' } });
    assert.throws(
      () => tokenizer.encode('ab'.repeat(4_000_000)),
      refuses('tokenizer-broken', /finds no end in 8,000,000 characters/),
    );
  });

  it('one that makes a text grow without end', () => {
    const step = { type: 'Prepend', prepend: 'a'.repeat(1_000_000) };
    const normalizer = { type: 'Sequence', normalizers: Array.from({ length: 8 }, () => step) };
    const tokenizer = createTokenizer({ model: BPE, normalizer });
    assert.throws(
      () => tokenizer.encode('ab'),
      refuses('tokenizer-broken', /makes more than 5,000,000 characters of this text/),
    );
  });

  for (const [title, component] of [
    ['pre-tokenizer (Split)', { pre_tokenizer: { type: 'Split', behavior: 'Isolated' } }],
    ['normalizer (Replace)', { normalizer: { type: 'Replace', content: '' } }],
  ] as const) {
    it(`one whose ${title} backtracks for ever is stopped`, () => {
      const [[key, value] = ['', {}]] = Object.entries(component);
      const json = { model: BPE, [key]: { ...value, pattern: { Regex: '(a+)+$|(b|b)+c' } } };
      const tokenizer = createTokenizer(json, {}, { timeLimitMs: 300 });
      const started = processorTime();
      const text = `${'a'.repeat(60)}!`;
      const message = title.replace(/[()]/g, String.raw`\$&`);
      assert.throws(
        () => tokenizer.encode(text),
        refuses('tokenizer-broken', new RegExp(`stopped in its ${message}`)),
      );
      assert.ok(processorTime() - started < 5000);
      assert.equal(tokenizer.encode('ab').tokens.length > 0 || key === 'normalizer', true);
    });
  }
});
