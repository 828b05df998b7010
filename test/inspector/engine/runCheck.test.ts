import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { inspect } from '../../../src/inspector/run/inspect';
import { type ModelRun, Edge } from '../../../src/inspector/model/run';
import { openModel } from '../../../src/inspector/model/openModel';
import { ModelStore } from '../../../src/inspector/store/modelStore';
import { fixture } from './support/cases';
import { modelOf, plainAttention, scaledScores } from './support/graphs';
import { everything, ids } from './support/inspect';
import { softmax, textLength } from './support/spellings';
import { idsOf, verdicts, type Attention } from './support/verdicts';
import { textOf, withWords } from './support/words';

/** From so many tokens on the weights are switched off: more than any text that is tried at opening. */
const LONG = 140;

const switchedOff: Attention = (graph, heads) => {
  const isShort = graph.op('Less', [textLength(graph), graph.ints(LONG)]);
  const factor = graph.op('Where', [isShort, graph.scalar(1), graph.scalar(0)]);
  const weights = softmax(graph, scaledScores(graph, heads));
  return graph.op('MatMul', [graph.op('Mul', [weights, factor]), heads.value]);
};

describe('every run bears out what was checked at opening', function () {
  this.timeout(300_000);
  const REASON = /for this text, what multiplies its values is not the softmax of its scores/;
  let folder: string;
  before(() => (folder = withWords(modelOf([plainAttention, switchedOff, plainAttention]))));

  it('or the attention is refused in that run, and the others are shown', async () => {
    const store = new ModelStore();
    const model = await store.model(folder);
    assert.deepEqual(verdicts(model.card), ['exact', 'exact', 'exact']);
    const inspected = async (length: number) => {
      const params = { model: folder, text: textOf(length), maximumTokens: 512 };
      const capture = await inspect(params, store, () => Promise.resolve());
      return capture.summary;
    };
    const short = await inspected(20);
    assert.deepEqual(
      short.sites.map(({ layer }) => layer),
      [0, 1, 2],
    );
    assert.deepEqual(verdicts(short.model), ['exact', 'exact', 'exact']);
    assert.deepEqual(short.notes, []);
    const long = await inspected(LONG);
    assert.deepEqual(
      long.sites.map(({ layer }) => layer),
      [0, 2],
    );
    const [first, second = '', third] = verdicts(long.model);
    assert.deepEqual([first, third], ['exact', 'exact']);
    assert.match(second, REASON);
    assert.match(
      (long.notes ?? []).join(' '),
      /self-attention of encoder layer 1 is not shown: for this/,
    );
    // The next short text is shown again.
    assert.deepEqual((await inspected(20)).sites.length, 3);
  });

  it('which the report of the command line tells', () => {
    const report = (length: number) => {
      const options = ['inspect', '--model', folder, '--text', textOf(length), '--json'];
      const command = ['--import', 'tsx', 'src/inspector/cli.ts', ...options];
      const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      return JSON.parse(stdout) as { refused: { layer: number; reason: string }[] };
    };
    assert.deepEqual(report(20).refused, []);
    const [refused, ...others] = report(LONG).refused;
    assert.equal(refused?.layer, 1);
    assert.match(refused.reason, REASON);
    assert.equal(others.length, 0);
  });
});

describe('plain runs are the same, bit for bit, whatever was asked for before', function () {
  this.timeout(300_000);
  const numbers = ({ sites, hiddenStates, logits }: ModelRun) => ({
    sites: sites.map(({ weights, query, headOutput }) => [weights, query, headOutput]),
    hiddenStates,
    logits,
  });

  for (const path of [
    fixture('roberta__dynamo_sdpa_op18'),
    fixture('gpt2__legacy_eager_op14'),
    resolve('models/encoder'),
  ]) {
    it(path.split('/').slice(-2).join('/'), async () => {
      const model = await openModel(path, { threads: 1 });
      const feeds = { input_ids: ids };
      try {
        const run = async () => numbers(await model.run(feeds, everything));
        const before = await run();
        const equal = await model.run(feeds, everything, [], { equalPositions: true });
        assert.notDeepEqual(numbers(equal), before, 'equal positions change something');
        assert.deepEqual(await run(), before, 'after equal positions');
        const edges = new Uint8Array(36).fill(Edge.keep);
        edges[2 * 6] = Edge.block;
        const mask = { edges, dims: [1, 6, 6] } as const;
        const masked = await model.run(feeds, everything, [{ site: 0, mask }]);
        assert.notDeepEqual(numbers(masked), before, 'a mask changes something');
        assert.deepEqual(await run(), before, 'after a mask');
      } finally {
        await model.dispose();
      }
    });
  }

  it('of another length too', async () => {
    const model = await openModel(modelOf([plainAttention, plainAttention]), { threads: 1 });
    const run = async (length: number) =>
      numbers(await model.run({ input_ids: idsOf(length) }, everything));
    const before = await run(9);
    await run(30);
    assert.deepEqual(await run(9), before);
    await model.dispose();
  });
});
