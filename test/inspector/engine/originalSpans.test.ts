import assert from 'node:assert/strict';
import { join } from 'node:path';
import { noChanges } from '../../../src/inspector/model/changes/interventions';
import { otherTensors, plain } from '../../../src/inspector/model/graph/changingSession';
import { GraphSession, type Wanted } from '../../../src/inspector/model/graph/graphSession';
import { loadGraph } from '../../../src/inspector/model/graph/loadGraph';
import { openModel } from '../../../src/inspector/model/openModel';
import { OriginalSpans } from '../../../src/inspector/model/probe/originalSpans';
import { plainProbe } from '../../../src/inspector/model/probe/probe';
import type { Graph } from '../../../src/inspector/onnx/file/types';
import { instrumentedGraph } from '../../../src/inspector/onnx/rewrite/instrument';
import { spansOf } from '../../../src/inspector/onnx/rewrite/spans';
import { everything, ids } from './support/inspect';

const models = join(import.meta.dirname, '../../../models');
const decoder = join(models, 'decoder/model.onnx');
const inputIds = { input_ids: ids };

describe('a graph that is compared with the untouched one layer by layer', () => {
  for (const name of ['decoder', 'encoder']) {
    it(`${name}: is what it is when it is compared as a whole`, async () => {
      const opened = [];
      for (const spansFrom of [Infinity, 0]) {
        const model = await openModel(join(models, name), { threads: 1, spansFrom });
        const run = await model.run(inputIds, everything);
        await model.dispose();
        opened.push({ model, run });
      }
      const [asWhole, inSpans] = opened;
      assert.ok(asWhole && inSpans);
      const { outputCheck: one, ...card } = asWhole.model.card;
      const { outputCheck: other, ...cardOfSpans } = inSpans.model.card;
      assert.deepEqual(cardOfSpans, card);
      assert.deepEqual([one.result, other.result], ['exact', 'exact']);
      assert.deepEqual(inSpans.run.sites, asWhole.run.sites);
      assert.deepEqual(inSpans.run.hiddenStates, asWhole.run.hiddenStates);
      assert.deepEqual(inSpans.run.logits, asWhole.run.logits);
    });
  }

  it('finds what the instrumented graph does otherwise in the first and the last layer', async () => {
    const loaded = loadGraph(decoder);
    const spans = OriginalSpans.of(loaded, 0);
    assert.ok(spans);
    const { feeds, batch } = plainProbe(loaded, 9);
    const session = await GraphSession.openLarge(loaded, { threads: 1 }, spans.tensors);
    const wanted: Wanted = {
      quantities: new Set(['weights', 'headOutput'] as const),
      hiddenStates: false,
      output: false,
      raw: spans.tensors,
    };
    const { sites } = await session.run(feeds, batch, wanted);
    const silent = new Float32Array(sites[0]?.headOutput?.dims[1] ?? 0);
    const compared = async (site?: number) => {
      const scales = new Map(site === undefined ? [] : [[site, silent] as const]);
      const { raw = {} } = await session.run(feeds, batch, wanted, { ...noChanges, scales });
      return spans.difference([{ feeds, raw }], { threads: 1 });
    };
    assert.ok((await compared()) < 1e-5);
    for (const site of [0, loaded.sites.length - 1]) {
      assert.ok((await compared(site)) > 1e-3, `layer ${site}`);
    }
    await session.dispose();
  });

  it('takes no layer for another whose nodes differ', () => {
    const loaded = loadGraph(decoder);
    const graph = instrumentedGraph(loaded, plain, otherTensors(loaded));
    const kindsOf = (instrumented: Graph) =>
      spansOf(loaded.analysis, loaded.streams, instrumented)?.map(({ kind }) => kind) ?? [];
    const kinds = kindsOf(graph);
    const [, , second = '', third = '', fourth = ''] = kinds;
    assert.equal(second, third);
    assert.equal(third, fourth);

    const scales = graph.nodes.filter(({ inputs }) =>
      inputs.some(name => name.startsWith('attention_debugger/head_scale/')),
    );
    const changed = {
      ...graph,
      nodes: graph.nodes.map(node => (node === scales[2] ? { ...node, operator: 'Add' } : node)),
    };
    const others = kindsOf(changed);
    assert.deepEqual(
      kinds.map((kind, i) => kind === others[i]),
      kinds.map((_, i) => i !== 3),
    );

    const near = [...(scales[2]?.inputs ?? []), ...(scales[2]?.outputs ?? [])];
    const inner = near.find(
      name => ![...graph.outputs, ...graph.inputs].some(known => known.name === name),
    );
    assert.ok(inner);
    const more = { ...graph, outputs: [...graph.outputs, { name: inner, elementType: 0 }] };
    assert.deepEqual(
      kinds.map((kind, i) => kind === kindsOf(more)[i]),
      kinds.map((_, i) => i !== 3),
    );
  });

  it('is compared as a whole where it has several stacks', () => {
    const merged = join(
      import.meta.dirname,
      '../../fixtures/onnx/t5__legacy_eager_op14/model.onnx',
    );
    assert.equal(OriginalSpans.of(loadGraph(merged), 0), undefined);
  });
});
