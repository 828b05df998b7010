import assert from 'node:assert/strict';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import type { ModelCard } from '../../../src/protocol/model';
import { worstError } from './support/cases';
import {
  GraphBuilder,
  modelOf,
  plainAttention,
  save,
  scaledScores,
  small,
  type SaveOptions,
} from './support/graphs';
import { feedForward, linear, norm, softmax } from './support/spellings';
import { cardOf, graphTensor, ran, verdicts, type Attention } from './support/verdicts';

const { width } = small;

/** What a layer does with the normalised stream, in place of attention. */
type Mixer = (graph: GraphBuilder, normed: string) => string;

const convolution: Mixer = (graph, normed) => {
  const turn = (tensor: string) =>
    graph.op('Transpose', [tensor], { attributes: { perm: [0, 2, 1] } });
  const mixed = graph.op('Conv', [turn(normed), graph.weight(width, 1, 4)], {
    attributes: { group: width, pads: [3, 0], kernel_shape: [4] },
  });
  return graph.op('Mul', [turn(mixed), graph.op('Sigmoid', [linear(graph, normed)])]);
};
const gate: Mixer = (graph, normed) =>
  graph.op('Mul', [normed, graph.op('Sigmoid', [linear(graph, normed)])]);
const sigmoidAttention: Mixer = (graph, normed) => {
  const heads = graph.project(normed);
  const weights = graph.op('Sigmoid', [scaledScores(graph, heads)]);
  return graph.merge(graph.op('MatMul', [weights, heads.value]));
};

interface Hybrid {
  readonly blocks: number;
  /** Layers with attention. */
  readonly at: readonly number[];
  readonly other: Mixer;
  /** Layers that have a feed-forward part. */
  readonly fed?: (layer: number) => boolean;
  /** Names of nodes, by the layer. */
  readonly named?: (layer: number) => string;
  readonly config?: SaveOptions['config'];
}

/** A model of blocks with and without attention, and the stream before each of them and after the last. */
function hybrid({ blocks, at, other, fed = () => true, named, config }: Hybrid) {
  const graph = new GraphBuilder();
  let hidden = graph.embed();
  const stream = [hidden];
  for (let layer = 0; layer < blocks; layer++) {
    graph.scope = named?.(layer) ?? '';
    const normed = norm(graph, hidden);
    const mixed = at.includes(layer)
      ? graph.merge(plainAttention(graph, graph.project(normed)))
      : other(graph, normed);
    hidden = graph.op('Add', [hidden, linear(graph, mixed)]);
    if (fed(layer)) hidden = feedForward(graph, hidden);
    stream.push(hidden);
  }
  graph.scope = '';
  const path = save(graph, graph.head(norm(graph, hidden)), config ? { config } : {});
  return { path, stream };
}

function layersOf({ sites }: ModelCard): number[] {
  return sites.map(({ layer }) => layer);
}

/** Every attention is exact, has an address of its own, and the states are those between the layers. */
async function assertNumbers(model: ReturnType<typeof hybrid>, at: readonly number[]) {
  const { path, stream } = model;
  const [card, run] = await ran(path);
  assert.deepEqual(layersOf(card), at);
  assert.deepEqual(
    verdicts(card),
    at.map(() => 'exact'),
  );
  assert.deepEqual(card.layers, { encoder: stream.length - 1 });
  const without = stream.slice(1).flatMap((_, layer) => (at.includes(layer) ? [] : layer));
  assert.deepEqual(
    card.withoutAttention?.map(({ layer }) => layer),
    without,
  );
  const states = run.hiddenStates.encoder ?? [];
  assert.equal(states.length, stream.length);
  for (const [i, name] of stream.slice(0, -1).entries()) {
    const truth = await graphTensor(path, name, 10);
    assert.ok(worstError(states[i], truth) < 1e-5, `hidden state ${i}`);
  }
  const last = await graphTensor(path, stream.at(-1) ?? '', 10);
  assert.ok(worstError(run.lastResidual.encoder, last) < 1e-5, 'last residual');
  return card;
}

describe('layers have the model’s own numbers', function () {
  this.timeout(300_000);
  const at = [3, 7];

  it('by the blocks alone, where convolutions lie between', async () => {
    const card = await assertNumbers(hybrid({ blocks: 8, at, other: convolution }), at);
    assert.ok(card.withoutAttention?.every(({ instead }) => instead === 'convolution'));
  });

  it('by the blocks alone, where a sigmoid takes the place of the softmax', async () => {
    const card = await assertNumbers(
      hybrid({ blocks: 3, at: [0, 2], other: sigmoidAttention }),
      [0, 2],
    );
    assert.match(card.withoutAttention?.[0]?.instead ?? '', /sigmoid/);
  });

  it('by the count of config.json, where every layer has as many blocks', async () => {
    const config = { num_hidden_layers: 8 };
    const card = await assertNumbers(hybrid({ blocks: 8, at, other: gate, config }), at);
    assert.ok(card.withoutAttention?.every(({ instead }) => instead === 'each token by itself'));
    // Without it nothing tells of layers that treat each token by itself.
    const alone = await cardOf(hybrid({ blocks: 8, at, other: gate }).path);
    assert.deepEqual(layersOf(alone), [0, 1]);
  });

  const types = Array.from({ length: 8 }, (_, i) => (at.includes(i) ? 'full_attention' : 'conv'));
  const configs: Record<string, NonNullable<SaveOptions['config']>> = {
    layer_types: { num_hidden_layers: 8, layer_types: types },
    layers_block_type: { num_hidden_layers: 8, layers_block_type: types },
    'layer_types of the text part': {
      text_config: { num_hidden_layers: 8, layer_types: types },
    },
    hybrid_override_pattern: { num_hidden_layers: 8, hybrid_override_pattern: 'MMM*MMM*' },
    full_attention_interval: { num_hidden_layers: 8, full_attention_interval: 4 },
    attn_layer_indices: { num_hidden_layers: 8, attn_layer_indices: [3, 7] },
    'attn_layer_period and attn_layer_offset': {
      num_hidden_layers: 8,
      attn_layer_period: 4,
      attn_layer_offset: 3,
    },
  };
  for (const [name, config] of Object.entries(configs)) {
    it(`by ${name} of config.json, where layers have other numbers of blocks`, async () => {
      // Convolutions with a feed-forward part and two norms are counted by the blocks in which tokens meet.
      const fed = (layer: number) => layer % 3 === 0;
      const card = await assertNumbers(
        hybrid({ blocks: 8, at, other: convolution, fed, config }),
        at,
      );
      assert.ok(card.notes.every(note => !/layers/.test(note)));
      const gated = await cardOf(hybrid({ blocks: 8, at, other: gate, fed, config }).path);
      assert.deepEqual(layersOf(gated), at);
      assert.deepEqual(gated.layers, { encoder: 8 });
    });
  }

  it('by the names of the nodes, where nothing else tells', async () => {
    for (const named of [
      (layer: number) => `/model/layers.${layer}/mixer`,
      (layer: number) => `/backbone/h.${layer}/attn`,
    ]) {
      const card = await cardOf(hybrid({ blocks: 8, at, other: gate, named }).path);
      assert.deepEqual(layersOf(card), at);
      assert.deepEqual(card.layers, { encoder: 8 });
    }
  });

  it('with a note where config.json does not agree', async () => {
    const config = { num_hidden_layers: 5 };
    const card = await cardOf(hybrid({ blocks: 8, at, other: convolution, config }).path);
    assert.match(card.notes.join(' '), /config\.json tells of 5 layers .* attention in 2/);
    assert.deepEqual(layersOf(card), [0, 1]);
    const named = (layer: number) => `/model/layers.${layer}/mixer`;
    const other = { num_hidden_layers: 8, layer_types: types.toReversed() };
    const both = await cardOf(
      hybrid({ blocks: 8, at, other: convolution, named, config: other }).path,
    );
    assert.deepEqual(layersOf(both), at);
    assert.match(both.notes.join(' '), /names of the nodes count the layers otherwise/);
  });

  it('with and without an attention that cannot be shown', async () => {
    const moved: Attention = (graph, { query, key, value }) => {
      const scores = graph.op(
        'Gather',
        [scaledScores(graph, { query, key, value }), graph.ints(2, 0, 1)],
        { attributes: { axis: 1 } },
      );
      return graph.op('MatMul', [softmax(graph, scores), value]);
    };
    const [card, run] = await ran(modelOf([plainAttention, moved, plainAttention]));
    assert.deepEqual(layersOf(card), [0, 1, 2]);
    const [first, second = '', third] = verdicts(card);
    assert.deepEqual([first, third], ['exact', 'exact']);
    assert.match(second, /change places/);
    assert.deepEqual(
      run.sites.map(({ site }) => site.layer),
      [0, 2],
    );
    assert.equal(run.hiddenStates.encoder?.length, 4);
    assert.deepEqual(card.layers, { encoder: 3 });
    assert.deepEqual(card.withoutAttention, []);
  });

  it('where two softmaxes are one layer (differential attention)', async () => {
    const differential: Attention = (graph, heads, hidden) => {
      const other = graph.project(hidden);
      const second = plainAttention(graph, { ...other, value: heads.value });
      const part = graph.op('Mul', [second, graph.scalar(0.5)]);
      return graph.op('Sub', [plainAttention(graph, heads), part]);
    };
    const card = await cardOf(modelOf([plainAttention, differential, plainAttention]));
    assert.deepEqual(layersOf(card), [0, 1, 2]);
    assert.deepEqual([verdicts(card)[0], verdicts(card)[2]], ['exact', 'exact']);
    assert.match(verdicts(card)[1] ?? '', /2 softmaxes side by side/);
    assert.deepEqual(card.layers, { encoder: 3 });
  });

  it('in both stacks of an encoder–decoder, each by its own count', async () => {
    const graph = new GraphBuilder();
    let memory = graph.embed('source_input_ids');
    for (let layer = 0; layer < 4; layer++) {
      const normed = norm(graph, memory);
      const mixed =
        layer % 2 === 1
          ? graph.merge(plainAttention(graph, graph.project(normed)))
          : gate(graph, normed);
      memory = graph.op('Add', [memory, linear(graph, mixed)]);
      memory = feedForward(graph, memory);
    }
    memory = norm(graph, memory);
    let hidden = graph.embed();
    for (let layer = 0; layer < 3; layer++) {
      hidden = graph.op('Add', [hidden, graph.attend(graph.project(norm(graph, hidden)))]);
      hidden = graph.op('Add', [hidden, graph.attend(graph.project(norm(graph, hidden), memory))]);
    }
    const ids = { elementType: ElementType.int64, dims: ['batch', 'source'] };
    const path = save(graph, graph.head(norm(graph, hidden)), {
      inputs: [{ name: 'source_input_ids', ...ids }],
      config: { is_encoder_decoder: true, encoder_layers: 4, decoder_layers: 3 },
    });
    const card = await cardOf(path);
    const places = card.sites.map(({ stack, kind, layer }) => `${stack} ${kind} ${layer}`);
    assert.deepEqual(places, [
      'encoder self 1',
      'encoder self 3',
      'decoder self 0',
      'decoder cross 0',
      'decoder self 1',
      'decoder cross 1',
      'decoder self 2',
      'decoder cross 2',
    ]);
    assert.deepEqual(card.layers, { encoder: 4, decoder: 3 });
    assert.deepEqual(
      card.withoutAttention?.map(({ stack, layer }) => `${stack} ${layer}`),
      ['encoder 0', 'encoder 2'],
    );
    assert.deepEqual(new Set(verdicts(card)), new Set(['exact']));
  });
});
