import assert from 'node:assert/strict';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import {
  GraphBuilder,
  modelOf,
  modelWith,
  plainAttention,
  save,
  scaledScores,
  small,
  type Heads,
} from './support/graphs';
import {
  causalMask,
  linear,
  norm,
  reversed,
  shifted,
  slice,
  softmax,
  textLength,
} from './support/spellings';
import { assertRefused, assertShown, cardOf, verdicts, type Attention } from './support/verdicts';

const { width, heads, headDim } = small;
const ORDER = /stand in another order than the tokens/;

/** Attention from hidden states that were moved about before the projection of some parts. */
function from(
  parts: Partial<Record<keyof Heads, (graph: GraphBuilder, hidden: string) => string>>,
) {
  const attention: Attention = (graph, _, hidden) => {
    const of = (part: keyof Heads) =>
      graph.split(linear(graph, parts[part]?.(graph, hidden) ?? hidden));
    return plainAttention(graph, { query: of('query'), key: of('key'), value: of('value') });
  };
  return attention;
}

const reverse = (graph: GraphBuilder, hidden: string) => reversed(graph, hidden, 1);
const shift = (graph: GraphBuilder, hidden: string) => shifted(graph, hidden, 1, 3);
/** Half of each token and half of the one before. */
const mixedWithPast = (graph: GraphBuilder, hidden: string) =>
  graph.op('Add', [
    graph.op('Mul', [hidden, graph.scalar(0.5)]),
    graph.op('Mul', [shift(graph, hidden), graph.scalar(0.5)]),
  ]);

describe('row and column i are token i', function () {
  this.timeout(300_000);
  const others: Record<string, [Attention, RegExp]> = {
    'keys and values reversed': [from({ key: reverse, value: reverse }), ORDER],
    'keys reversed alone': [from({ key: reverse }), ORDER],
    'values reversed alone': [from({ value: reverse }), /value.*stand in another order/],
    'queries reversed': [from({ query: reverse }), /queries stand in another order/],
    'keys shifted by one': [from({ key: shift, value: shift }), ORDER],
    'keys reversed after the projection': [
      (graph, { query, key, value }) =>
        plainAttention(graph, {
          query,
          key: reversed(graph, key, 2),
          value: reversed(graph, value, 2),
        }),
      ORDER,
    ],
    'a view as [heads, tokens] without a transpose': [
      (graph, _, hidden) => {
        const shape = graph.op(
          'Concat',
          [graph.ints(-1, heads), textLength(graph), graph.ints(headDim)],
          { attributes: { axis: 0 } },
        );
        const part = () => graph.op('Reshape', [linear(graph, hidden), shape]);
        return plainAttention(graph, { query: part(), key: part(), value: part() });
      },
      /stand in another order|mixed from several tokens/,
    ],
    'keys averaged with both neighbours': [
      (graph, { query, key, value }) => {
        const averaged = graph.op('AveragePool', [key], {
          attributes: { kernel_shape: [3, 1], pads: [1, 0, 1, 0] },
        });
        return plainAttention(graph, { query, key: averaged, value });
      },
      /keys are mixed from several tokens/,
    ],
    'keys that look ahead by one': [
      from({
        key: (graph, hidden) =>
          graph.op('Add', [hidden, reverse(graph, shift(graph, reverse(graph, hidden)))]),
      }),
      /keys are mixed from several tokens/,
    ],
    'keys that do not depend on the token, in one head that reads the first one': [
      (graph, { query, key, value }) => {
        const first = graph.op('Add', [
          graph.op('Mul', [key, graph.scalar(0)]),
          slice(graph, key, 0, 1, 2),
        ]);
        const noise = graph.op('Mul', [
          graph.op('Cast', [graph.op('Unsqueeze', [rangeOf(graph), graph.ints(1)])], {
            attributes: { to: ElementType.float },
          }),
          graph.scalar(0.01),
        ]);
        return plainAttention(graph, { query, key: graph.op('Add', [first, noise]), value });
      },
      /moves no key of head 0: its keys are not the text's tokens|mixed|another order/,
    ],
  };
  for (const [name, [attention, reason]] of Object.entries(others)) {
    it(`refuses ${name}`, () => assertRefused(attention, reason));
  }

  it('refuses a reversed memory of cross-attention', async () => {
    const model = (isReversed: boolean) => {
      const graph = new GraphBuilder();
      let memory = graph.embed('encoder_input_ids');
      memory = norm(graph, graph.op('Add', [memory, graph.attend(graph.project(memory))]));
      let hidden = graph.embed('input_ids');
      for (let layer = 0; layer < 2; layer++) {
        hidden = graph.op('Add', [hidden, graph.attend(graph.project(hidden))]);
        const read = isReversed && layer === 1 ? reverse(graph, memory) : memory;
        hidden = graph.op('Add', [hidden, graph.attend(graph.project(hidden, read))]);
      }
      return save(graph, graph.head(hidden), {
        inputs: [
          { name: 'encoder_input_ids', elementType: ElementType.int64, dims: ['batch', 'source'] },
        ],
      });
    };
    const plain = await cardOf(model(false));
    const place = ({ sites }: typeof plain) =>
      sites.map(({ stack, kind, layer }) => `${stack} ${kind} ${layer}`);
    assert.deepEqual(place(plain), [
      'encoder self 0',
      'decoder self 0',
      'decoder cross 0',
      'decoder self 1',
      'decoder cross 1',
    ]);
    assert.deepEqual(new Set(verdicts(plain)), new Set(['exact']));
    const other = await cardOf(model(true));
    assert.deepEqual(place(other), place(plain));
    assert.deepEqual(verdicts(other).slice(0, 4), Array(4).fill('exact'));
    assert.match(verdicts(other)[4] ?? '', ORDER);
  });

  const shown: Record<string, Attention> = {
    'keys and values of each token and the one before': (graph, parts, hidden) => {
      const shifting = from({ key: mixedWithPast, value: mixedWithPast, query: mixedWithPast });
      return shifting(graph, parts, hidden);
    },
    'a causal convolution before the attention': (graph, _, hidden) => {
      const turn = (tensor: string) =>
        graph.op('Transpose', [tensor], { attributes: { perm: [0, 2, 1] } });
      const mixed = turn(
        graph.op('Conv', [turn(hidden), graph.weight(width, 1, 4)], {
          attributes: { group: width, pads: [3, 0], kernel_shape: [4] },
        }),
      );
      const { query, key, value } = graph.project(mixed);
      const scores = scaledScores(graph, { query, key, value });
      const weights = softmax(graph, graph.op('Add', [scores, causalMask(graph)]));
      return graph.op('MatMul', [weights, value]);
    },
  };
  for (const [name, attention] of Object.entries(shown)) {
    it(`shows ${name}`, async () => {
      await assertShown(modelWith(attention));
      await assertShown(modelOf([plainAttention, attention]));
    });
  }
});

/** 0, 1, 2, … for the tokens of the text. */
function rangeOf(graph: GraphBuilder): string {
  const ones = graph.op('Expand', [graph.int(1), textLength(graph)]);
  return graph.op('CumSum', [ones, graph.int(0)]);
}
