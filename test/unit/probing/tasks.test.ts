import { strict as assert } from 'node:assert';
import { parseConllu } from '../../../src/inspector/probing/conllu';
import { controlLabels } from '../../../src/inspector/probing/taskData';
import { splitsOf } from '../../../src/inspector/probing/splits';
import { combinationOf, itemsOf, WORD_TASKS } from '../../../src/inspector/probing/tasks';
import type { ProbeTask } from '../../../src/protocol/probes';

/** Three sentences: names and a pronoun, a multiword token, one word. */
const TEXT = `# split = train
# text = Ann Lee saw her dog.
1	Ann	Ann	PROPN	_	_	3	nsubj	_	Chunk=B-NP|Entity=B-PER|Coref=(1
2	Lee	Lee	PROPN	_	_	1	flat	_	Chunk=I-NP|Entity=I-PER|Coref=1)
3	saw	see	VERB	_	_	0	root	_	Chunk=B-VP
4	her	she	PRON	_	_	5	nmod:poss	_	Chunk=B-NP|Coref=(2(1)
5	dog	dog	NOUN	_	_	3	obj	_	Chunk=I-NP|Coref=2)|SpaceAfter=No
6	.	.	PUNCT	_	_	3	punct	_	_

# split = dev
# text = She doesn’t.
1	She	she	PRON	_	_	2	nsubj	_	Chunk=B-NP|Coref=(1)
2-3	doesn’t	_	_	_	_	_	_	_	SpaceAfter=No
2	does	do	AUX	_	_	0	root	_	Chunk=B-VP
3	n’t	not	PART	_	_	2	advmod	_	Chunk=I-VP
4	.	.	PUNCT	_	_	2	punct	_	_

# split = test
1	Run	run	_	_	_	0	root	_	Chunk=B-VP

`;
const sentences = parseConllu(TEXT);

/** Sentence, words and label of each item. */
function read(task: ProbeTask) {
  const found = itemsOf(task, sentences);
  assert.ok('items' in found);
  return found.items.map(({ sentence, spans, label }) => {
    const words = sentences[sentence]?.words ?? [];
    const text = spans.map(([first, last]) =>
      words
        .slice(first, last + 1)
        .map(({ form }) => form)
        .join(' '),
    );
    return [sentence, ...text, label].join(' | ');
  });
}

describe('probe tasks', () => {
  it('part of speech: the UPOS of each word that has one', () => {
    assert.deepEqual(read('pos'), [
      '0 | Ann | PROPN',
      '0 | Lee | PROPN',
      '0 | saw | VERB',
      '0 | her | PRON',
      '0 | dog | NOUN',
      '0 | . | PUNCT',
      '1 | She | PRON',
      '1 | does | AUX',
      '1 | n’t | PART',
      '1 | . | PUNCT',
    ]);
  });

  it('chunks and entities: BIO labels, O where there is none', () => {
    assert.deepEqual(read('chunk'), [
      '0 | Ann | B-NP',
      '0 | Lee | I-NP',
      '0 | saw | B-VP',
      '0 | her | B-NP',
      '0 | dog | I-NP',
      '0 | . | O',
      '1 | She | B-NP',
      '1 | does | B-VP',
      '1 | n’t | I-VP',
      '1 | . | O',
      '2 | Run | B-VP',
    ]);
    assert.deepEqual(read('entity').slice(0, 3), [
      '0 | Ann | B-PER',
      '0 | Lee | I-PER',
      '0 | saw | O',
    ]);
  });

  it('relation: each dependent with its head, no roots, subtypes kept', () => {
    assert.deepEqual(read('relation'), [
      '0 | Ann | saw | nsubj',
      '0 | Lee | Ann | flat',
      '0 | her | dog | nmod:poss',
      '0 | dog | saw | obj',
      '0 | . | saw | punct',
      '1 | She | does | nsubj',
      '1 | n’t | does | advmod',
      '1 | . | does | punct',
    ]);
  });

  it('head: the head, and the nearest other word that heads something', () => {
    // Ann, saw and dog head others in the first sentence, only “does” in the second: no pair there.
    assert.deepEqual(read('head'), [
      '0 | Ann | saw | yes',
      '0 | Ann | dog | no',
      '0 | Lee | Ann | yes',
      '0 | Lee | saw | no',
      '0 | her | dog | yes',
      '0 | her | saw | no',
      '0 | dog | saw | yes',
      '0 | dog | Ann | no',
      '0 | . | saw | yes',
      '0 | . | dog | no',
    ]);
  });

  it('coreference: pairs of mentions that share no word', () => {
    // “her” lies in “her dog”: that pair is left out; one mention makes no pair.
    assert.deepEqual(read('coreference'), [
      '0 | Ann Lee | her dog | no',
      '0 | Ann Lee | her | yes',
    ]);
  });

  it('says why a file has no items of a task', () => {
    const bare = parseConllu('1\tA\t_\t_\t_\t_\t0\t_\t_\t_\n\n');
    for (const task of ['pos', 'chunk', 'relation', 'head', 'entity', 'coreference'] as const) {
      const found = itemsOf(task, bare);
      assert.ok('reason' in found);
      assert.match(found.reason, /^No (word|sentence) .*\.$/);
    }
  });

  it('features of pairs are two vectors, with their product where a bond is asked for', () => {
    assert.deepEqual(WORD_TASKS, ['pos', 'chunk', 'entity']);
    assert.equal(combinationOf('relation'), 'both');
    assert.equal(combinationOf('head'), 'product');
    assert.equal(combinationOf('coreference'), 'product');
  });
});

describe('control labels', () => {
  const types = Array.from({ length: 4000 }, (_, i) => `word${i}`);

  it('a type has one label, wherever it stands, and the seed repeats it', () => {
    const labels = controlLabels(['a', 'b', 'a', 'c', 'a'], [1, 1], 3);
    assert.deepEqual([...labels.keys()], ['a', 'b', 'c']);
    assert.deepEqual(controlLabels(['a', 'b', 'c'], [1, 1], 3), labels);
    assert.notDeepEqual(controlLabels(types, [1, 1], 3), controlLabels(types, [1, 1], 4));
  });

  it('labels are as frequent as the classes; a class without items gets none', () => {
    const labels = [...controlLabels(types, [70, 0, 20, 10], 1).values()];
    const shares = [0, 1, 2, 3].map(each => labels.filter(label => label === each).length / 4000);
    assert.equal(shares[1], 0);
    for (const [i, wanted] of [0.7, 0, 0.2, 0.1].entries()) {
      // Four standard errors of a share of 4,000 draws.
      assert.ok(Math.abs((shares[i] ?? 0) - wanted) < 0.03, String(shares));
    }
  });
});

describe('splits', () => {
  it('come from the comments where there are some for training and testing', () => {
    assert.deepEqual(splitsOf(sentences, 1), ['train', 'dev', 'test']);
    const unmarked = parseConllu(TEXT.replace('# split = dev\n', ''));
    assert.deepEqual(splitsOf(unmarked, 1), ['train', 'train', 'test']);
  });

  it('are drawn by chance elsewhere: 70, 10 and 20 %, the same for the same seed', () => {
    const many = parseConllu('1\tA\t_\tX\t_\t_\t0\troot\t_\t_\n\n'.repeat(5000));
    const splits = splitsOf(many, 5);
    const share = (of: string) => splits.filter(split => split === of).length / 5000;
    assert.ok(Math.abs(share('train') - 0.7) < 0.03 && Math.abs(share('dev') - 0.1) < 0.02);
    assert.deepEqual(splitsOf(many, 5), splits);
    assert.notDeepEqual(splitsOf(many, 6), splits);
    const onlyTest = parseConllu('# split = test\n1\tA\t_\tX\t_\t_\t0\troot\t_\t_\n\n'.repeat(200));
    assert.ok(splitsOf(onlyTest, 5).includes('train'));
  });
});
