import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { alignWords } from '../../../src/inspector/probing/alignWords';
import { batchesOf } from '../../../src/inspector/probing/runSentences';
import { chooseSentences } from '../../../src/inspector/probing/chooseSentences';
import { parseConllu } from '../../../src/inspector/probing/conllu';
import { featuresOf } from '../../../src/inspector/probing/features';
import type { Split } from '../../../src/inspector/probing/splits';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import type { Token } from '../../../src/protocol/tokens';

const text = 'Ann’s naïve tree-house doesn’t un­hinge 😀s.';
const words = ['Ann', '’s', 'naïve', 'tree', '-', 'house', 'does', 'n’t', 'un­hinge', '😀s', '.'];
let at = 0;
const places = words.map(word => {
  const start = text.indexOf(word, at);
  at = start + word.length;
  return { start, end: at };
});

describe('words and tokens', () => {
  for (const name of ['bert-base-uncased', 'gpt2', 'roberta-base', 't5-small', 'made-xlmr']) {
    it(`${name}: each word has the tokens of its characters and no others`, () => {
      const file = resolve('test/fixtures/tokenizers/tok', name, 'tokenizer.json.gz');
      const json: unknown = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'));
      const { tokens } = createTokenizer(json).encode(text);
      for (const [i, place] of alignWords(places, tokens).entries()) {
        assert.ok(place, words[i]);
        const inside = tokens.slice(place.first, place.end);
        assert.ok(inside.every(({ special }) => !special));
        const [first, last] = [inside[0], inside.at(-1)];
        const word = places[i] ?? { start: 0, end: 0 };
        // The outer tokens reach to the word's ends (WordPiece drops the soft hyphen inside, not at them).
        assert.ok(
          (first?.start ?? Infinity) <= word.start && (last?.end ?? 0) >= word.end,
          words[i],
        );
        // A neighbour is not taken: it ends before the word or begins after it.
        const before = tokens.slice(0, place.first).filter(each => !each.special);
        const after = tokens.slice(place.end).filter(each => !each.special);
        assert.ok(before.every(({ start, end }) => end <= word.start || start === end));
        assert.ok(after.every(({ start, end }) => start >= word.end || start === end));
      }
    });
  }

  it('a token of two words belongs to both; a word that was cut off has none', () => {
    const token = (start: number, end: number, special = false): Token => ({
      index: 0,
      id: 0,
      token: '',
      text: '',
      start,
      end,
      special,
      unknown: false,
      continues: false,
    });
    const tokens = [token(0, 0, true), token(0, 5), token(5, 7)];
    const found = alignWords(
      [
        { start: 0, end: 2 },
        { start: 2, end: 7 },
        { start: 8, end: 9 },
      ],
      tokens,
    );
    assert.deepEqual(found, [{ first: 1, end: 2 }, { first: 1, end: 3 }, undefined]);
  });
});

describe('batches', () => {
  const sentence = (i: number, length: number) => ({
    sentence: i,
    tokens: Array.from({ length }, () => ({}) as Token),
  });

  it('hold sentences of one length, as many as have room, and each sentence once', () => {
    const lengths = [5, 3, 5, 5, 40, 3];
    const batches = batchesOf(
      lengths.map((length, i) => sentence(i, length)),
      10,
    );
    assert.deepEqual(
      batches.map(batch => batch.map(each => each.sentence)),
      [[1, 5], [0, 2], [3], [4]],
    );
  });
});

describe('features', () => {
  // Three words of two numbers.
  const state = Float32Array.of(1, 2, 3, 4, 10, 20);
  const row = (first: number, end = first + 1) => ({ first, end });

  it('are the word’s vector, the mean of a mention’s words, two side by side, and their product', () => {
    assert.deepEqual([...featuresOf('one', state, 2, [[row(2)], [row(0, 2)]])], [10, 20, 2, 3]);
    assert.deepEqual([...featuresOf('both', state, 2, [[row(1), row(0)]])], [3, 4, 1, 2]);
    assert.deepEqual(
      [...featuresOf('product', state, 2, [[row(0, 2), row(2)]])],
      [2, 3, 10, 20, 20, 60],
    );
  });
});

describe('choice of sentences', () => {
  const corpus = (sizes: Readonly<Record<Split, number>>) => {
    const one = '1\tA\t_\tX\t_\t_\t0\troot\t_\t_\n2\tB\t_\tX\t_\t_\t1\tdep\t_\t_\n\n';
    const splits = (['train', 'dev', 'test'] as const).flatMap(split =>
      Array.from({ length: sizes[split] }, () => split),
    );
    return { name: '', hash: '', sentences: parseConllu(one.repeat(splits.length)), splits };
  };

  it('all of training and testing where they fit, in their order', () => {
    const chosen = chooseSentences(corpus({ train: 5, dev: 2, test: 3 }), 4, 1);
    assert.deepEqual(chosen, [0, 1, 2, 3, 4, 7, 8, 9]);
  });

  it('within the memory that there is, a third of it for testing at most', () => {
    const all = corpus({ train: 500, dev: 10, test: 500 });
    const chosen = chooseSentences(all, (768 * 2 ** 20) / 300, 1);
    const inTest = chosen.filter(i => all.splits[i] === 'test').length;
    assert.equal(inTest, 50);
    assert.equal(chosen.length, 150);
    assert.ok(chosen.every((each, i) => i === 0 || each > (chosen[i - 1] ?? 0)));
    assert.notDeepEqual(chosen, chooseSentences(all, (768 * 2 ** 20) / 300, 2));
  });
});
