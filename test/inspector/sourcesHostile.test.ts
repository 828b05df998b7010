import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { placeOf } from '../../src/protocol/source';
import { loadGraph } from '../../src/inspector/model/graph/loadGraph';
import { GraphBuilder, plainAttention, save } from './engine/support/graphs';
import { withMetadata, type Entries } from './support/withMetadata';

const TINY = 'test/fixtures/sources/tiny/model.onnx';
const TRACE = 'pkg.torch.onnx.stack_trace';
const SCOPES = 'pkg.torch.onnx.name_scopes';
const CLASSES = 'pkg.torch.onnx.class_hierarchy';

const frame = (file: string, line: number | string = 7): string =>
  `File "${file}", line ${line}, in forward\n    some code`;

/** The place of the first softmax of a model whose softmaxes have these entries. */
function softmaxWith(entries: Entries) {
  const path = withMetadata(TINY, ({ operator }) => (operator === 'Softmax' ? entries : []));
  const [source] = loadGraph(path).sources;
  return { source, place: placeOf(source, 'softmax') };
}

describe('the source of a model that lies', () => {
  it('good metadata is read, or none of this says anything', () => {
    const { source, place } = softmaxWith([
      [TRACE, frame('/a/b/attention.py')],
      [SCOPES, "['', 'layer', 'softmax']"],
      [CLASSES, "['m.Top', 'm.Attention', 'aten.softmax.int']"],
    ]);
    assert.deepEqual(place, {
      file: '/a/b/attention.py',
      line: 7,
      code: 'some code',
      stages: ['softmax'],
    });
    assert.equal(source?.module, 'layer');
    assert.equal(source.className, 'm.Attention');
  });

  for (const [what, file, line] of [
    ['a share of another machine', '\\\\host\\share\\a.py'],
    ['the same with slashes', '//host/share/a.py'],
    ['a long path of Windows', '\\\\?\\C:\\a.py'],
    ['an address', 'file:///a/b.py'],
    ['an address of another machine', 'vscode-remote://x/a.py'],
    ['a way up', '/a/../../etc/b.py'],
    ['a way up, Windows', 'C:\\a\\..\\b.py'],
    ['a program', '/bin/sh'],
    ['another kind of file', '/a/b.py.exe'],
    ['a name that is only an ending', '/a/.py'],
    ['a zero byte', '/a/b\0.py'],
    ['a colour of a terminal', '/a/\u001b[31mb.py'],
    ['writing that runs backwards', '/a/\u202eyp.b.py'],
    ['a code without a file', '<eval_with_key>.1'],
    ['a path without end', `/${'a'.repeat(5000)}.py`],
    ['line 0', '/a/b.py', 0],
    ['a line beyond all files', '/a/b.py', 1_000_001],
    ['a line that is no number', '/a/b.py', '9'.repeat(400)],
    ['a line below', '/a/b.py', '-3'],
  ] as const) {
    it(`${what} is no source`, () => {
      assert.equal(softmaxWith([[TRACE, frame(file, line)]]).source, undefined);
    });
  }

  it('a bad call within a trace is left out, the others stay', () => {
    const trace = [frame('/a/b.py', 3), frame('\\\\host\\c.py'), frame('../d.py')].join('\n');
    assert.equal(softmaxWith([[TRACE, trace]]).place?.file, '/a/b.py');
  });

  it('names that turn the writing, and lists that are none, are left out', () => {
    for (const names of [
      "['', 'a\u202eb', 'softmax']",
      "['', 'a\\nb', 'softmax']",
      'x'.repeat(99),
    ]) {
      const { source } = softmaxWith([
        [TRACE, frame('/a/b.py')],
        [SCOPES, names],
        [CLASSES, "['m.Top', 'm.Attention', 'aten.softmax.int']"],
      ]);
      assert.equal(source?.places.length, 1);
      assert.equal(source.module, undefined);
    }
  });

  it('code that turns the writing or is endless is left out', () => {
    for (const code of ['x = 1 \u202e', 'x'.repeat(5000)]) {
      const trace = `File "/a/b.py", line 7, in forward\n    ${code}`;
      assert.deepEqual(softmaxWith([[TRACE, trace]]).place, {
        file: '/a/b.py',
        line: 7,
        stages: ['softmax'],
      });
    }
  });

  it('a million entries cost no more than passing over them', () => {
    // The entry `k: v`, as bytes: making a million of them takes longer than reading them.
    const entry = Uint8Array.of(10, 1, 107, 18, 1, 118);
    const other = Array.from({ length: 1_000_000 }, () => entry);
    const path = withMetadata(TINY, ({ operator }) =>
      operator === 'Softmax' ? [...other, [TRACE, frame('/a/b.py')]] : [],
    );
    assert.ok(statSync(path).size > 1.5e7);
    const before = process.memoryUsage().heapUsed;
    const { sites, sources } = loadGraph(path);
    assert.equal(sites.length, 2);
    assert.ok(sources.every(source => source === undefined));
    assert.ok(process.memoryUsage().heapUsed - before < 1e8);
  });

  it('a value of many megabytes is passed over, what stands beside it is read', () => {
    const { source, place } = softmaxWith([
      ['pkg.torch.onnx.fx_node', 'x'.repeat(100_000)],
      [SCOPES, `['${'x'.repeat(100_000)}']`],
      [TRACE, frame('/a/b.py')],
    ]);
    assert.equal(place?.line, 7);
    assert.equal(source?.module, undefined);
    const huge = `${'x'.repeat(5_000_000)}\n${frame('/a/b.py')}`;
    assert.equal(softmaxWith([[TRACE, huge]]).source, undefined);
  });

  it('entries that are no messages end the reading of their node, not of the model', () => {
    const broken = Uint8Array.of(0x0a, 0xff, 0xff, 0x03);
    assert.equal(softmaxWith([broken, [TRACE, frame('/a/b.py')]]).source, undefined);
    assert.equal(softmaxWith([[TRACE, frame('/a/b.py')], broken]).place?.line, 7);
  });

  it('an attention without projections is not given those of the layer before', () => {
    const graph = new GraphBuilder();
    let hidden = graph.embed();
    hidden = graph.op('Add', [hidden, graph.op('MatMul', [hidden, graph.weight(12, 12)])]);
    const heads = graph.split(hidden);
    const context = graph.merge(plainAttention(graph, { query: heads, key: heads, value: heads }));
    const added = graph.op('Add', [hidden, graph.op('MatMul', [context, graph.weight(12, 12)])]);
    const products = graph.nodes.flatMap(({ operator }, i) => (operator === 'MatMul' ? [i] : []));
    const path = withMetadata(save(graph, graph.head(added)), ({ index }) => [
      [TRACE, frame('/a/b.py', products.indexOf(index) + 1)],
    ]);
    const [source] = loadGraph(path).sources;
    assert.equal(placeOf(source, 'scores')?.line, 2);
    assert.equal(placeOf(source, 'headOutput')?.line, 3);
    assert.equal(placeOf(source, 'output')?.line, 4);
    for (const stage of ['query', 'key', 'value'] as const) {
      assert.equal(placeOf(source, stage), undefined, stage);
    }
  });
});
