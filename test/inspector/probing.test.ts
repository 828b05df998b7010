import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Capture } from '../../src/inspector/capture/capture';
import { inspect } from '../../src/inspector/run/inspect';
import { createInspector } from '../../src/inspector/inspector';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { parseConllu, readConlluFile } from '../../src/inspector/probing/conllu';
import { modelHash } from '../../src/inspector/probing/fileHashes';
import { probeLabels } from '../../src/inspector/probing/probeLabels';
import { fitProbes, probes } from '../../src/inspector/probing/probes';
import { statesOf, textStack } from '../../src/inspector/probing/runSentences';
import { syntax } from '../../src/inspector/probing/syntax';
import { alignWords } from '../../src/inspector/probing/alignWords';
import { wordVectors } from '../../src/inspector/probing/wordVectors';
import { InspectorError } from '../../src/protocol/errors';
import type { ProbeProgress, ProbeReport } from '../../src/protocol/probes';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { processorTime } from '../support/processorTime';
import { probeCorpus, TREEBANK } from './support/probeCorpus';
import { wordModel } from './support/wordModel';

const store = new ModelStore();
const model = (name: string) => resolve('models', name);
const run = (path: string, text: string): Promise<Capture> =>
  inspect({ model: path, text, maximumTokens: 512 }, store, () => Promise.resolve());
const inTurn = <T>(part: () => Promise<T>) => part();
const quiet = { store, inTurn, files: {}, progress: () => undefined, signal: NEVER_CANCELLED };

let scratch: string;
before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-probing-'))));
after(() => rm(scratch, { recursive: true }));

/** Rejects with the code `cancelled`. */
const isCancelled = (error: unknown) =>
  error instanceof InspectorError && error.code === 'cancelled';

interface Oracle {
  readonly step: number;
  readonly sentences: number;
  readonly models: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            count: number;
            offset: number;
            right: number;
            toHead: number[][];
            toDependent: number[][];
          }
        >
      >
    >
  >;
}
const oracle = JSON.parse(readFileSync('test/fixtures/probing/syntax.json', 'utf8')) as Oracle;

describe('syntax by heads', function () {
  this.timeout(900_000);

  for (const [name, wanted] of Object.entries(oracle.models)) {
    it(`${name}: counts equal those of eager attention in NumPy`, async () => {
      const corpus = probeCorpus(scratch, 'syntax.conllu', oracle.step);
      const labels: string[] = [];
      const report = await syntax(
        { model: model(name), corpus },
        { ...quiet, progress: ({ label }) => labels.push(label) },
      );
      assert.equal(report.sentences, oracle.sentences);
      assert.deepEqual([report.layers, report.heads, report.corpus], [6, 4, 'syntax.conllu']);
      assert.deepEqual(
        report.relations.map(({ relation }) => relation).sort(),
        Object.keys(wanted).sort(),
      );
      assert.equal(report.relations[0]?.relation, 'all');
      for (const { relation, count, toHead, toDependent, offset, baseline } of report.relations) {
        const mine = wanted[relation];
        const counts = (shares: Float32Array) =>
          [...shares].map(share => Math.round(share * count));
        assert.deepEqual([count, offset], [mine?.count, mine?.offset], relation);
        assert.equal(Math.round(baseline * count), mine?.right, relation);
        assert.deepEqual(counts(toHead), mine?.toHead.flat(), relation);
        assert.deepEqual(counts(toDependent), mine?.toDependent.flat(), relation);
      }
      assert.match(labels.at(-1) ?? '', /^Running 60 of 60 sentences$/);
    });
  }

  it('stops within a second, and says what a file without dependencies lacks', async () => {
    const controller = new AbortController();
    let stopped = 0;
    const cancelled = syntax(
      { model: model('encoder') },
      {
        store,
        inTurn,
        files: { treebank: TREEBANK },
        signal: controller.signal,
        progress: ({ label }) => {
          if (stopped > 0 || !/^Running [1-9]/.test(label)) return;
          stopped = processorTime();
          controller.abort();
        },
      },
    );
    await assert.rejects(cancelled, isCancelled);
    assert.ok(stopped > 0 && processorTime() - stopped < 1000);
    const corpus = join(scratch, 'roots.conllu');
    writeFileSync(corpus, '1\tRun\trun\tVERB\t_\t_\t0\troot\t_\t_\n\n'.repeat(30));
    await assert.rejects(syntax({ model: model('encoder'), corpus }, quiet), /fewer than 20 words/);
  });
});

describe('word vectors', function () {
  this.timeout(900_000);

  /** Vectors of a batch run, beside the means over the tokens of a run of each sentence alone. */
  async function compare(path: string, sentences: ReturnType<typeof parseConllu>) {
    const chosen = [...sentences.keys()];
    const all = { model: path, sentences, chosen, progress: () => undefined };
    const { width, states, firstRow, isRead, cut } = await wordVectors(all, quiet);
    assert.equal(cut, 0);
    assert.ok(isRead.every(Boolean));
    let worst = 0;
    for (const [i, { text, words }] of sentences.entries()) {
      const capture = await run(path, text);
      const stack = textStack(capture.summary.model.stacks);
      const alone = statesOf(capture.run, stack, '');
      assert.equal(alone.length, states.length);
      const places = alignWords(words, capture.summary.tokens[stack] ?? []);
      for (const [state, values] of alone.entries()) {
        for (const [word, place] of places.entries()) {
          const { first, end } = place ?? { first: 0, end: 0 };
          const row = (firstRow.get(i) ?? 0) + word;
          for (let dim = 0; dim < width; dim++) {
            let sum = 0;
            for (let t = first; t < end; t++) sum += values[t * width + dim] ?? NaN;
            const found = states[state]?.[row * width + dim] ?? NaN;
            const wanted = sum / (end - first);
            worst = Math.max(worst, Math.abs(found - wanted) / (1 + Math.abs(wanted)));
          }
        }
      }
    }
    return worst;
  }

  for (const name of ['encoder', 'decoder', 'encoder-decoder']) {
    it(`${name}: of batches equal those of sentences alone`, async () => {
      const corpus = probeCorpus(scratch, 'few.conllu', 130);
      const worst = await compare(model(name), await readConlluFile(corpus));
      assert.ok(worst < 1e-4, String(worst));
    });
  }

  for (const name of [
    't5__legacy_eager_op14',
    'llama__dynamo_sdpa_op23',
    'gpt2__past_legacy_sdpa_op17',
  ]) {
    it(`${name}: also where one graph is both stacks, takes one row, or has a past`, async () => {
      const line = (id: number, form: string, head: number) =>
        `${id}\t${form}\t_\tX\t_\t_\t${head}\tdep\t_\t_\n`;
      const sentence = (...forms: string[]) =>
        `${forms.map((form, i) => line(i + 1, form, i)).join('')}\n`;
      const text =
        sentence('the', 'cat', 'sat') + sentence('it', 'was', 'warm') + sentence('a', 'mat');
      const worst = await compare(wordModel(scratch, name), parseConllu(text));
      assert.ok(worst < 1e-4, String(worst));
    });
  }

  it('a sentence that is too long is cut and counted; its first words are read', async () => {
    const words = Array.from(
      { length: 600 },
      (_, i) => `${i + 1}\tanticonstitutional\t_\tX\t_\t_\t${i}\tdep\t_\t_\n`,
    );
    const sentences = parseConllu(`${words.join('')}\n`);
    const all = { model: model('encoder'), sentences, chosen: [0], progress: () => undefined };
    const { cut, isRead } = await wordVectors(all, quiet);
    assert.equal(cut, 1);
    const read = isRead.indexOf(0);
    assert.ok(read > 50 && isRead.subarray(read).every(each => each === 0));
  });

  it('a graph without states is refused in one sentence', () => {
    const nothing = { sites: [], hiddenStates: {}, lastResidual: {}, runTime: 0 };
    assert.throws(
      () => statesOf(nothing, 'encoder', 'plain'),
      (error: unknown) => error instanceof InspectorError && error.code === 'not-captured',
    );
  });
});

describe('fitted probes', function () {
  this.timeout(900_000);
  /** Every 20th sentence, without coreference. */
  const choice = () => ({
    model: model('encoder'),
    corpus: probeCorpus(scratch, 'small.conllu', 20, each => each.replace(/\|?Coref=[^|\n]*/g, '')),
  });
  const files = () => ({ storage: join(scratch, 'storage') });
  const steps: ProbeProgress[] = [];
  let fitted: ProbeReport;

  it('nothing is stored before, and nothing is shown of a run', async () => {
    assert.equal(await probes(choice(), files()), null);
    const capture = await run(model('encoder'), 'The old farmer sold a horse.');
    assert.equal(await probeLabels(capture, { corpus: choice().corpus }, files()), null);
  });

  it('a cancelled fit ends within a second and stores nothing', async () => {
    for (const until of ['Running', 'Fitting part of speech', 'Fitting dependency heads']) {
      const controller = new AbortController();
      let stopped = 0;
      const work = fitProbes(choice(), {
        store,
        inTurn,
        files: files(),
        signal: controller.signal,
        progress: ({ label }) => {
          if (stopped === 0 && label.startsWith(until)) {
            stopped = processorTime();
            controller.abort();
          }
        },
      });
      await assert.rejects(work, isCancelled);
      const waited = processorTime() - stopped;
      assert.ok(stopped > 0 && waited < 1000, `${until}: ${waited} ms`);
    }
    assert.equal(existsSync(files().storage), false);
  });

  it('texts are inspected while probes are fitted', async () => {
    const inspector = createInspector(files());
    const controller = new AbortController();
    let begun: (() => void) | undefined;
    const fitting = new Promise<void>(resolve => (begun = resolve));
    const fit = inspector.fitProbes(
      choice(),
      value => {
        if ((value as ProbeProgress).label.startsWith('Fitting')) begun?.();
      },
      controller.signal,
    );
    const ended = fit.then(
      () => 'done',
      () => 'cancelled',
    );
    await fitting;
    const params = { model: model('encoder'), text: 'A short text.', maximumTokens: 64 };
    const summary = await inspector.inspect(params, () => undefined, NEVER_CANCELLED);
    assert.equal(summary.text, 'A short text.');
    controller.abort();
    assert.equal(await ended, 'cancelled');
  });

  it('report what was done, task by task', async () => {
    fitted = await fitProbes(choice(), {
      store,
      inTurn,
      files: files(),
      signal: NEVER_CANCELLED,
      progress: value => steps.push(value),
    });
    assert.deepEqual(
      fitted.tasks.map(({ task }) => task),
      ['pos', 'chunk', 'relation', 'head', 'entity'],
    );
    assert.deepEqual(
      fitted.missing.map(({ task }) => task),
      ['coreference'],
    );
    assert.match(fitted.missing[0]?.reason ?? '', /^No sentence has two mentions/);
    assert.deepEqual([fitted.states, fitted.stack, fitted.corpus], [7, 'encoder', 'small.conllu']);
    const sentences = await readConlluFile(choice().corpus);
    const used = sentences.filter(({ comments }) => comments.get('split') !== 'dev');
    assert.equal(fitted.sentences, used.length);
    assert.equal(
      fitted.words,
      used.reduce((sum, { words }) => sum + words.length, 0),
    );
    const pos = fitted.tasks[0];
    const inPart = (part: string) =>
      sentences
        .filter(({ comments }) => comments.get('split') === part)
        .reduce((sum, { words }) => sum + words.length, 0);
    assert.deepEqual([pos?.trainItems, pos?.testItems], [inPart('train'), inPart('test')]);
    const best = Math.max(...(pos?.scores ?? []).map(({ accuracy }) => accuracy.value));
    assert.ok(best > 0.75 && (pos?.majority ?? 1) < 0.3, String(best));
    // Shuffled labels or wrong rows would leave nothing but the majority.
    for (const { task, scores, majority } of fitted.tasks) {
      assert.ok(Math.max(...scores.map(({ accuracy }) => accuracy.value)) > majority - 0.02, task);
    }
  });

  it('progress goes from 0 to 1 and says what is done', () => {
    const done = steps.map(each => each.done);
    assert.deepEqual([done[0], done.at(-1)], [0, 1]);
    assert.ok(done.every((each, i) => i === 0 || each >= (done[i - 1] ?? 0)));
    const labels = steps.map(({ label }) => label);
    assert.ok(labels.some(label => /^Running \d+ of \d+ sentences$/.test(label)));
    assert.ok(labels.some(label => label.startsWith('Fitting dependency relations')));
  });

  it('are read the second time', async () => {
    const started = processorTime();
    assert.deepEqual(await probes(choice(), files()), fitted);
    assert.ok(processorTime() - started < 2000);
    const stored = readdirSync(join(files().storage, 'probes'));
    assert.deepEqual(stored, [`${fitted.modelHash}-${fitted.corpusHash}.safetensors`]);
  });

  it('label the words of a run in every state', async () => {
    const capture = await run(model('encoder'), 'The old farmer sold a horse.');
    const tokens = capture.summary.tokens.encoder ?? [];
    const labels = await probeLabels(capture, { corpus: choice().corpus }, files());
    assert.deepEqual(
      labels?.tasks.map(({ task }) => task),
      ['pos', 'chunk', 'entity'],
    );
    const pos = labels.tasks[0];
    assert.deepEqual([pos?.labels.length, labels.corpus], [7, 'small.conllu']);
    const words = tokens.flatMap(({ special, continues }, i) => (special || continues ? [] : [i]));
    for (const [state, row] of (pos?.labels ?? []).entries()) {
      assert.equal(row.length, tokens.length);
      for (const i of tokens.keys()) {
        const probability = pos?.probabilities[state * tokens.length + i] ?? NaN;
        assert.equal(row[i] !== '', words.includes(i));
        assert.equal(Number.isNaN(probability), !words.includes(i));
        if (words.includes(i)) assert.ok(probability > 0 && probability <= 1);
      }
    }
    const read = words.map(i => `${tokens[i]?.text ?? ''} ${pos?.labels[4]?.[i] ?? ''}`);
    assert.ok(
      read.includes('The DET') && read.includes('a DET') && read.includes('. PUNCT'),
      String(read),
    );
  });

  it('of another corpus, another model or a changed model are not these', async () => {
    const other = probeCorpus(scratch, 'other.conllu', 21);
    assert.equal(await probes({ ...choice(), corpus: other }, files()), null);
    assert.equal(await probes({ ...choice(), model: model('decoder') }, files()), null);
    const copy = join(scratch, 'copy');
    cpSync(model('encoder'), copy, { recursive: true });
    assert.equal(await modelHash(copy), await modelHash(model('encoder')));
    assert.deepEqual(await probes({ ...choice(), model: copy }, files()), fitted);
    const tokenizer = join(copy, 'tokenizer.json');
    writeFileSync(tokenizer, `${readFileSync(tokenizer, 'utf8')}\n`);
    assert.equal(await probes({ ...choice(), model: copy }, files()), null);
  });

  it('that came with a model are used where nothing was fitted', async () => {
    const copy = join(scratch, 'shipped');
    cpSync(model('encoder'), copy, { recursive: true });
    const [stored = ''] = readdirSync(join(files().storage, 'probes'));
    cpSync(join(files().storage, 'probes', stored), join(copy, 'probes.safetensors'));
    assert.deepEqual(await probes({ ...choice(), model: copy }, {}), fitted);
  });
});

describe('probes of the bundled models', function () {
  this.timeout(900_000);
  const files = { treebank: TREEBANK };
  const text = 'The old farmer quickly sold a horse to Anna.';
  const parts = 'DET ADJ NOUN ADV VERB DET NOUN ADP PROPN PUNCT'.split(' ');

  for (const [name, states] of [
    ['encoder', 7],
    ['decoder', 7],
    ['encoder-decoder', 5],
  ] as const) {
    it(`${name}: are of its files and of the treebank, and label a text`, async () => {
      const report = await probes({ model: model(name) }, files);
      assert.ok(report, 'Fit them again: npm run cli -- probe --save');
      assert.deepEqual([report.states, report.tasks.length, report.missing], [states, 6, []]);
      const capture = await run(model(name), text);
      const labels = await probeLabels(capture, {}, files);
      assert.equal(labels?.corpus, 'Bundled treebank');
      const pos = labels.tasks.find(({ task }) => task === 'pos');
      const right = (state: number) => {
        const found = pos?.labels[state]?.filter(label => label !== '') ?? [];
        return parts.filter((part, i) => found[i] === part).length;
      };
      const best = Math.max(...Array.from({ length: states }, (_, state) => right(state)));
      assert.ok(best >= 8, String(pos?.labels));
    });
  }

  it('take no more than 3 MB together', () => {
    const sizes = ['encoder', 'decoder', 'encoder-decoder'].map(
      name => statSync(join(model(name), 'probes.safetensors')).size,
    );
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 3e6, String(sizes));
  });
});

describe('probe and syntax on the command line', function () {
  this.timeout(900_000);
  const cli = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'src/inspector/cli.ts', ...args], {
      encoding: 'utf8',
    });

  it('probe prints the report as JSON and saves the probes', async () => {
    const corpus = probeCorpus(scratch, 'cli.conllu', 40);
    const saved = join(scratch, 'saved.safetensors');
    const { status, stdout, stderr } = cli(
      ...['probe', '--model', 'models/encoder-decoder', '--conllu', corpus],
      ...['--save', saved, '--json'],
    );
    assert.deepEqual([status, stderr], [0, '']);
    const report = JSON.parse(stdout) as ProbeReport;
    assert.deepEqual([report.states, report.stack], [5, 'encoder']);
    assert.equal(report.modelHash, await modelHash(model('encoder-decoder')));
    assert.ok(report.tasks.every(({ scores }) => scores.length === 5));
    assert.ok(existsSync(saved));
  });

  it('syntax prints a table, or accuracies by layer and head', () => {
    const corpus = probeCorpus(scratch, 'cli.conllu', 40);
    const table = cli('syntax', '--model', 'models/decoder', '--conllu', corpus);
    assert.equal(table.status, 0);
    assert.match(table.stdout, /\n +all +\d+ +L\dH\d/);
    const json = cli('syntax', '--model', 'models/decoder', '--conllu', corpus, '--json');
    const report = JSON.parse(json.stdout) as { relations: { toHead: number[][] }[] };
    assert.deepEqual(
      report.relations[0]?.toHead.map(row => row.length),
      [4, 4, 4, 4, 4, 4],
    );
  });

  it('a broken file is refused in one sentence that names the line', () => {
    const word = (id: string, head: string) => `${id}\tA\ta\tX\t_\t_\t${head}\tdep\t_\t_\n`;
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['cycle', `${word('1', '0')}${word('2', '3')}${word('3', '2')}\n`, /line \d is in a cycle/],
      ['columns', '1\tA\ta\tX\n\n', /line 1 has 4 columns where 10 must stand/],
      ['ids', `${word('1', '0')}${word('3', '1')}\n`, /line 2 has the number 3 where 2 must stand/],
      ['long', 'x'.repeat(10e6), /line 1 is longer than 100,000 characters/],
      ['empty', '', /it holds no sentences/],
    ];
    for (const [name, text, message] of cases) {
      const path = join(scratch, `${name}.conllu`);
      writeFileSync(path, text);
      const command = name === 'ids' ? 'syntax' : 'probe';
      const { status, stdout, stderr } = cli(
        command,
        '--model',
        'models/encoder',
        '--conllu',
        path,
      );
      assert.deepEqual([status, stdout], [1, ''], name);
      assert.match(stderr, /^The CoNLL-U file cannot be used: [^\n]+\.\n$/);
      assert.match(stderr, message);
    }
    const missing = cli('probe', '--model', 'models/encoder', '--conllu', join(scratch, 'none'));
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /cannot be opened/);
  });
});
