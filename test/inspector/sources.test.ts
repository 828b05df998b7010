import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeOf, SOURCE_STAGES } from '../../src/protocol/source';
import { readSummary, writeSummary } from '../../src/inspector/captureFile/storedSummary';
import { loadGraph } from '../../src/inspector/model/graph/loadGraph';
import { openModel } from '../../src/inspector/model/openModel';

const FIXTURES = 'test/fixtures/sources';

interface Expected {
  readonly module: string;
  readonly className: string;
  readonly stages: Readonly<Record<string, { readonly file: string; readonly line: number }>>;
}

const expected = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Readonly<
  Record<string, Expected>
>;

describe('the source of a model, as its exporter tells', () => {
  for (const name of ['llama', 'tiny', 'fused']) {
    it(`${name}: every step of every layer has the line that computes it`, () => {
      const { module = '', className = '', stages = {} } = expected[name] ?? {};
      const { sources } = loadGraph(join(FIXTURES, name, 'model.onnx'));
      assert.equal(sources.length, name === 'fused' ? 1 : 2);
      for (const [layer, source] of sources.entries()) {
        assert.equal(source?.module, module.replace('{layer}', String(layer)));
        assert.equal(source.className, className);
        for (const stage of SOURCE_STAGES) {
          const place = placeOf(source, stage);
          assert.deepEqual(
            place && { file: place.file, line: place.line },
            stages[stage],
            `layer ${layer}, ${stage}`,
          );
        }
      }
    });
  }

  it('code is the line itself where the trace has it', () => {
    const lines = readFileSync(join(FIXTURES, 'tiny/attention.py'), 'utf8').split('\n');
    const [source] = loadGraph(join(FIXTURES, 'tiny/model.onnx')).sources;
    for (const { line, code } of source?.places ?? []) {
      assert.equal(code, lines[line - 1]?.trim());
    }
    const [llama] = loadGraph(join(FIXTURES, 'llama/model.onnx')).sources;
    assert.ok(llama?.places.every(({ code }) => code === undefined));
  });

  it('is on the card of the model, and steps of one line stand together', async () => {
    const model = await openModel(join(FIXTURES, 'llama'));
    try {
      const [first, second] = model.card.sites;
      assert.equal(second?.source?.module, 'model.model.layers.1.self_attn');
      assert.deepEqual(
        first?.source?.places.map(({ line, stages }) => [line, stages]),
        [
          [236, ['query']],
          [237, ['key']],
          [238, ['value']],
          [252, ['scores', 'mask', 'softmax', 'headOutput']],
          [264, ['output']],
        ],
      );
    } finally {
      await model.dispose();
    }
  });

  it('goes with the summary into capture files, whose paths are checked like those of models', async () => {
    const model = await openModel(join(FIXTURES, 'tiny'));
    await model.dispose();
    const { card } = model;
    const timings = { tokenize: 0, load: 0, run: 0, collect: 0 };
    const written = writeSummary({ model: card, text: '', tokens: {}, totalTokens: 0, timings });
    const fail = (what: string): never => {
      throw new Error(what);
    };
    const read = readSummary(written, fail);
    assert.deepEqual(
      read.model.sites.map(({ source }) => source),
      card.sites.map(({ source }) => source),
    );
    for (const [from, to] of [
      ['"/home/user/project/tiny/attention.py"', '"//host/attention.py"'],
      ['"line":20', '"line":0'],
      ['"stages":["query"]', '"stages":["everything"]'],
    ] as const) {
      assert.ok(written.includes(from));
      assert.throws(() => readSummary(written.replace(from, to), fail), /source/);
    }
  });

  it('is absent where the graph has no such metadata', () => {
    const { sources, sites } = loadGraph('test/fixtures/onnx/llama__dynamo_sdpa_op18/model.onnx');
    assert.equal(sources.length, sites.length);
    assert.ok(sources.every(source => source === undefined));
  });
});
