import assert from 'node:assert/strict';
import {
  GraphBuilder,
  modelOf,
  plainAttention,
  save,
  scaledScores,
  small,
  type Heads,
} from './support/graphs';
import {
  causalMask,
  distances,
  END,
  linear,
  positions,
  slice,
  softmax,
  textLength,
  turned,
} from './support/spellings';
import {
  assertRefused,
  assertShown,
  cardOf,
  ran,
  verdicts,
  type Attention,
} from './support/verdicts';

const { width, heads, headDim } = small;

/** Learned rows `[batch, heads, rows, headDim]`, the same for every text. */
function learned(graph: GraphBuilder, rows: number): string {
  const batch = slice(graph, graph.op('Shape', ['input_ids']), 0, 1, 0);
  const shape = graph.op('Concat', [batch, graph.ints(heads, rows, headDim)], {
    attributes: { axis: 0 },
  });
  return graph.op('Expand', [graph.weight(1, heads, rows, headDim), shape]);
}

const joined = (graph: GraphBuilder, ...parts: string[]) =>
  graph.op('Concat', parts, { attributes: { axis: 2 } });

/** Weights whose columns of one head are 0. */
function withoutHead(graph: GraphBuilder, head: number): string {
  const values = Array.from({ length: width * width }, (_, i) =>
    Math.floor((i % width) / headDim) === head ? 0 : Math.sin(i * 1.7),
  );
  return graph.floats(values, [width, width]);
}

describe('maps that are no maps of the text’s tokens are refused', function () {
  this.timeout(300_000);

  it('blocks of four tokens', async () => {
    const blocks: Attention = (graph, { query, key, value }) => {
      const four = graph.ints(4);
      const length = textLength(graph);
      const rest = graph.op('Mod', [length, four]);
      const missing = graph.op('Mod', [graph.op('Sub', [four, rest]), four]);
      const pads = graph.op('Concat', [graph.ints(0, 0, 0, 0, 0, 0), missing, graph.ints(0)], {
        attributes: { axis: 0 },
      });
      const parted = (tensor: string) =>
        graph.op('Reshape', [
          graph.op('Pad', [tensor, pads]),
          graph.ints(0, heads, -1, 4, headDim),
        ]);
      const keys = graph.op('Transpose', [parted(key)], { attributes: { perm: [0, 1, 2, 4, 3] } });
      const product = graph.op('MatMul', [parted(query), keys]);
      const weights = softmax(graph, graph.op('Mul', [product, graph.scalar(0.5)]));
      const context = graph.op('MatMul', [weights, parted(value)]);
      const whole = graph.op('Reshape', [context, graph.ints(0, heads, -1, headDim)]);
      return graph.op('Slice', [whole, graph.ints(0), length, graph.ints(2)]);
    };
    await assertRefused(blocks, /heads change with the length of the text .*blocks of the text/);
  });

  it('keys averaged in pairs', async () => {
    const pooled: Attention = (graph, { query, key, value }) => {
      const halved = (tensor: string) =>
        graph.op('AveragePool', [tensor], {
          attributes: { kernel_shape: [2, 1], strides: [2, 1], ceil_mode: 1 },
        });
      return plainAttention(graph, { query, key: halved(key), value: halved(value) });
    };
    await assertRefused(pooled, /\d+ keys for \d+ tokens \(pooled/);
  });

  it('keys projected along the text', async () => {
    const projected: Attention = (graph, { query, key, value }) => {
      const along = (tensor: string) => {
        const columns = graph.op('Slice', [
          graph.weight(6, 128),
          graph.ints(0),
          textLength(graph),
          graph.ints(1),
        ]);
        return graph.op('MatMul', [columns, tensor]);
      };
      return plainAttention(graph, { query, key: along(key), value: along(value) });
    };
    await assertRefused(projected, /6 keys however long the text is/);
  });

  it('three learned keys before those of the tokens', async () => {
    const prefix: Attention = (graph, { query, key, value }) =>
      plainAttention(graph, {
        query,
        key: joined(graph, learned(graph, 3), key),
        value: joined(graph, learned(graph, 3), value),
      });
    await assertRefused(prefix, /3 of its keys are no tokens/);
  });

  it('a learned bias key after those of the tokens', async () => {
    const bias: Attention = (graph, { query, key, value }) =>
      plainAttention(graph, {
        query,
        key: joined(graph, key, learned(graph, 1)),
        value: joined(graph, value, learned(graph, 1)),
      });
    await assertRefused(bias, /1 of its keys are no tokens/);
  });

  it('learned rows beside the text, in every layer', async () => {
    const graph = new GraphBuilder();
    const batch = slice(graph, graph.op('Shape', ['input_ids']), 0, 1, 0);
    const shape = graph.op('Concat', [batch, graph.ints(5, width)], { attributes: { axis: 0 } });
    const prompt = graph.op('Expand', [graph.weight(1, 5, width), shape]);
    let hidden = graph.op('Concat', [prompt, graph.embed()], { attributes: { axis: 1 } });
    for (let layer = 0; layer < 2; layer++) {
      hidden = graph.op('Add', [hidden, graph.attend(graph.project(hidden))]);
    }
    const own = slice(graph, hidden, 5, END, 1);
    const card = await cardOf(save(graph, graph.head(own)));
    const reason = /5 of its rows and columns are no tokens/;
    assert.equal(card.sites.length, 2);
    for (const verdict of verdicts(card)) assert.match(verdict, reason);
  });

  it('a fixed number of learned queries', async () => {
    const latents: Attention = (graph, { key, value }) => {
      const query = graph.op('Add', [learned(graph, 6), slice(graph, key, 0, 1, 2)]);
      const context = plainAttention(graph, { query, key, value });
      const means = graph.op('ReduceMean', [context], { attributes: { axes: [2] } });
      return graph.op('Mul', [value, means]);
    };
    await assertRefused(latents, /6 rows however long the text is/);
  });

  it('heads that attend to heads, the transpose forgotten', async () => {
    const graph = new GraphBuilder();
    const hidden = graph.embed();
    const parted = () => graph.op('Reshape', [linear(graph, hidden), graph.ints(0, 0, heads, -1)]);
    const context = plainAttention(graph, { query: parted(), key: parted(), value: parted() });
    const output = linear(graph, graph.op('Reshape', [context, graph.ints(0, 0, -1)]));
    const [card, run] = await ran(save(graph, graph.head(graph.op('Add', [hidden, output]))));
    assert.match(verdicts(card).join(), /a head for every token.*not transposed/);
    assert.equal(run.sites.length, 0);
  });
});

describe('attention of the text’s tokens stays exact', function () {
  this.timeout(300_000);
  const biased = (bias: (graph: GraphBuilder) => string): Attention => {
    return (graph, { query, key, value }) => {
      const scores = scaledScores(graph, { query, key, value });
      const weights = softmax(graph, graph.op('Add', [scores, bias(graph)]));
      return graph.op('MatMul', [weights, value]);
    };
  };
  /** Query, key and value of a projection each. */
  const projecting = (project: (graph: GraphBuilder, hidden: string) => string): Attention => {
    return (graph, _, hidden) => {
      const make = () => graph.split(project(graph, hidden));
      return plainAttention(graph, { query: make(), key: make(), value: make() });
    };
  };
  const healthy: Record<string, Attention> = {
    'one key and value head for all query heads': (graph, { query }, hidden) => {
      const one = () => graph.split(linear(graph, hidden, headDim), 1);
      return plainAttention(graph, { query, key: one(), value: one() });
    },
    'keys that are the values': (graph, { query, key }) =>
      plainAttention(graph, { query, key, value: key }),
    'a bias that grows with distance, causal': biased(graph => {
      const slopes = graph.floats([0.5, 0.25, 0.125], [heads, 1, 1]);
      const bias = graph.op('Mul', [distances(graph), slopes]);
      return graph.op('Add', [bias, causalMask(graph)]);
    }),
    'a learned bias for every distance': biased(graph => {
      const near = graph.op('Clip', [distances(graph), graph.scalar(-8), graph.scalar(8)]);
      const bucket = graph.op('Cast', [graph.op('Add', [near, graph.scalar(8)])], {
        attributes: { to: 7 },
      });
      const looked = graph.op('Gather', [graph.weight(17, heads), bucket]);
      return graph.op('Transpose', [looked], { attributes: { perm: [2, 0, 1] } });
    }),
    'rotary positions': (graph, { query, key, value }) => {
      const angles = graph.op('Mul', [
        graph.op('Cast', [graph.op('Unsqueeze', [positions(graph), graph.ints(1)])], {
          attributes: { to: 1 },
        }),
        graph.floats([1, 0.1, 1, 0.1], [1, headDim]),
      ]);
      const [cosine, sine] = [graph.op('Cos', [angles]), graph.op('Sin', [angles])];
      const rotated = (tensor: string) => {
        const [first, second] = [slice(graph, tensor, 0, 2, 3), slice(graph, tensor, 2, 4, 3)];
        const other = graph.op('Concat', [graph.op('Neg', [second]), first], {
          attributes: { axis: -1 },
        });
        return graph.op('Add', [graph.op('Mul', [tensor, cosine]), graph.op('Mul', [other, sine])]);
      };
      return plainAttention(graph, { query: rotated(query), key: rotated(key), value });
    },
    'a gate after the heads': (graph, parts: Heads, hidden) => {
      const gate = graph.split(graph.op('Sigmoid', [linear(graph, hidden)]));
      return graph.op('Mul', [plainAttention(graph, parts), gate]);
    },
    'a dead head, whose weights are 0': projecting((graph, hidden) =>
      graph.op('MatMul', [hidden, withoutHead(graph, 1)]),
    ),
    'a head that is the same for every token': projecting((graph, hidden) =>
      graph.op('Add', [graph.op('MatMul', [hidden, withoutHead(graph, 1)]), graph.weight(width)]),
    ),
    'a product seen from the other side': (graph, { query, key, value }) => {
      const scores = turned(graph, graph.op('MatMul', [key, turned(graph, query)]));
      const weights = softmax(graph, graph.op('Mul', [scores, graph.scalar(0.5)]));
      return graph.op('MatMul', [weights, value]);
    },
  };
  for (const [name, attention] of Object.entries(healthy)) {
    it(name, async () => {
      const card = await assertShown(modelOf([attention, attention]));
      for (const site of card.sites) {
        assert.equal(site.heads, heads);
        assert.ok(Math.abs(site.scale - 0.5) < 1e-6, `scale ${site.scale}`);
      }
    });
  }
});
