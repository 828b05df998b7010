import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openModel } from '../../../src/inspector/model/openModel';
import { ElementType, type ValueInfo } from '../../../src/inspector/onnx/file/types';
import type { ModelCard } from '../../../src/protocol/model';
import { worstError } from './support/cases';
import { GraphBuilder, save, scaledScores, small, type Heads } from './support/graphs';
import { inspect } from './support/inspect';

const { width } = small;

/** A layer's attention with its way back to the width of the stream. */
type Attend = (graph: GraphBuilder, heads: Heads) => string;

const plain: Attend = (graph, heads) => graph.attend(heads);

function layer(graph: GraphBuilder, x: string, attend: Attend = plain): string {
  return graph.op('Add', [x, attend(graph, graph.project(x))]);
}

/** A block that treats each token by itself. */
function feedForward(graph: GraphBuilder, x: string): string {
  const inner = graph.op('Relu', [graph.op('MatMul', [x, graph.weight(width, width)])]);
  return graph.op('Add', [x, graph.op('MatMul', [inner, graph.weight(width, width)])]);
}

function times(graph: GraphBuilder, x: string, factor: number): string {
  return graph.op('Mul', [x, graph.scalar(factor)]);
}

function sliced(graph: GraphBuilder, x: string, [from, to, axis, step = 1]: readonly number[]) {
  const [start, end, along, by] = [from, to, axis, step].map(value => graph.ints(value ?? 0));
  return graph.op('Slice', [x, start ?? '', end ?? '', along ?? '', by ?? '']);
}

/** The last row along an axis becomes the first one. */
function rolled(graph: GraphBuilder, x: string, axis: number): string {
  const parts = [sliced(graph, x, [-1, 9999, axis]), sliced(graph, x, [0, -1, axis])];
  return graph.op('Concat', parts, { attributes: { axis } });
}

function reversed(graph: GraphBuilder, x: string, axis: number): string {
  return sliced(graph, x, [-1, -9999, axis, -1]);
}

/** A model whose states `build` makes of the embeddings. */
function modelFrom(
  build: (graph: GraphBuilder, x: string) => string,
  config?: Readonly<Record<string, unknown>>,
  inputs: readonly ValueInfo[] = [],
): string {
  const graph = new GraphBuilder();
  const path = save(graph, graph.head(build(graph, graph.embed())), { inputs });
  if (config) writeFileSync(join(dirname(path), 'config.json'), JSON.stringify(config));
  return path;
}

async function cardOf(path: string): Promise<ModelCard> {
  const model = await openModel(path, { threads: 1 });
  await model.dispose();
  return model.card;
}

/** Layer and check of every site. */
function results({ sites }: ModelCard): (readonly [number, string])[] {
  return sites.map(({ layer, check }) => [layer, check.result]);
}

function reasonOf({ sites }: ModelCard, i: number): string {
  const check = sites[i]?.check;
  return check?.result === 'refused' ? check.reason : '';
}

/** Layers of the sites, and how many the model has. */
function numbers({ sites, layers }: ModelCard): [number[], number | undefined] {
  return [sites.map(({ layer }) => layer), layers?.encoder];
}

describe('streams with ways past them', () => {
  /** Three layers, the first of them the same in all. */
  const streams: Readonly<Record<string, (graph: GraphBuilder, x: string) => string>> = {
    'the embeddings added before every layer': (graph, embedded) => {
      let x = layer(graph, embedded);
      for (let i = 1; i < 3; i++) {
        x = graph.op('Add', [times(graph, x, 0.8), times(graph, embedded, 0.2)]);
        x = layer(graph, x);
      }
      return x;
    },
    'a skip over two layers, as in a U-Net': (graph, embedded) => {
      const first = layer(graph, embedded);
      const second = layer(graph, first);
      return layer(graph, graph.op('Add', [second, times(graph, embedded, 0.5)]));
    },
    'the sum of all layers as the result': (graph, embedded) => {
      const states = [layer(graph, embedded)];
      for (let i = 1; i < 3; i++) states.push(layer(graph, states.at(-1) ?? ''));
      return graph.op(
        'Sum',
        states.map((state, i) => times(graph, state, 0.3 + i)),
      );
    },
    'values of the first layer in all others': (graph, embedded) => {
      const heads = graph.project(embedded);
      let x = graph.op('Add', [embedded, graph.attend(heads)]);
      for (let i = 1; i < 3; i++) {
        x = layer(graph, x, (_, own) => {
          const value = graph.op('Add', [times(graph, own.value, 0.5), heads.value]);
          return graph.attend({ ...own, value });
        });
      }
      return x;
    },
    'keys and values shared by two layers': (graph, embedded) => {
      const first = layer(graph, embedded);
      const heads = graph.project(first);
      const second = graph.op('Add', [first, graph.attend(heads)]);
      return layer(graph, second, (_, { query }) => graph.attend({ ...heads, query }));
    },
    'keys and values of the embeddings in all layers': (graph, embedded) => {
      let x = layer(graph, embedded);
      for (let i = 1; i < 3; i++) {
        const { query } = graph.project(x);
        x = graph.op('Add', [x, graph.attend({ ...graph.project(embedded), query })]);
      }
      return x;
    },
  };
  for (const [what, build] of Object.entries(streams)) {
    it(`have all layers, each at its place: ${what}`, async () => {
      const [model, run] = await inspect(modelFrom(build));
      assert.deepEqual(numbers(model.card), [[0, 1, 2], 3]);
      const maps = model.card.sites.map(({ graph }) => graph.weights);
      assert.equal(new Set(maps).size, 3);
      const [, first] = await inspect(modelFrom((graph, x) => layer(graph, x)));
      const states = run.hiddenStates.encoder;
      assert.equal(states?.length, 4);
      assert.ok(first.lastResidual.encoder && run.lastResidual.encoder);
      const isSum = what.startsWith('the embeddings') || what.startsWith('a skip');
      // Where something is added between, the next layer begins after that.
      if (!isSum) assert.ok(worstError(states[1], first.lastResidual.encoder) < 1e-6);
      assert.ok(worstError(states[3], run.lastResidual.encoder) < 1e-6);
    });
  }

  it('say so where weights are used again', async () => {
    const path = modelFrom((graph, x) => {
      const heads = graph.project(x);
      const options = { attributes: { axis: -1 } };
      const weights = graph.op('Softmax', [scaledScores(graph, heads)], options);
      const after = graph.op('Add', [x, graph.merge(graph.op('MatMul', [weights, heads.value]))]);
      const { value } = graph.project(after);
      return graph.op('Add', [after, graph.merge(graph.op('MatMul', [weights, value]))]);
    });
    const { notes } = await cardOf(path);
    assert.match(notes.join(), /multiply more than one tensor/);
    const once = await cardOf(modelFrom((graph, x) => layer(graph, x)));
    assert.doesNotMatch(once.notes.join(), /multiply more than one tensor/);
  });

  it('are found behind outputs that are flags', async () => {
    const graph = new GraphBuilder();
    const x = layer(graph, layer(graph, graph.embed()));
    const flags = graph.op('Greater', [graph.head(x), graph.scalar(0)]);
    const path = save(graph, flags, { outputType: ElementType.bool });
    assert.deepEqual(numbers(await cardOf(path)), [[0, 1], 2]);
  });
});

describe('the order of tokens in any layer', () => {
  /** Attention mixes the tokens so much that the second layer cannot be told by the first run. */
  const loud = (attend: Attend) => (graph: GraphBuilder, x: string) => {
    const mixed = graph.op('Add', [x, times(graph, graph.attend(graph.project(x)), 20)]);
    return layer(graph, mixed, attend);
  };

  it('is that of the text where nothing changes it', async () => {
    assert.deepEqual(results(await cardOf(modelFrom(loud(plain)))), [
      [0, 'exact'],
      [1, 'exact'],
    ]);
  });

  it('is another one for reversed keys and values', async () => {
    const card = await cardOf(
      modelFrom(
        loud((graph, { query, key, value }) =>
          graph.attend({
            query,
            key: reversed(graph, key, 2),
            value: reversed(graph, value, 2),
          }),
        ),
      ),
    );
    assert.deepEqual(results(card), [
      [0, 'exact'],
      [1, 'refused'],
    ]);
    assert.match(reasonOf(card, 1), /moves key \d+ instead: its keys stand in another order/);
  });

  it('is another one for values that are shifted alone', async () => {
    const shifted: Attend = (graph, heads) =>
      graph.attend({ ...heads, value: rolled(graph, heads.value, 2) });
    const card = await cardOf(modelFrom(loud(shifted)));
    assert.match(reasonOf(card, 1), /its values stand in another order/);
  });

  it('is another one where the graph moves the tokens before the first layer', async () => {
    const moved = await cardOf(modelFrom((graph, x) => layer(graph, rolled(graph, x, 1))));
    assert.match(reasonOf(moved, 0), /moves row 2 of the hidden state and not its own/);
    const undone = modelFrom((graph, x) => reversed(graph, layer(graph, reversed(graph, x, 1)), 1));
    assert.match(reasonOf(await cardOf(undone), 0), /its rows stand in another order/);
  });

  it('is another one where the graph shifts the ids, whose table is found all the same', async () => {
    const graph = new GraphBuilder();
    const ids = rolled(graph, 'input_ids', 1);
    const path = save(graph, graph.head(layer(graph, graph.embed(ids))));
    const card = await cardOf(path);
    assert.match(reasonOf(card, 0), /moves row 2 of the hidden state and not its own/);
    assert.equal(card.vocabulary, small.vocabulary);
  });
});

describe('texts of a batch', () => {
  it('are not tokens, where attention is over them', async () => {
    const turn = (graph: GraphBuilder, x: string) =>
      graph.op('Transpose', [x], { attributes: { perm: [1, 0, 2] } });
    const path = modelFrom((graph, x) => turn(graph, layer(graph, turn(graph, x))));
    const card = await cardOf(path);
    assert.deepEqual(results(card), [[0, 'refused']]);
  });

  it('are named where they run into one', async () => {
    const path = modelFrom((graph, x) => {
      const joined = graph.op('Reshape', [x, graph.ints(1, -1, width)]);
      const shape = graph.op('Shape', [x]);
      return graph.op('Reshape', [layer(graph, joined), shape]);
    });
    assert.match(reasonOf(await cardOf(path), 0), /runs the texts of one batch into one/);
  });
});

describe('layers without attention', () => {
  const plan = (layers: number) => ({ model_type: 'custom', num_hidden_layers: layers });
  /** Three layers of which some have attention; all end by treating each token by itself. */
  const some =
    (...attending: number[]) =>
    (graph: GraphBuilder, embedded: string) => {
      let x = embedded;
      for (let i = 0; i < 3; i++) {
        if (attending.includes(i)) x = layer(graph, x);
        x = feedForward(graph, x);
      }
      return x;
    };

  for (const attending of [
    [1, 2],
    [0, 2],
    [0, 1],
  ]) {
    it(`keep the others' numbers: attention in ${attending.join(' and ')} of 3`, async () => {
      const card = await cardOf(modelFrom(some(...attending), plan(3)));
      assert.deepEqual(numbers(card), [attending, 3]);
      const without = [0, 1, 2].filter(i => !attending.includes(i));
      assert.deepEqual(
        card.withoutAttention?.map(({ layer }) => layer),
        without,
      );
    });
  }

  it('are doubtful without a configuration, which is said', async () => {
    const card = await cardOf(modelFrom(some(1, 2)));
    assert.match(card.notes.join(), /no config\.json tells how many layers there are/);
    const usual = await cardOf(modelFrom(some(0, 1, 2)));
    assert.doesNotMatch(usual.notes.join(), /config\.json/);
    assert.deepEqual(numbers(usual), [[0, 1, 2], 3]);
  });

  it('are not made of blocks where a configuration tells of as many layers as those', async () => {
    const card = await cardOf(modelFrom(some(0, 1, 2), plan(6)));
    assert.deepEqual(numbers(card), [[0, 1, 2], 3]);
    assert.match(card.notes.join(), /config\.json tells of 6 layers/);
  });

  it('are known by pooling and by shifts', async () => {
    const pooled = (graph: GraphBuilder, x: string) => {
      const perm = { attributes: { perm: [0, 2, 1] } };
      const kernel = { kernel_shape: [3], pads: [1, 1], count_include_pad: 0 };
      const pool = graph.op('AveragePool', [graph.op('Transpose', [x], perm)], {
        attributes: kernel,
      });
      return graph.op('Transpose', [pool], perm);
    };
    const padded = (graph: GraphBuilder, x: string) =>
      graph.op('Pad', [sliced(graph, x, [0, -1, 1]), graph.ints(0, 1, 0, 0, 0, 0)]);
    const joined = (graph: GraphBuilder, x: string) => rolled(graph, x, 1);
    for (const [mix, instead] of [
      [pooled, 'pooling'],
      [padded, 'a shift along the text'],
      [joined, 'a shift along the text'],
    ] as const) {
      const path = modelFrom((graph, x) => layer(graph, graph.op('Add', [x, mix(graph, x)])));
      const card = await cardOf(path);
      assert.deepEqual(numbers(card), [[1], 2]);
      assert.equal(card.withoutAttention?.[0]?.instead, instead);
    }
  });
});

describe('an input that nobody knows', () => {
  it('is not one of thousands', async () => {
    const inputs = Array.from({ length: 1000 }, (_, i) => ({
      name: `in${i}`,
      elementType: ElementType.int64,
      dims: ['batch', 'tokens'],
    }));
    const path = modelFrom((graph, x) => layer(graph, x), undefined, inputs);
    await assert.rejects(cardOf(path), /has 1,001 inputs, and no more than 1,000 are fed/);
  });

  it('is fed 1 where 0 leaves nothing of the text', async () => {
    const kept: ValueInfo = {
      name: 'kept',
      elementType: ElementType.int64,
      dims: ['batch', 'tokens'],
    };
    const factor = (graph: GraphBuilder) => {
      const floats = graph.op('Cast', ['kept'], { attributes: { to: ElementType.float } });
      return graph.op('Unsqueeze', [floats, graph.ints(2)]);
    };
    const masked = modelFrom(
      (graph, x) => layer(graph, graph.op('Mul', [x, factor(graph)])),
      undefined,
      [kept],
    );
    const fed = ({ inputs }: ModelCard) => inputs?.find(({ name }) => name === 'kept')?.fed;
    assert.match(fed(await cardOf(masked)) ?? '', /1/);
    const added = modelFrom(
      (graph, x) => layer(graph, graph.op('Add', [x, factor(graph)])),
      undefined,
      [kept],
    );
    assert.match(fed(await cardOf(added)) ?? '', /0/);
  });
});
