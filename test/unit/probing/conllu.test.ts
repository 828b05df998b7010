import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InspectorError } from '../../../src/protocol/errors';
import {
  parseConllu,
  readConlluFile,
  type ConlluSentence,
} from '../../../src/inspector/probing/conllu';
import { readBioSpans, readMentions } from '../../../src/inspector/probing/conlluSpans';
import { seededRandom } from '../../support/seededRandom';

const treebank = join(import.meta.dirname, '../../../models/treebank/treebank.conllu');

/** A word line: id, form, head and MISC; the rest is filled in. */
const row = (id: string, form: string, head: string, misc = '_') =>
  [id, form, form, 'X', '_', '_', head, 'dep', '_', misc].join('\t');
const lines = (...rows: string[]) => `${rows.join('\n')}\n\n`;
const dog = lines(
  row('1', 'The', '2'),
  row('2', 'dog', '0'),
  row('3', 'barks', '2', 'SpaceAfter=No'),
  row('4', '.', '2'),
);

function refused(text: string, message: RegExp, limits = {}) {
  assert.throws(
    () => parseConllu(text, limits),
    (error: unknown) =>
      error instanceof InspectorError &&
      error.code === 'inputs-wrong' &&
      message.test(error.message) &&
      /^The CoNLL-U file cannot be used: [^\n]+\.$/.test(error.message),
  );
}

const covered = ({ text, words }: ConlluSentence) =>
  words.map(({ start, end }) => text.slice(start, end));

describe('CoNLL-U: what is read', () => {
  it('rebuilds the text from the forms and SpaceAfter', () => {
    const [sentence] = parseConllu(dog);
    assert.equal(sentence?.text, 'The dog barks.');
    assert.deepEqual(
      sentence.words.map(each => each.head),
      [1, -1, 1, 1],
    );
    assert.deepEqual(covered(sentence), ['The', 'dog', 'barks', '.']);
  });

  it('takes the text of “# text” with its own white space, and UTF-16 offsets', () => {
    const [sentence] = parseConllu(
      `# sent_id = a\n# text =  😀  Café\u00a0now\n${lines(row('1', '😀', '0'), row('2', 'Café', '1'), row('3', 'now', '1'))}`,
    );
    assert.equal(sentence?.text, '😀  Café\u00a0now');
    assert.deepEqual(
      sentence.words.map(each => [each.start, each.end]),
      [
        [0, 2],
        [4, 8],
        [9, 12],
      ],
    );
    assert.equal(sentence.comments.get('sent_id'), 'a');
  });

  it('splits a multiword token where its words make it up, and shares it where they do not', () => {
    const [sentence] = parseConllu(
      lines(
        row('1-2', 'don’t', '_'),
        row('1', 'do', '2'),
        row('2', 'n’t', '0'),
        row('3-4', 'du', '_', 'SpaceAfter=No'),
        row('3', 'de', '2'),
        row('4', 'le', '2'),
        row('5', '!', '2'),
      ),
    );
    assert.equal(sentence?.text, 'don’t du!');
    assert.deepEqual(covered(sentence), ['do', 'n’t', 'du', 'du', '!']);
  });

  it('checks empty nodes and leaves them out', () => {
    const [sentence] = parseConllu(
      lines(
        row('0.1', 'Then', '_'),
        row('1', 'Ann', '0'),
        row('1.1', 'ate', '_'),
        row('1.2', 'it', '_'),
        row('2', 'too', '1'),
      ),
    );
    assert.equal(sentence?.text, 'Ann too');
    assert.equal(sentence.words.length, 2);
  });

  it('accepts a byte order mark, carriage returns, words with spaces and no empty line at the end', () => {
    const text = `\ufeff# text = 10 000 men\r\n${row('1', '10\u00a0000', '2')}\r\n${row('2', 'men', '0')}`;
    const [sentence] = parseConllu(text);
    assert.deepEqual(covered(sentence!), ['10 000', 'men']);
  });

  it('reads spans and nested mentions', () => {
    const [sentence] = parseConllu(
      lines(
        row('1', 'her', '2', 'Chunk=B-NP|Coref=(1(2)'),
        row('2', 'dog', '0', 'Chunk=I-NP|Coref=1)'),
        row('3', 'Rex', '2', 'Chunk=B-NP|Coref=(1)'),
      ),
    );
    assert.deepEqual(readBioSpans(sentence!, 'Chunk'), [
      { first: 0, last: 1, label: 'NP' },
      { first: 2, last: 2, label: 'NP' },
    ]);
    assert.deepEqual(readMentions(sentence!), [
      { first: 0, last: 1, label: '1' },
      { first: 0, last: 0, label: '2' },
      { first: 2, last: 2, label: '1' },
    ]);
    for (const broken of ['(1', '1)', '1', '(1))', '()']) {
      const [one] = parseConllu(lines(row('1', 'her', '0', `Coref=${broken}`)));
      assert.throws(() => readMentions(one!), InspectorError, broken);
    }
  });
});

describe('CoNLL-U: what is refused, with its line', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['a missing column', lines(row('1', 'a', '0'), '2\tb\tb'), /line 2 has 3 columns where 10/],
    ['spaces for tabs', lines('1 a a X _ _ 0 root _ _'), /line 1 has 1 column where 10/],
    ['a column too many', lines(`${row('1', 'a', '0')}\t_`), /line 1 has more than 10 columns/],
    ['an empty form', lines(row('1', '', '0')), /line 1 has an empty second column/],
    [
      'a number left out',
      lines(row('1', 'a', '0'), row('3', 'b', '1')),
      /line 2 has the number 3 where 2/,
    ],
    ['a first word that is not 1', lines(row('2', 'a', '0')), /line 1 has the number 2 where 1/],
    ['no number', lines(row('x', 'a', '0')), /line 1 begins with “x”/],
    [
      'overlapping ranges',
      lines(
        row('1-3', 'abc', '_'),
        row('1', 'a', '0'),
        row('2-3', 'bc', '_'),
        row('2', 'b', '1'),
        row('3', 'c', '1'),
      ),
      /line 3 has the range 2-3/,
    ],
    [
      'a range past the end',
      lines(row('1-2', 'ab', '_'), row('1', 'a', '0')),
      /line 1 has the range 1-2, but its sentence has only 1 word/,
    ],
    [
      'a wrong empty node',
      lines(row('1', 'a', '0'), row('1.2', 'b', '_')),
      /line 2 has the number 1\.2 where 1\.1/,
    ],
    [
      'a head out of range',
      lines(row('1', 'a', '0'), row('2', 'b', '7')),
      /line 2 has HEAD 7, but its sentence has only 2 words/,
    ],
    ['a head that is no number', lines(row('1', 'a', '_')), /line 1 has “_” as HEAD/],
    [
      'a word that heads itself',
      lines(row('1', 'a', '0'), row('2', 'b', '2')),
      /line 2 has the word itself as HEAD/,
    ],
    ['no root', lines(row('1', 'a', '2'), row('2', 'b', '1')), /sentence at line 1 has no root/],
    [
      'two roots',
      lines(row('1', 'a', '0'), row('2', 'b', '0')),
      /line 2 has HEAD 0, but its sentence has a root/,
    ],
    [
      'a cycle',
      lines(row('1', 'a', '0'), row('2', 'b', '3'), row('3', 'c', '2')),
      /line 2 is in a cycle/,
    ],
    [
      'another text',
      `# text = The cat\n${lines(row('1', 'The', '2'), row('2', 'dog', '0'))}`,
      /line 3 has the form “dog” where .* “cat”/,
    ],
    [
      'more text',
      `# text = The dog barks\n${lines(row('1', 'The', '2'), row('2', 'dog', '0'))}`,
      /goes on with “barks”/,
    ],
    ['a comment inside', `${row('1', 'a', '0')}\n# x\n`, /line 2 is a comment inside a sentence/],
    ['only a range', lines(row('1-1', 'a', '_')), /cannot be used/],
    ['only an empty node', lines(row('0.1', 'a', '_')), /sentence at line 1 has no words/],
    ['nothing', '', /holds no sentences/],
    ['only comments', '# text = a\n\n', /holds no sentences/],
  ];
  for (const [name, text, message] of cases) it(name, () => refused(text, message));

  it('a line, a sentence and a number of sentences past the limit', () => {
    refused(`${dog}# ${'x'.repeat(10 * 2 ** 20)}\n`, /line 6 is longer than 100,000 characters/);
    refused(dog, /sentence at line 1 has more than 3 words/, { wordsPerSentence: 3 });
    refused(dog + dog, /more than 1 sentences \(the next begins at line 6\)/, { sentences: 1 });
  });
});

describe('CoNLL-U files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'conllu-'));
  const path = join(folder, 'file.conllu');
  after(() => rmSync(folder, { recursive: true }));
  const file = async (content: string | Buffer, limits = {}) => {
    writeFileSync(path, content);
    return readConlluFile(path, { limits });
  };
  const says = (message: RegExp) => (error: unknown) =>
    error instanceof InspectorError && message.test(error.message);

  it('reads what the string reader reads', async () => {
    assert.deepEqual(await file(`\ufeff${dog}${dog}`), parseConllu(dog + dog));
  });

  it('names the line that is not UTF-8', async () => {
    const latin = Buffer.from(dog.replace('dog', 'caf\u00e9'), 'latin1');
    await assert.rejects(file(latin), says(/line 2 is not UTF-8; save the file as UTF-8/));
    await assert.rejects(file(Buffer.from(dog, 'utf16le')), says(/line 1/));
  });

  it('refuses a line of 10 MB without holding it, a large file, a folder and a missing file', async () => {
    await assert.rejects(file('x'.repeat(10 * 2 ** 20)), says(/line 1 is longer than 100,000/));
    await assert.rejects(file(dog, { bytes: 20 }), says(/larger than 20 bytes/));
    await assert.rejects(readConlluFile(folder), says(/cannot be opened/));
    await assert.rejects(readConlluFile(join(folder, 'none')), says(/cannot be opened .*ENOENT/));
  });

  it('stops when it is cancelled', async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(
      readConlluFile(treebank, { signal }),
      (error: unknown) => error instanceof InspectorError && error.code === 'cancelled',
    );
  });
});

describe('CoNLL-U: our treebank', () => {
  const source = readFileSync(treebank, 'utf8');

  it('comes back from the sentences line by line', async () => {
    const sentences = await readConlluFile(treebank);
    const written = sentences.flatMap(({ comments, words }) => [
      ...[...comments].map(([name, value]) => `# ${name} = ${value}`),
      ...words.map((word, i) =>
        [
          i + 1,
          word.form,
          word.lemma,
          word.upos,
          word.xpos,
          word.feats,
          word.head + 1,
          word.deprel,
          '_',
          [...word.misc].map(each => each.join('=')).join('|') || '_',
        ].join('\t'),
      ),
      '',
    ]);
    const expected = source.split('\n').filter(line => !/^\d+-/.test(line));
    assert.deepEqual([...written, ''], expected);
    for (const sentence of sentences) {
      assert.deepEqual(
        covered(sentence),
        sentence.words.map(each => each.form),
      );
    }
  });

  it('reads or refuses 500 broken copies with one clear sentence', () => {
    const random = seededRandom(7);
    const blocks = source.split('\n\n');
    const started = performance.now();
    let refusals = 0;
    for (let i = 0; i < 500; i++) {
      const from = Math.floor(random() * (blocks.length - 4));
      const broken = mutate(blocks.slice(from, from + 3).join('\n\n'), random);
      try {
        for (const sentence of parseConllu(broken)) readMentions(sentence);
      } catch (error) {
        if (!(error instanceof InspectorError)) throw error;
        assert.match(error.message, /^The CoNLL-U file cannot be used: [^\n]+\.$/);
        refusals++;
      }
    }
    assert.ok(refusals > 100 && refusals < 500, `${refusals} refusals`);
    console.log(
      `      ${refusals} of 500 refused in ${Math.round(performance.now() - started)} ms`,
    );
  });

  it('takes time in proportion to the size', () => {
    const words = Array.from({ length: 100_000 }, (_, i) => row(String(i + 1), 'word', String(i)));
    const seconds = (count: number) => {
      const text = `${words.slice(0, count).join('\n')}\n`;
      const started = performance.now();
      assert.equal(parseConllu(text, { wordsPerSentence: 1e6 })[0]?.words.length, count);
      return Math.round(performance.now() - started);
    };
    console.log(
      `      chain of 10,000 words: ${seconds(10_000)} ms; 100,000: ${seconds(100_000)} ms`,
    );
  });
});

/** A few random changes: a character, a line, a number, a tab, a piece copied elsewhere. */
function mutate(text: string, random: () => number): string {
  const place = () => Math.floor(random() * text.length);
  for (let changes = 1 + Math.floor(random() * 3); changes > 0; changes--) {
    const at = place();
    const kind = Math.floor(random() * 7);
    const odd =
      ['\t', '\n', '0', '-', '.', '(', '\u0000', '\ud800', '😀', '_', '|'][
        Math.floor(random() * 11)
      ] ?? '';
    if (kind === 0) text = text.slice(0, at) + odd + text.slice(at);
    if (kind === 1) text = text.slice(0, at) + odd + text.slice(at + 1);
    if (kind === 2) text = text.slice(0, at) + text.slice(at + Math.floor(random() * 60));
    if (kind === 3) text = text.slice(0, at) + text.slice(place()).slice(0, 200) + text.slice(at);
    if (kind === 4) text = text.replace(/\t\d+\t/, `\t${Math.floor(random() * 40)}\t`);
    if (kind === 5)
      text = text
        .split('\n')
        .filter(() => random() > 0.03)
        .join('\n');
    if (kind === 6) text = text.slice(0, at);
  }
  return text;
}
