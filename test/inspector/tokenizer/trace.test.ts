import assert from 'node:assert/strict';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import { openTokenizer } from '../../../src/inspector/huggingface/openTokenizer';
import type { TokenTrace, WordTrace } from '../../../src/protocol/tokenTrace';
import { FOLDERS, testStrings, tokenizerJson, tokenizersOf } from './fixtures';

const wordsOf = (trace: TokenTrace): WordTrace[] =>
  trace.sections.flatMap(section => section.parts.flatMap(part => part.words));

describe('token traces', function () {
  this.timeout(600_000);

  const seen = new Set<string>();
  for (const folder of FOLDERS) {
    const strings = testStrings(folder);
    for (const { name, json } of tokenizersOf(folder)) {
      if (seen.has(name)) continue;
      seen.add(name);
      it(`end in the tokens: ${name}`, () => {
        const tokenizer = createTokenizer(json);
        for (const { i, text } of strings) {
          const trace = tokenizer.trace(text);
          assert.deepEqual(trace.tokens, tokenizer.encode(text).tokens, `string ${i}`);
          assert.equal(trace.origins.length, trace.tokens.length);
          const pieces = wordsOf(trace).flatMap(word => word.pieces.map(({ id }) => id));
          const fromWords = trace.tokens.filter((_, k) => trace.origins[k]?.kind === 'word');
          assert.deepEqual(
            pieces,
            fromWords.map(({ id }) => id),
            `string ${i}`,
          );
        }
      });
    }
  }

  it('list the merges of byte-pair encoding in order, with rank and bytes', async () => {
    const tokenizer = await openTokenizer('models/decoder');
    const [word] = wordsOf(tokenizer.trace('test'));
    assert.ok(word?.steps.kind === 'BPE');
    assert.deepEqual(word.bytes, [0x20, 0x74, 0x65, 0x73, 0x74]);
    assert.deepEqual(word.steps.symbols, ['Ġ', 't', 'e', 's', 't']);
    assert.equal(word.steps.merges[0]?.merged, 'Ġt');
    let symbols = [...word.steps.symbols];
    for (const { at, left, right, merged } of word.steps.merges) {
      assert.deepEqual(symbols.slice(at, at + 2), [left, right]);
      symbols = symbols.toSpliced(at, 2, merged);
    }
    assert.deepEqual(
      symbols,
      word.pieces.map(({ token }) => token),
    );
  });

  it('list what WordPiece tried', async () => {
    const tokenizer = await openTokenizer('models/encoder');
    const [word] = wordsOf(tokenizer.trace('tokenization'));
    assert.ok(word?.steps.kind === 'WordPiece');
    const { matches } = word.steps;
    assert.deepEqual(
      matches.flatMap(({ match }) => match ?? []),
      word.pieces.map(({ token }) => token),
    );
    assert.equal(matches[0]?.missed[0], 'tokenization');
    const [unknown] = wordsOf(tokenizer.trace('👋'));
    assert.ok(unknown?.steps.kind === 'WordPiece');
    assert.equal(unknown.steps.matches.at(-1)?.match, undefined);
    assert.equal(unknown.pieces[0]?.unknown, true);
    const [long] = wordsOf(tokenizer.trace('x'.repeat(101)));
    assert.ok(long?.steps.kind === 'WordPiece' && long.steps.isTooLong);
  });

  it('rank the segmentations of Unigram', () => {
    const tokenizer = createTokenizer(tokenizerJson('t5-small'));
    const [word] = wordsOf(tokenizer.trace('tokenization'));
    assert.ok(word?.steps.kind === 'Unigram');
    const { segmentations, lattice } = word.steps;
    assert.deepEqual(
      segmentations[0]?.pieces,
      word.pieces.map(({ token }) => token),
    );
    assert.equal(segmentations.length, 5);
    for (const [i, { pieces, score }] of segmentations.entries()) {
      assert.equal(pieces.join(''), word.word.text);
      assert.ok(i === 0 || score <= (segmentations[i - 1]?.score ?? 0));
      const sum = pieces.reduce(
        (total, piece) => total + (lattice.find(edge => edge.text === piece)?.score ?? NaN),
        0,
      );
      assert.ok(Math.abs(sum - score) < 1e-9);
    }
  });

  it('show the text after each stage with its place in the source', async () => {
    const tokenizer = await openTokenizer('models/encoder');
    const trace = tokenizer.trace('Thé [MASK] b');
    assert.deepEqual(
      trace.sections.map(({ source, addedToken }) => [source.text, addedToken?.content]),
      [
        ['Thé ', undefined],
        ['[MASK]', '[MASK]'],
        [' b', undefined],
      ],
    );
    assert.deepEqual(trace.sections[0]?.normalization, [
      {
        component: 'BertNormalizer',
        result: { text: 'the ', starts: [0, 1, 2, 3], ends: [1, 2, 3, 4] },
      },
    ]);
    assert.deepEqual(
      trace.origins.map(({ kind }) => kind),
      ['template', 'word', 'addedToken', 'word', 'template'],
    );
    const [first] = trace.origins;
    assert.ok(first?.kind === 'template');
    assert.equal(first.template, '[CLS] $A [SEP]');
  });
});
