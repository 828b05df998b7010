import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '../../../models/treebank/generate';
import {
  parseConllu,
  type ConlluSentence,
  type ConlluWord,
} from '../../../src/inspector/probing/conllu';
import { readBioSpans, readMentions } from '../../../src/inspector/probing/conlluSpans';

const source = readFileSync(
  join(import.meta.dirname, '../../../models/treebank/treebank.conllu'),
  'utf8',
);
const sentences = parseConllu(source);
const of = (split: string) => sentences.filter(each => each.comments.get('split') === split);
const [train, dev, test] = [of('train'), of('dev'), of('test')];
const allWords = sentences.flatMap(each => each.words);

const upos = new Set(
  'ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ VERB'.split(' '),
);
const relations = new Set(
  `acl acl:relcl advcl advmod amod appos aux aux:pass case cc cc:preconj ccomp compound compound:prt conj cop
  csubj det det:predet discourse expl flat iobj mark nmod nmod:desc nmod:poss nmod:unmarked nsubj nsubj:pass
  nummod obj obl obl:agent obl:unmarked parataxis punct root vocative xcomp`.split(/\s+/),
);
const chunkTypes = new Set(['NP', 'VP', 'PP', 'ADJP', 'ADVP', 'SBAR', 'PRT', 'INTJ']);
const entityTypes = new Set(['PER', 'LOC', 'ORG', 'MISC', 'DATE']);

describe('treebank: as its generator makes it', () => {
  it('comes out again byte by byte', () => {
    assert.equal(generate(), source);
    assert.notEqual(generate(1), source);
  });

  it('stays below 2.5 MB', () => assert.ok(Buffer.byteLength(source) < 2.5e6));
});

describe('treebank: structure', () => {
  it('has 3,000 sentences and more in three splits, none twice', () => {
    assert.ok(sentences.length >= 3000);
    assert.equal(train.length + dev.length + test.length, sentences.length);
    assert.ok(dev.length >= 300 && test.length >= 600);
    assert.equal(new Set(sentences.map(each => each.text)).size, sentences.length);
    assert.equal(
      new Set(sentences.map(each => each.comments.get('sent_id'))).size,
      sentences.length,
    );
  });

  it('uses the labels of Universal Dependencies, each of them', () => {
    assert.deepEqual(new Set(allWords.map(each => each.upos)), upos);
    assert.deepEqual(new Set(allWords.map(each => each.deprel)), relations);
    for (const { deprel, head } of allWords) assert.equal(deprel === 'root', head === -1);
  });

  it('hangs nothing on function words, and punctuation has no dependents', () => {
    for (const { words } of sentences) {
      for (const word of words) {
        const head = words[word.head];
        if (head === undefined) continue;
        assert.notEqual(head.upos, 'PUNCT', word.form);
        assert.ok(
          !['case', 'cc', 'cop', 'aux', 'punct'].includes(head.deprel),
          `${word.form} on ${head.form}`,
        );
      }
    }
  });

  it('begins with a capital, ends with a mark and has single spaces', () => {
    for (const { text } of sentences) {
      assert.match(text, /^[“]?[A-Z0-9]/);
      assert.match(text, /[.?!]”?$/);
      assert.doesNotMatch(text, / {2}| [,.?!;:’]|,[.,”]”/);
    }
  });

  it('has well-formed chunks and entities', () => {
    for (const [field, types] of [
      ['Chunk', chunkTypes],
      ['Entity', entityTypes],
    ] as const) {
      const seen = new Set<string>();
      for (const sentence of sentences) {
        for (const { label } of readBioSpans(sentence, field)) seen.add(label);
        for (const [i, { misc }] of sentence.words.entries()) {
          const tag = misc.get(field) ?? 'O';
          const before = sentence.words[i - 1]?.misc.get(field) ?? 'O';
          if (tag.startsWith('I-')) assert.equal(before.slice(2), tag.slice(2), sentence.text);
        }
      }
      assert.deepEqual(seen, types);
    }
  });

  it('has mentions that nest, and pronouns whose antecedent is often not the nearest', () => {
    let pronouns = 0;
    let notNearest = 0;
    for (const sentence of sentences) {
      const mentions = readMentions(sentence);
      const people = mentions.filter(each => sentence.words[each.first]?.upos !== 'PRON');
      for (const a of mentions) {
        for (const b of mentions)
          assert.ok(!(a.first < b.first && b.first <= a.last && a.last < b.last));
        if (!isThird(sentence.words[a.first], a)) continue;
        const antecedent = people.findLast(each => each.label === a.label && each.last < a.first);
        if (antecedent === undefined) continue;
        pronouns++;
        if (people.findLast(each => each.last < a.first) !== antecedent) notNearest++;
      }
    }
    console.log(`      ${pronouns} pronouns with an antecedent, ${notNearest} not the nearest`);
    assert.ok(pronouns > 400 && notNearest > 100);
  });
});

const isThird = (word: ConlluWord | undefined, span: { first: number; last: number }) =>
  word?.upos === 'PRON' && span.first === span.last && word.feats.includes('Person=3');

describe('treebank: how much a word list knows', () => {
  it('has a large vocabulary with words that only the test sentences use', () => {
    const lemmas = new Set(allWords.map(each => `${each.lemma} ${each.upos}`));
    const content = (list: readonly ConlluSentence[]) =>
      new Set(
        list
          .flatMap(each => each.words)
          .filter(each => /^(NOUN|VERB|ADJ|ADV|PROPN)$/.test(each.upos))
          .map(each => each.lemma),
      );
    const elsewhere = content([...train, ...dev]);
    const onlyTest = [...content(test)].filter(each => !elsewhere.has(each));
    const crossing = sentences.filter(each => !isProjective(each)).length;
    console.log(
      `      ${sentences.length} sentences, ${allWords.length} words, ${lemmas.size} lemmas, ${onlyTest.length} content lemmas only in test, ${crossing} sentences with crossing arcs`,
    );
    assert.ok(lemmas.size >= 1200);
    assert.ok(onlyTest.length >= 150);
    assert.ok(crossing > 10 && crossing < sentences.length / 20);
  });

  it('has words with several parts of speech', () => {
    const tags = new Map<string, Set<string>>();
    for (const { form, upos: tag } of allWords) {
      const key = form.toLowerCase();
      tags.set(key, (tags.get(key) ?? new Set()).add(tag));
    }
    const ambiguous = (form: string) => (tags.get(form.toLowerCase())?.size ?? 0) > 1;
    const share = allWords.filter(each => ambiguous(each.form)).length / allWords.length;
    console.log(
      `      ${[...tags.keys()].filter(ambiguous).length} ambiguous forms, ${(100 * share).toFixed(1)} % of the words`,
    );
    assert.ok(share > 0.15);
    for (const form of ['watch', 'plant', 'book', 'play', 'run', 'that', 'since', 'hard']) {
      assert.ok(ambiguous(form), form);
    }
    for (const form of ['up', 'down', 'over', 'in', 'off']) {
      const uses = new Set(allWords.filter(each => each.form === form).map(each => each.deprel));
      assert.ok(uses.has('case') && uses.has('compound:prt'), form);
    }
  });

  it('leaves room above the most frequent label of each form', () => {
    const upos = baseline(word => word.upos);
    const deprel = baseline(word => word.deprel);
    const chunk = baseline(word => word.misc.get('Chunk') ?? 'O');
    const entity = baseline(word => word.misc.get('Entity') ?? 'O');
    const percent = (value: number) => (100 * value).toFixed(1);
    console.log(
      `      baseline: UPOS ${percent(upos)}, relation ${percent(deprel)}, chunk ${percent(chunk)}, entity ${percent(entity)} %`,
    );
    assert.ok(upos <= 0.9 && deprel <= 0.7 && chunk <= 0.85 && entity <= 0.96);
  });
});

/** Test accuracy of the most frequent training label of each form; unknown forms get the most frequent of all. */
function baseline(labelOf: (word: ConlluWord) => string): number {
  const counts = new Map<string, Map<string, number>>();
  const add = (key: string, label: string) => {
    const row = counts.get(key) ?? new Map<string, number>();
    counts.set(key, row.set(label, (row.get(label) ?? 0) + 1));
  };
  for (const word of train.flatMap(each => each.words)) {
    add(word.form.toLowerCase(), labelOf(word));
    add('', labelOf(word));
  }
  const best = (key: string) => [...(counts.get(key) ?? [])].sort((a, b) => b[1] - a[1])[0]?.[0];
  const answers = new Map([...counts.keys()].map(key => [key, best(key)]));
  const words = test.flatMap(each => each.words);
  const right = words.filter(
    word => (answers.get(word.form.toLowerCase()) ?? answers.get('')) === labelOf(word),
  );
  return right.length / words.length;
}

function isProjective({ words }: ConlluSentence): boolean {
  const arcs = words
    .map(({ head }, i) => [Math.min(head, i), Math.max(head, i)] as const)
    .filter(([low]) => low >= 0);
  return arcs.every(([a, b]) => arcs.every(([c, d]) => !(a < c && c < b && b < d)));
}
