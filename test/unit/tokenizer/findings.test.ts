import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { findFindings } from '../../../src/inspector/tokenizer/findings';
import { openTokenizer } from '../../../src/inspector/huggingface/openTokenizer';
import type { AlignedTokenizer } from '../../../src/inspector/tokenizer/types';

const ROOMY = { maximumTokens: 512 };

describe('findings of a text', () => {
  let wordPiece: AlignedTokenizer;
  let byteLevel: AlignedTokenizer;

  const found = (tokenizer: AlignedTokenizer, text: string, limits = ROOMY) =>
    findFindings(tokenizer, text, limits).map(({ code, start, end }) => [
      code,
      text.slice(start, end),
    ]);

  before(async () => {
    wordPiece = await openTokenizer(resolve('models/encoder'));
    byteLevel = await openTokenizer(resolve('models/decoder'));
  });

  it('has nothing to say about plain text', () => {
    const text = 'The cat sat on the mat.\n\tIt was thirsty, “wasn’t” it? café 12 %\r\n';
    assert.deepEqual(found(byteLevel, text), []);
    assert.deepEqual(found(wordPiece, 'The cat sat on the mat.'), []);
  });

  it('lists unknown tokens with exact UTF-16 ranges, one for those of a character', () => {
    const text = '👩‍👩‍👧 and \u{1f9ff} and ꙮ';
    const unknown = findFindings(wordPiece, text, ROOMY).filter(
      ({ code }) => code === 'unknown-token',
    );
    assert.ok(unknown.length > 0);
    for (const { start, end, message } of unknown) {
      assert.ok(message.startsWith(`“${text.slice(start, end)}” is not in the model’s vocabulary`));
      assert.match(message, /reads \[UNK\]/);
    }
    assert.equal(new Set(unknown.map(({ start }) => start)).size, unknown.length);
  });

  it('lists special tokens that are written in the text, not those around it', () => {
    assert.deepEqual(found(wordPiece, 'The [MASK] sat. [SEP]'), [
      ['special-token', '[MASK]'],
      ['special-token', '[SEP]'],
    ]);
    assert.deepEqual(
      found(wordPiece, 'The <|endoftext|> sat.').filter(([c]) => c === 'special-token'),
      [],
    );
    assert.deepEqual(found(byteLevel, '<|endoftext|>a'), [['special-token', '<|endoftext|>']]);
    const [finding] = findFindings(byteLevel, 'a <|endoftext|> b', ROOMY);
    assert.equal(
      finding?.message,
      '“<|endoftext|>” is read as the special token <|endoftext|> (id 0), not as text.',
    );
  });

  it('lists invisible characters that change the split, and only those', () => {
    // BERT’s normaliser drops them; a byte-level tokenizer reads their bytes.
    assert.deepEqual(found(wordPiece, 'thir\u200bsty'), []);
    assert.deepEqual(found(byteLevel, 'thir\u200bsty'), [['invisible-character', '\u200b']]);
    assert.deepEqual(found(byteLevel, 'a \u202eright\u202c cat'), [
      ['invisible-character', '\u202e'],
      ['invisible-character', '\u202c'],
    ]);
    assert.deepEqual(found(byteLevel, '\ufeffThe cat'), [['invisible-character', '\ufeff']]);
  });

  it('compares other spaces with a plain one', () => {
    assert.deepEqual(found(wordPiece, 'the\u00a0cat'), []);
    assert.deepEqual(found(byteLevel, 'the\u00a0cat'), [['invisible-character', '\u00a0']]);
    const [finding] = findFindings(byteLevel, 'the\u00a0cat', ROOMY);
    assert.equal(
      finding?.message,
      'This looks like a space but is a no-break space (U+00A0): with a plain space the text is split differently.',
    );
  });

  it('leaves joiners alone where they are part of what people see', () => {
    const texts = ['👩‍👩‍👧', '👩🏽‍🚀', '🏳️‍🌈', 'می\u200cخواهم', 'क्\u200dष', '🏴\u{e0067}\u{e0062}\u{e007f}'];
    for (const text of texts) assert.deepEqual(found(byteLevel, text), [], text);
    assert.deepEqual(found(byteLevel, 'a\u200db'), [['invisible-character', '\u200d']]);
  });

  it('says where the text goes beyond the maximum, and whose maximum it is', () => {
    const text = 'cat '.repeat(20).trim();
    assert.deepEqual(found(wordPiece, text, { maximumTokens: 22 }), []);
    const [cut] = findFindings(wordPiece, text, { maximumTokens: 12 });
    assert.equal(text.slice(cut?.start, cut?.end), 'cat '.repeat(10).trim());
    assert.equal(
      cut?.message,
      'The text has 22 tokens and the setting “attentionDebugger.maximumTokens” takes 12: 10 of them are not read.',
    );
    const limits = { maximumTokens: 512, maximumPositions: 12 };
    assert.match(
      findFindings(wordPiece, text, limits)[0]?.message ?? '',
      /22 tokens and the model accepts 12: 10 of them are not read/,
    );
  });

  it('stays within bounds on a text that is made of what it looks for', () => {
    const text = '\u200b[MASK]ꙮ'.repeat(5000);
    const findings = findFindings(wordPiece, text, ROOMY);
    assert.ok(findings.length <= 301);
    const invisible = findFindings(byteLevel, 'a\u200b'.repeat(20_000), ROOMY);
    assert.equal(invisible.filter(({ code }) => code === 'invisible-character').length, 100);
  });
});
