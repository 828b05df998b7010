import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openCapture, saveCapture } from '../../src/inspector/capture/captureFile';
import { parseFeeds } from '../../src/inspector/cli/options';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { ElementType } from '../../src/inspector/onnx/file/types';
import { writeSafetensors } from '../../src/inspector/files/safetensors';
import { readFeed } from '../../src/protocol/feeds';
import type { GivenFeeds, ModelInput } from '../../src/protocol/model';
import { modelWith, plainAttention, scaledScores, small } from './engine/support/graphs';
import { WORDS_TEXT, writeWordTokenizer } from './support/wordModel';

const quiet = () => Promise.resolve();
/** A mask for the words of the text that hides the last one. */
const LAST_HIDDEN = [1, 1, 1, 1, 1, 1, 1, 1, 1, 0];
const map = { block: { stack: 'encoder', kind: 'self' }, layer: 0, head: 0 } as const;

/** A model whose scores are divided by a temperature and hidden by a mask. */
function cooledModel(): string {
  const path = modelWith(
    (graph, heads) => {
      const visible = graph.op('Cast', ['attention_mask'], {
        attributes: { to: ElementType.float },
      });
      const hidden = graph.op('Unsqueeze', [
        graph.op('Sub', [graph.scalar(1), visible]),
        graph.ints(1, 2),
      ]);
      const cooled = graph.op('Div', [scaledScores(graph, heads), 'temperature']);
      const masked = graph.op('Add', [cooled, graph.op('Mul', [hidden, graph.scalar(-1e9)])]);
      const weights = graph.op('Softmax', [masked], { attributes: { axis: -1 } });
      return graph.op('MatMul', [weights, heads.value]);
    },
    {
      inputs: [
        { name: 'attention_mask', elementType: ElementType.int64, dims: ['batch', 'tokens'] },
        { name: 'temperature', elementType: ElementType.float, dims: [1] },
      ],
    },
  );
  writeWordTokenizer(dirname(path));
  return path;
}

describe('what people want inputs to be fed', function () {
  this.timeout(300_000);
  const store = new ModelStore();
  let model: string;
  let scratch: string;
  before(() => {
    model = cooledModel();
    scratch = mkdtempSync(join(tmpdir(), 'attention-debugger-feeds-'));
  });
  after(() => rmSync(scratch, { recursive: true }));

  const run = (feeds: GivenFeeds | undefined, memoryBudget = 1e9) =>
    inspect(
      { model, text: WORDS_TEXT, maximumTokens: 64, memoryBudget, ...(feeds ? { feeds } : {}) },
      store,
      quiet,
    );

  it('is in the run, in its summary and in what is computed again for it', async () => {
    const own = await run(undefined);
    const cold = await run({ temperature: 0.25 });
    const again = await run({ temperature: 0.25 }, 0);
    assert.equal('feeds' in own.summary, false);
    assert.deepEqual(cold.summary.feeds, { temperature: 0.25 });
    const scale = (of: typeof own) => of.summary.model.sites[0]?.scale ?? NaN;
    assert.ok(Math.abs(scale(cold) - 4 * scale(own)) < 1e-5);
    const codes = async (of: typeof own) => (await of.map(map)).codes;
    assert.notDeepEqual(await codes(cold), await codes(own));
    assert.deepEqual(await codes(again), await codes(cold));
  });

  it('stays with the run in a capture file', async () => {
    const file = join(scratch, 'cold.safetensors');
    await saveCapture(await run({ temperature: 0.25, attention_mask: LAST_HIDDEN }), file);
    const { feeds, model: card } = (await openCapture(file)).summary;
    assert.deepEqual(feeds, { temperature: 0.25, attention_mask: LAST_HIDDEN });
    assert.equal(card.inputs?.find(({ name }) => name === 'temperature')?.why, 'given by you');
    assert.equal(card.inputs[0]?.isText, true);
  });

  it('a mask that hides every key is told of in the notes of the run', async () => {
    const { notes } = (await run({ attention_mask: 0 })).summary;
    assert.match(notes?.join() ?? '', /hides every key from 10 of 10 queries/);
    assert.doesNotMatch((await run(undefined)).summary.notes?.join() ?? '', /hides every key/);
  });

  it('--feed is a number or a list, and its name may hold “=”', () => {
    assert.deepEqual(parseFeeds(['a=1', 'b:0=1,2.5,-3', 'c=d=true', 'a=2']), {
      a: 2,
      'b:0': [1, 2.5, -3],
      'c=d': 1,
    });
    for (const wrong of ['a', '=1', 'a=', 'a=x', 'a=1,,2', 'a=Infinity', 'a=NaN']) {
      assert.equal(parseFeeds([wrong]), undefined, wrong);
    }
    assert.equal(readFeed(Array(70_000).fill('1').join(',')), undefined);
  });

  describe('on the command line', () => {
    const cli = (...args: string[]) => {
      const command = ['--import', 'tsx', 'src/inspector/cli.ts', 'inspect', '--model', ...args];
      return spawnSync(process.execPath, command, { encoding: 'utf8' });
    };

    it('--feed says what is fed, and the report says it of every input', () => {
      const { status, stdout } = cli(
        model,
        '--text',
        'the cat',
        '--json',
        '--feed',
        'temperature=2',
      );
      assert.equal(status, 0);
      const report = JSON.parse(stdout) as { model: { inputs: ModelInput[] }; feeds: GivenFeeds };
      assert.deepEqual(report.feeds, { temperature: 2 });
      const fed = report.model.inputs.map(({ name, fed: what, why }) => [name, what, why]);
      assert.deepEqual(fed, [
        ['input_ids', 'the token ids', 'they come from the text'],
        ['attention_mask', '1 for every token', 'named so'],
        ['temperature', '2', 'given by you'],
      ]);
      assert.match(cli(model, '--text', 'the cat').stdout, /^input temperature: 1 \(/m);
    });

    it('a wrong --feed is refused', () => {
      assert.equal(cli(model, '--text', 'a', '--feed', 'temperature').status, 2);
      const { status, stderr } = cli(model, '--text', 'the cat', '--feed', 'heat=2');
      assert.equal(status, 1);
      assert.match(
        stderr,
        /no input “heat”: its inputs are input_ids, attention_mask, temperature/,
      );
    });

    it('--inputs of the length that is baked into a graph are run', () => {
      const path = modelWith((graph, heads) =>
        graph.op('Reshape', [
          plainAttention(graph, heads),
          graph.op('Add', [graph.ints(0, 0, 0, 0), graph.ints(-1, small.heads, 70, small.headDim)]),
        ]),
      );
      const file = join(scratch, 'inputs.safetensors');
      const data = new BigInt64Array(70).fill(4n);
      writeFileSync(
        file,
        writeSafetensors(new Map([['input_ids', { dtype: 'I64', dims: [1, 70], data }]])),
      );
      const { status, stderr } = cli(path, '--inputs', file, '--json');
      assert.equal(status, 0, stderr);
    });
  });
});
