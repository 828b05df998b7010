import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { openTokenizer } from '../../../src/inspector/huggingface/openTokenizer';
import type { InspectorError } from '../../../src/protocol/errors';

const BERT = { tokenizer_class: 'BertTokenizer' };
const GPT2 = { tokenizer_class: 'GPT2Tokenizer' };
const T5 = { tokenizer_class: 'T5Tokenizer' };
const LLAMA = { tokenizer_class: 'LlamaTokenizer' };

describe('folders without tokenizer.json that cannot be used', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'older-'))));
  afterEach(() => rm(folder, { recursive: true }));

  async function refuses(
    settings: object | undefined,
    files: Readonly<Record<string, string | Uint8Array>>,
    reason: RegExp,
    code = 'tokenizer-broken',
  ) {
    if (settings) {
      await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(settings));
    }
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), content);
    }
    await assert.rejects(openTokenizer(folder), (error: InspectorError) => {
      assert.equal(error.code, code);
      assert.match(error.message, reason);
      assert.ok(error.message.length < 500, error.message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  }
  const missing = (settings: object | undefined, file: string, reason: RegExp) =>
    refuses(settings, { [file]: 'a\n' }, reason, 'tokenizer-missing');

  it('of a class that is not known to convert, which is named', async () => {
    await missing(
      { tokenizer_class: 'JumanjiTokenizer' },
      'vocab.txt',
      /belongs to JumanjiTokenizer/,
    );
    await missing(
      { tokenizer_class: 'MarianTokenizer' },
      'vocab.json',
      /belongs to MarianTokenizer/,
    );
    await missing({ tokenizer_class: 'NllbTokenizer' }, 'sentencepiece.bpe.model', /NllbTokenizer/);
  });

  it('of a kind of model whose tokenizer is not known to convert', async () => {
    await writeFile(join(folder, 'config.json'), '{"model_type": "speech_to_text"}');
    await missing(undefined, 'vocab.json', /config\.json names “speech_to_text”/);
  });

  it('that do not say what they belong to', () =>
    missing(undefined, 'vocab.txt', /neither tokenizer_config\.json nor config\.json says/));

  it('whose file is not the one that the class reads', () =>
    missing(T5, 'vocab.txt', /T5Tokenizer does not read its vocab\.txt/));

  it('whose vocab.txt is empty, no UTF-8, or far too long', async () => {
    await refuses(BERT, { 'vocab.txt': '' }, /vocab\.txt cannot be used: it is empty/);
    await refuses(BERT, { 'vocab.txt': Buffer.from([0x61, 0x0a, 0xff, 0x0a]) }, /is not UTF-8/);
    await refuses(BERT, { 'vocab.txt': 'a\n'.repeat(1e7) }, /has 10,000,001 lines; 1,000,000 is/);
    await refuses(BERT, { 'vocab.txt': Buffer.alloc(70 * 2 ** 20) }, /has 73 MB; at most 67 MB/);
  });

  it('whose vocab.json or merges.txt is wrong', async () => {
    const vocab = '{"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3}';
    const both = (merges: string) => ({ 'vocab.json': vocab, 'merges.txt': merges });
    await refuses(
      GPT2,
      { 'vocab.json': '["a"]' },
      /vocab\.json cannot be used: it must be an object/,
    );
    await refuses(GPT2, { 'vocab.json': '{"a": ' }, /vocab\.json cannot be used: it is not JSON/);
    await refuses(
      GPT2,
      { 'vocab.json': vocab },
      /the merges\.txt that belongs to it is not beside/,
    );
    await refuses(GPT2, both('#version\na b c\n'), /line 2 is not a merge/);
    await refuses(GPT2, both('#version\na b\n\nb a\n'), /line 3 is not a merge/);
    await refuses(
      GPT2,
      both('#version\nb a\n'),
      /s vocab\.json and merges\.txt cannot be used: its merge 0 names “ba”/,
    );
  });

  it('whose file of tiktoken is none', async () => {
    const GENERIC = { tokenizer_class: 'PreTrainedTokenizerFast' };
    const file = (text: string) => ({ 'tokenizer.model': text });
    await refuses(GENERIC, file('YQ== 0\nYg==\n'), /line 2 is not a token in base64 with its rank/);
    await refuses(GENERIC, file('\n'), /it is empty/);
    await refuses(GENERIC, file(`${'YQ'.repeat(300)} 0\n`), /line 1 has more than 256 bytes/);
  });

  it('whose SentencePiece model is cut short at any byte, or is none', async () => {
    const whole = modelOf(['<unk>', '▁', 'a', 'b', '▁a'], { 3: 2 });
    for (let length = 1; length < whole.length; length++) {
      await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(LLAMA));
      await writeFile(join(folder, 'tokenizer.model'), whole.subarray(0, length));
      const outcome = await openTokenizer(folder).catch(
        (error: unknown) => error as InspectorError,
      );
      if ('code' in outcome) assert.equal(outcome.code, 'tokenizer-broken', outcome.stack);
    }
    await refuses(LLAMA, { 'tokenizer.model': whole.subarray(0, 7) }, /not a SentencePiece model/);
    await refuses(LLAMA, { 'tokenizer.model': '' }, /it holds no pieces/);
    await refuses(LLAMA, { 'tokenizer.model': 'version https://git-lfs' }, /not a SentencePiece/);
  });

  it('whose SentencePiece model says what cannot be', async () => {
    const t5 = (model: Uint8Array) => ({ 'spiece.model': model });
    await refuses(T5, t5(modelOf(['a'], { 3: 4 })), /its algorithm is Char; only Unigram and BPE/);
    await refuses(T5, t5(modelOf(['a'], { 3: 9 })), /its algorithm is number 9/);
    await refuses(T5, t5(modelOf([Uint8Array.of(0xc3, 0x28)])), /piece 0 is not UTF-8/);
    await refuses(T5, t5(modelOf(['a'.repeat(2000)])), /piece 0 has 2,000 bytes; 1024 is/);
    await refuses(T5, t5(modelOf(['a'], {}, NaN)), /score of its piece 0 is not a number/);
    await refuses(T5, t5(modelOf(['<unk>', 'a'], { 40: 7000 })), /unk/);
  });

  it('whose SentencePiece model has ten million pieces', async function () {
    this.timeout(60_000);
    const piece = Buffer.from([0x0a, 0x03, 0x0a, 0x01, 0x61]);
    const many = Buffer.alloc(piece.length * 1e7, piece);
    await refuses(T5, { 'spiece.model': many }, /1,000,001 pieces or more; 1,000,000 is/);
  });

  it('whose pieces would take for ever to be cut into merges', async function () {
    this.timeout(60_000);
    const pieces = Array.from({ length: 60_000 }, (_, i) => `${i}`.padEnd(1000, 'a'));
    await refuses(LLAMA, { 'tokenizer.model': modelOf(pieces, { 3: 2 }) }, /too many and too long/);
  });
});

/** A SentencePiece model of pieces with one score, and fields of its trainer by number. */
function modelOf(
  pieces: readonly (string | Uint8Array)[],
  trainer: Readonly<Record<number, number>> = {},
  score = -1,
): Uint8Array {
  const model = new BinaryWriter();
  for (const piece of pieces) {
    model.tag(1, WireType.LengthDelimited).fork();
    model.tag(1, WireType.LengthDelimited).bytes(Buffer.from(piece));
    model.tag(2, WireType.Bit32).float(score).join();
  }
  model.tag(2, WireType.LengthDelimited).fork();
  for (const [field, value] of Object.entries(trainer)) {
    model.tag(Number(field), WireType.Varint).int32(value);
  }
  return model.join().finish();
}
