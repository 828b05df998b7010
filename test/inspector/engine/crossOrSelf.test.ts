import assert from 'node:assert/strict';
import { ElementType, type ValueInfo } from '../../../src/inspector/onnx/file/types';
import type { ModelCard } from '../../../src/protocol/model';
import { GraphBuilder, modelOf, plainAttention, save, small, type Heads } from './support/graphs';
import { causalMask, linear, norm, shifted, softmax, turned } from './support/spellings';
import { assertShown, cardOf, verdicts, type Attention } from './support/verdicts';

const { width, heads, headDim } = small;

/** `decoder cross 1` for each attention. */
function places({ sites }: ModelCard): string[] {
  return sites.map(({ stack, kind, layer }) => `${stack} ${kind} ${layer}`);
}

const float = (name: string, ...dims: (string | number)[]): ValueInfo => ({
  name,
  elementType: ElementType.float,
  dims,
});

describe('self-attention, whatever lies between the stream and its query and key', function () {
  this.timeout(300_000);

  const spelled: Record<string, Attention> = {
    'norms of their own for queries and for keys': (graph, _, hidden) => {
      const [forQuery, forKey] = [norm(graph, hidden), norm(graph, hidden)];
      const of = (tensor: string) => graph.split(linear(graph, tensor));
      return plainAttention(graph, { query: of(forQuery), key: of(forKey), value: of(forKey) });
    },
    'latents of low rank with norms (MLA)': (graph, _, hidden) => {
      const down = (rank: number) => norm(graph, linear(graph, hidden, rank), rank);
      const [forQuery, forKey] = [down(6), down(5)];
      const up = (tensor: string, rank: number) => graph.split(linear(graph, tensor, width, rank));
      return plainAttention(graph, {
        query: up(forQuery, 6),
        key: up(forKey, 5),
        value: up(forKey, 5),
      });
    },
    'keys and values of tokens mixed with the ones before': (graph, { query }, hidden) => {
      const before = shifted(graph, hidden, 1, 3);
      const mixed = graph.op('Add', [
        graph.op('Mul', [hidden, graph.weight(width)]),
        graph.op('Mul', [before, graph.weight(width)]),
      ]);
      const of = () => graph.split(linear(graph, mixed));
      return plainAttention(graph, { query, key: of(), value: of() });
    },
  };
  for (const [name, attention] of Object.entries(spelled)) {
    it(name, async () => {
      const card = await assertShown(modelOf([attention, attention]));
      assert.deepEqual(places(card), ['encoder self 0', 'encoder self 1']);
    });
  }

  for (const [name, shares] of Object.entries({
    'keys projected from an earlier layer': (
      graph: GraphBuilder,
      first: string,
    ): Partial<Heads> => {
      const { key, value } = graph.project(first);
      return { key, value };
    },
    'keys and values of an earlier layer': (_: GraphBuilder, __: string, heads: Heads) => heads,
    'values of the first layer added to its own': (
      graph: GraphBuilder,
      _: string,
      heads: Heads,
      own: Heads,
    ): Partial<Heads> => ({ value: graph.op('Add', [own.value, heads.value]) }),
  })) {
    it(name, async () => {
      const graph = new GraphBuilder();
      const first = graph.embed();
      let hidden = first;
      let earlier: Heads | undefined;
      for (let layer = 0; layer < 3; layer++) {
        const own = graph.project(hidden);
        earlier ??= own;
        const { key, value } = layer < 2 ? own : { ...own, ...shares(graph, first, earlier, own) };
        hidden = graph.op('Add', [hidden, graph.attend({ query: own.query, key, value })]);
      }
      const card = await cardOf(save(graph, graph.head(hidden)));
      assert.deepEqual(places(card), ['encoder self 0', 'encoder self 1', 'encoder self 2']);
      // Keys of an earlier layer are of the text's tokens all the same.
      assert.deepEqual(verdicts(card), ['exact', 'exact', 'exact']);
    });
  }
});

describe('cross-attention', function () {
  this.timeout(300_000);

  /** A decoder of two layers over a memory `[batch, source, width]`. */
  function decoder(graph: GraphBuilder, ids: string, memory: string): string {
    let hidden = graph.embed(ids);
    for (let layer = 0; layer < 2; layer++) {
      const { query, key, value } = graph.project(norm(graph, hidden));
      const product = graph.op('MatMul', [query, turned(graph, key)]);
      const scores = graph.op('Mul', [product, graph.scalar(0.5)]);
      const weights = softmax(graph, graph.op('Add', [scores, causalMask(graph)]));
      const context = graph.merge(graph.op('MatMul', [weights, value]));
      hidden = graph.op('Add', [hidden, linear(graph, context)]);
      const cross = graph.project(norm(graph, hidden), memory);
      hidden = graph.op('Add', [hidden, graph.attend(cross)]);
    }
    return graph.head(norm(graph, hidden));
  }

  function encoder(graph: GraphBuilder, ids: string): string {
    let hidden = graph.embed(ids);
    for (let layer = 0; layer < 2; layer++) {
      hidden = graph.op('Add', [hidden, graph.attend(graph.project(norm(graph, hidden)))]);
    }
    return norm(graph, hidden);
  }

  const inDecoder = ['decoder self 0', 'decoder cross 0', 'decoder self 1', 'decoder cross 1'];
  const inBoth = ['encoder self 0', 'encoder self 1', ...inDecoder];

  it('of a text of its own', async () => {
    const graph = new GraphBuilder();
    const memory = encoder(graph, 'source_input_ids');
    const ids: ValueInfo = {
      name: 'source_input_ids',
      elementType: ElementType.int64,
      dims: ['batch', 'source'],
    };
    const card = await cardOf(save(graph, decoder(graph, 'input_ids', memory), { inputs: [ids] }));
    assert.deepEqual(places(card), inBoth);
    assert.deepEqual(new Set(verdicts(card)), new Set(['exact']));
    assert.deepEqual(card.layers, { encoder: 2, decoder: 2 });
  });

  it('of an encoder that is fed the same ids', async () => {
    const graph = new GraphBuilder();
    const card = await cardOf(
      save(graph, decoder(graph, 'input_ids', encoder(graph, 'input_ids'))),
    );
    assert.deepEqual(places(card), inBoth);
    assert.deepEqual(new Set(verdicts(card)), new Set(['exact']));
  });

  it('of states that come in', async () => {
    const graph = new GraphBuilder();
    const states = float('encoder_hidden_states', 'batch', 'source', width);
    const card = await cardOf(
      save(graph, decoder(graph, 'input_ids', states.name), { inputs: [states] }),
    );
    assert.deepEqual(places(card), inDecoder);
    assert.deepEqual(new Set(verdicts(card)), new Set(['exact']));
  });

  it('of keys and values that come in', async () => {
    const graph = new GraphBuilder();
    const given = (name: string) => float(name, 'batch', heads, 'source', headDim);
    const inputs = ['key', 'value'].map(part => given(`past_key_values.0.encoder.${part}`));
    let hidden = graph.embed();
    hidden = graph.op('Add', [hidden, graph.attend(graph.project(norm(graph, hidden)))]);
    const { query } = graph.project(norm(graph, hidden));
    const [key = '', value = ''] = inputs.map(({ name }) => name);
    hidden = graph.op('Add', [hidden, graph.attend({ query, key, value })]);
    const card = await cardOf(save(graph, graph.head(hidden), { inputs }));
    assert.deepEqual(places(card), ['decoder self 0', 'decoder cross 0']);
  });
});
