import assert from 'node:assert/strict';
import { openModel } from '../../../src/inspector/model/openModel';
import type { ModelRun } from '../../../src/inspector/model/run';
import {
  modelWith,
  plainAttention,
  scaledScores,
  small,
  type GraphBuilder,
} from './support/graphs';
import { everything, ids, inspect } from './support/inspect';

const lastAxis = { attributes: { axis: -1 } };
/** The scores of the sinks of three heads. */
const learned = [0.4, -0.7, 1.1];

/** A column for each row of the scores `[batch, heads, queries, columns]`. */
function column(graph: GraphBuilder, scores: string, columns = 1): string {
  const sinks = graph.floats(
    learned.flatMap(sink => Array.from({ length: columns }, () => sink)),
    [1, small.heads, 1, columns],
  );
  const rows = graph.op('Slice', [graph.op('Shape', [scores]), graph.ints(0), graph.ints(3)]);
  const shape = graph.op('Concat', [rows, graph.ints(columns)], { attributes: { axis: 0 } });
  return graph.op('Expand', [sinks, shape]);
}

function slice(graph: GraphBuilder, tensor: string, start: number, end: number): string {
  return graph.op('Slice', [tensor, graph.ints(start), graph.ints(end), graph.ints(-1)]);
}

/** What takes the largest of each row off, which changes nothing. */
function shifted(graph: GraphBuilder, scores: string): string {
  const options = { attributes: { axes: [-1], keepdims: 1 } };
  return graph.op('Sub', [scores, graph.op('ReduceMax', [scores], options)]);
}

/** Ways to write weights with a sink, from scores. */
const spellings: Record<
  string,
  [sinks: number[], (graph: GraphBuilder, scores: string) => string]
> = {
  'a column after the keys': [
    learned,
    (graph, scores) => {
      const joined = graph.op('Concat', [scores, column(graph, scores)], lastAxis);
      return slice(graph, graph.op('Softmax', [joined], lastAxis), 0, -1);
    },
  ],
  'a column before the keys': [
    learned,
    (graph, scores) => {
      const joined = graph.op('Concat', [column(graph, scores), scores], lastAxis);
      return slice(graph, graph.op('Softmax', [joined], lastAxis), 1, 2 ** 31 - 1);
    },
  ],
  'a column, and the largest taken off (gpt-oss)': [
    learned,
    (graph, scores) => {
      const joined = graph.op('Concat', [scores, column(graph, scores)], lastAxis);
      return slice(graph, graph.op('Softmax', [shifted(graph, joined)], lastAxis), 0, -1);
    },
  ],
  '1 + Σ exp': [
    [0, 0, 0],
    (graph, scores) => {
      const powers = graph.op('Exp', [scores]);
      const sum = graph.op('ReduceSum', [powers, graph.ints(-1)]);
      return graph.op('Div', [powers, graph.op('Add', [sum, graph.scalar(1)])]);
    },
  ],
  'exp(−m) + Σ exp, where m was taken off': [
    [0, 0, 0],
    (graph, scores) => {
      const options = { attributes: { axes: [-1], keepdims: 1 } };
      const largest = graph.op('ReduceMax', [scores], options);
      const powers = graph.op('Exp', [graph.op('Sub', [scores, largest])]);
      const sum = graph.op('ReduceSum', [powers, graph.ints(-1)]);
      const one = graph.op('Exp', [graph.op('Neg', [largest])]);
      return graph.op('Div', [powers, graph.op('Add', [one, sum])]);
    },
  ],
};

/** Weights and sinks in double precision, from the masked scores that were captured. */
function expected({ sites }: ModelRun, sinks: readonly number[]) {
  const { data, dims } = sites[0]?.maskedScores ?? { data: new Float32Array(), dims: [] };
  const [, , queries = 1, keys = 1] = dims;
  const weights: number[] = [];
  const taken: number[] = [];
  for (let row = 0; row < data.length / keys; row++) {
    const scores = [...data.subarray(row * keys, (row + 1) * keys)];
    const powers = [...scores, sinks[Math.floor(row / queries)] ?? NaN].map(Math.exp);
    const sum = powers.reduce((a, b) => a + b, 0);
    const shares = powers.map(power => power / sum);
    taken.push(shares.pop() ?? NaN);
    weights.push(...shares);
  }
  return { weights, taken };
}

function near(actual: ArrayLike<number> | undefined, wanted: readonly number[], what: string) {
  assert.ok(actual && actual.length === wanted.length, what);
  wanted.forEach((value, i) => {
    assert.ok(Math.abs((actual[i] ?? NaN) - value) < 1e-6, `${what} ${i}`);
  });
}

describe('sinks take a part of every row, which goes nowhere', () => {
  for (const [name, [sinks, weightsOf]] of Object.entries(spellings)) {
    it(name, async () => {
      const path = modelWith((graph, heads) =>
        graph.op('MatMul', [weightsOf(graph, scaledScores(graph, heads)), heads.value]),
      );
      const [model, run] = await inspect(path);
      const [site] = run.sites;
      assert.equal(site?.site.sink, sinks === learned ? 'learned' : 'one');
      assert.match(model.card.notes.join('\n'), /rows sum to less than 1/);
      const { weights, taken } = expected(run, sinks);
      near(site.weights?.data, weights, 'weight');
      near(site.sink?.data, taken, 'sink');
      assert.deepEqual(site.sink?.dims, [1, small.heads, 6, 1]);
    });
  }

  it('models without one have none, and no note of it', async () => {
    const [model, run] = await inspect(modelWith((graph, heads) => plainAttention(graph, heads)));
    assert.equal(model.card.sites[0]?.sink, undefined);
    assert.equal(run.sites[0]?.sink, undefined);
    assert.doesNotMatch(model.card.notes.join('\n'), /sum to less than 1/);
  });

  it('two columns are no sink that we know: refused', async () => {
    const path = modelWith((graph, heads) => {
      const scores = scaledScores(graph, heads);
      const joined = graph.op('Concat', [scores, column(graph, scores, 2)], lastAxis);
      const weights = slice(graph, graph.op('Softmax', [joined], lastAxis), 0, -2);
      return graph.op('MatMul', [weights, heads.value]);
    });
    const model = await openModel(path, { threads: 1 });
    await model.dispose();
    assert.equal(model.card.sites[0]?.check.result, 'refused');
  });

  it('2 + Σ exp is no softmax that we know', async () => {
    const path = modelWith((graph, heads) => {
      const powers = graph.op('Exp', [scaledScores(graph, heads)]);
      const sum = graph.op('ReduceSum', [powers, graph.ints(-1)]);
      const weights = graph.op('Div', [powers, graph.op('Add', [sum, graph.scalar(2)])]);
      return graph.op('MatMul', [weights, heads.value]);
    });
    await assert.rejects(openModel(path, { threads: 1 }), /No attention was found/);
  });

  it('a head whose weights are scaled leaves its sink as it is', async () => {
    const path = modelWith((graph, heads) => {
      const joined = (scores: string) =>
        graph.op('Concat', [scores, column(graph, scores)], lastAxis);
      const softmax = graph.op('Softmax', [joined(scaledScores(graph, heads))], lastAxis);
      return graph.op('MatMul', [slice(graph, softmax, 0, -1), heads.value]);
    });
    const model = await openModel(path, { threads: 1 });
    const headScale = Float32Array.of(0, 1, 1);
    const plain = await model.run({ input_ids: ids }, everything);
    const off = await model.run({ input_ids: ids }, everything, [{ site: 0, headScale }]);
    await model.dispose();
    assert.deepEqual(off.sites[0]?.sink, plain.sites[0]?.sink);
    assert.notDeepEqual(off.logits, plain.logits);
  });
});
