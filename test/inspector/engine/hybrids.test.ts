import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, toFloat32 } from '../../../src/inspector/files/safetensors';
import { openModel } from '../../../src/inspector/model/openModel';
import { layerPlans } from '../../../src/inspector/model/configLayers';
import type { Feeds } from '../../../src/inspector/model/run';
import { GraphBuilder, save, small } from './support/graphs';
import { everything, ids } from './support/inspect';
import { linear as oneOperator } from './support/linearAttention';

const { width, heads } = small;

/** One layer without attention, then one with it. */
function hybrid(
  mix: (graph: GraphBuilder, hidden: string) => string,
  config?: Readonly<Record<string, unknown>>,
): string {
  const graph = new GraphBuilder();
  const embedded = graph.embed();
  const mixed = graph.op('Add', [embedded, mix(graph, embedded)]);
  const output = graph.op('Add', [mixed, graph.attend(graph.project(mixed))]);
  return save(graph, graph.head(output), config ? { config } : {});
}

/** Attention without a softmax, as the runtime has it in one operator. */
function linear(update: string) {
  return (graph: GraphBuilder, hidden: string): string => {
    const project = (columns: number) => graph.op('MatMul', [hidden, graph.weight(width, columns)]);
    const decays = update.startsWith('gated');
    const learns = update.endsWith('delta');
    const inputs = [project(width), project(width), project(width), ''];
    const decay = decays ? graph.op('Neg', [graph.op('Softplus', [project(heads)])]) : '';
    const beta = learns ? graph.op('Sigmoid', [project(heads)]) : '';
    const attributes = { q_num_heads: heads, kv_num_heads: heads, update_rule: update };
    const [mixed = ''] = graph.ops('LinearAttention', [...inputs, decay, beta], 2, {
      domain: 'com.microsoft',
      attributes,
    });
    return graph.op('MatMul', [mixed, graph.weight(width, width)]);
  };
}

/** A depthwise convolution along the text, which looks back. */
function convolution(graph: GraphBuilder, hidden: string): string {
  const turn = (tensor: string) =>
    graph.op('Transpose', [tensor], { attributes: { perm: [0, 2, 1] } });
  const attributes = { group: width, kernel_shape: [3], pads: [2, 0] };
  return turn(graph.op('Conv', [turn(hidden), graph.weight(width, 1, 3)], { attributes }));
}

/** A model of Hugging Face with Mamba-2 in layers 0 and 2. */
const bamba = join(import.meta.dirname, '../../fixtures/blocks/bamba__legacy_hybrid');

describe('layers that mix tokens without a softmax are named', () => {
  const rules = {
    linear: 'linear attention',
    gated: 'gated linear attention',
    delta: 'delta net',
    gated_delta: 'gated delta net',
  };
  for (const [rule, name] of Object.entries(rules)) {
    it(`${name}, by the rule of its operator`, async () => {
      // What a configuration says otherwise counts for less than the operator.
      const config = { model_type: 'bamba', num_hidden_layers: 2, attn_layer_indices: [1] };
      const model = await openModel(hybrid(linear(rule), config), { threads: 1 });
      const run = await model.run({ input_ids: ids }, everything);
      await model.dispose();
      assert.deepEqual(
        model.card.withoutAttention?.map(({ layer, instead }) => [layer, instead]),
        [[0, name]],
      );
      assert.deepEqual(
        run.sites.map(({ site }) => [site.layer, site.check.result]),
        [[1, 'exact']],
      );
    });
  }

  it('with the convolution before them', async () => {
    const mix = (graph: GraphBuilder, hidden: string) => {
      const turn = (tensor: string) =>
        graph.op('Transpose', [tensor], { attributes: { perm: [0, 2, 1] } });
      const projected = graph.op('MatMul', [hidden, graph.weight(width, width)]);
      const inputs = [turn(projected), graph.weight(width, 1, 3)];
      const [mixed = ''] = graph.ops('CausalConvWithState', inputs, 2, { domain: 'com.microsoft' });
      const sizes = { queryHeads: heads, valueHeads: heads, keyDim: 4, valueDim: width / heads };
      const output = oneOperator(graph, hidden, { rule: 'gated_delta', ...sizes }, turn(mixed));
      return graph.op('MatMul', [output, graph.weight(width, width)]);
    };
    const model = await openModel(hybrid(mix), { threads: 1 });
    await model.dispose();
    const [layer] = model.card.withoutAttention ?? [];
    assert.equal(layer?.instead, 'gated delta net');
    assert.equal(layer.effective?.convolution, 'CausalConvWithState');
    assert.equal(layer.effective.check.result, 'exact', JSON.stringify(layer.effective.check));
  });

  it('but for an operator that the runtime does not compute, which is refused by its name', async () => {
    const mix = (graph: GraphBuilder, hidden: string) => {
      const project = (...dims: readonly number[]) => {
        const columns = dims.reduce((product, size) => product * size, 1);
        const projected = graph.op('MatMul', [hidden, graph.weight(width, columns)]);
        return graph.op('Reshape', [projected, graph.ints(0, 0, ...dims)]);
      };
      const each = project(heads, width / heads);
      const inputs = [each, each, each, '', project(heads), project(heads)];
      const mixed = graph.op('GatedDeltaNet', inputs, { domain: 'com.microsoft' });
      return graph.op('Reshape', [mixed, graph.ints(0, 0, width)]);
    };
    await assert.rejects(
      openModel(hybrid(mix), { threads: 1 }),
      /does not compute the operator GatedDeltaNet on the processor/,
    );
  });

  it('by the type of the model, where the graph spells them out', async () => {
    const names = async (config?: Readonly<Record<string, unknown>>) => {
      const { card, dispose } = await openModel(hybrid(convolution, config), { threads: 1 }).then(
        model => ({ card: model.card, dispose: () => model.dispose() }),
      );
      await dispose();
      return card.withoutAttention?.map(({ instead }) => instead);
    };
    assert.deepEqual(await names(), ['convolution']);
    const types = { num_hidden_layers: 2, layer_types: ['mamba', 'attention'] };
    assert.deepEqual(await names({ ...types, model_type: 'granitemoehybrid' }), ['Mamba-2']);
    assert.deepEqual(await names({ ...types, model_type: 'unknown' }), ['Mamba']);
    const named = { num_hidden_layers: 2, layer_types: ['toString', 'attention'] };
    assert.deepEqual(await names({ ...named, model_type: 'constructor' }), ['convolution']);
  });

  it('Mamba-2 spelled out by an exporter: named, numbered, and the stream around it exact', async () => {
    const read = (file: string) => readSafetensors(readFileSync(join(bamba, file)));
    const model = await openModel(bamba, { threads: 1 });
    const feeds = Object.fromEntries(read('inputs.safetensors')) as unknown as Feeds;
    const run = await model.run(feeds, everything);
    await model.dispose();
    const { card } = model;
    assert.equal(card.layers?.decoder, 3);
    assert.deepEqual(
      card.withoutAttention?.map(({ layer, instead }) => [layer, instead]),
      [
        [0, 'Mamba-2'],
        [2, 'Mamba-2'],
      ],
    );
    assert.deepEqual(
      card.sites.map(({ layer, check }) => [layer, check.result]),
      [[1, 'exact']],
    );
    const reference = read('reference.safetensors');
    const states = run.hiddenStates.decoder ?? [];
    assert.equal(states.length, 4);
    for (const [i, { data }] of states.entries()) {
      const expected = reference.get(`hidden_states.${i}`);
      assert.ok(expected);
      const theirs = toFloat32(expected);
      const worst = data.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - (theirs[at] ?? NaN))),
        0,
      );
      assert.ok(worst <= 1e-4, `state ${i} differs by ${worst}`);
    }
  });

  it('reads nothing from a configuration that has no hybrid', () => {
    assert.equal(layerPlans({ num_hidden_layers: 4, model_type: 'llama' }).main.mixers, undefined);
  });
});
