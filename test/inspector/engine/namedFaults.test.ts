import assert from 'node:assert/strict';
import type { AttentionSite, NamedFault } from '../../../src/protocol/model';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import { modelOf, plainAttention, scaledScores } from './support/graphs';
import { softmax } from './support/spellings';
import { ran, verdicts, type Attention } from './support/verdicts';

/** Softmax along an axis that is given. */
const along =
  (axis: number): Attention =>
  (graph, heads) => {
    const weights = graph.op('Softmax', [scaledScores(graph, heads)], { attributes: { axis } });
    return graph.op('MatMul', [weights, heads.value]);
  };

/** Weights that are changed between the softmax and the values. */
const changed =
  (factor: number): Attention =>
  (graph, heads) => {
    const weights = softmax(graph, scaledScores(graph, heads));
    const other = graph.op('Mul', [weights, graph.scalar(factor)]);
    return graph.op('MatMul', [other, heads.value]);
  };

/** What is random in a graph, after the softmax. */
const dropped: Attention = (graph, heads) => {
  const weights = softmax(graph, scaledScores(graph, heads));
  const isOn = graph.op('Cast', [graph.scalar(1)], { attributes: { to: ElementType.bool } });
  const left = graph.op('Dropout', [weights, graph.scalar(0.3), isOn]);
  return graph.op('MatMul', [left, heads.value]);
};

function faultOf({ check }: AttentionSite): NamedFault | undefined {
  return check.result === 'approximate' ? check.fault : undefined;
}

/** Sums along an axis of weights `[1, heads, queries, keys]` with as many queries as keys. */
function sums({ dims, data }: Tensor, axis: 'rows' | 'columns'): number[] {
  const size = dims[3] ?? 1;
  const found = new Float64Array(data.length / size);
  for (const [i, weight] of data.entries()) {
    const [row, column] = [Math.floor(i / size), i % size];
    const at = axis === 'rows' ? row : Math.floor(row / size) * size + column;
    found[at] = (found[at] ?? 0) + weight;
  }
  return [...found];
}

const isOne = (sum: number) => Math.abs(sum - 1) < 1e-5;

describe('what is wrong with an attention and has a name is shown', function () {
  this.timeout(300_000);

  it('a softmax over the queries', async () => {
    const [card, run] = await ran(modelOf([plainAttention, along(2), plainAttention]));
    assert.deepEqual(verdicts(card), ['exact', 'approximate', 'exact']);
    assert.deepEqual(card.sites.map(faultOf), [undefined, 'otherAxis', undefined]);
    assert.match(card.notes.join(' '), /layer 1 is shown as the file .* runs over the queries/);
    const weights = run.sites[1]?.weights ?? assert.fail();
    assert.ok(sums(weights, 'columns').every(isOne), 'as the graph has them');
    assert.ok(!sums(weights, 'rows').every(isOne));
  });

  it('a softmax over the heads', async () => {
    const [card, run] = await ran(modelOf([along(1)]));
    assert.deepEqual(card.sites.map(faultOf), ['otherAxis']);
    assert.match(card.notes.join(' '), /runs over the heads/);
    assert.equal(run.sites.length, 1);
  });

  for (const factor of [0.8, 1.5]) {
    it(`weights that are changed after the softmax, times ${factor}`, async () => {
      const [card, run] = await ran(modelOf([changed(factor)]));
      assert.deepEqual(card.sites.map(faultOf), ['rowSums']);
      const rows = sums(run.sites[0]?.weights ?? assert.fail(), 'rows');
      assert.ok(rows.every(row => Math.abs(row - factor) < 1e-5));
    });
  }

  it('not one whose rows are 0: what takes all of them is not known', async () => {
    const [card, run] = await ran(modelOf([changed(0)]));
    assert.match(verdicts(card)[0] ?? '', /is not the softmax of its scores/);
    assert.equal(run.sites.length, 0);
  });

  it('a file that gives other numbers in each run', async () => {
    const [card, run] = await ran(modelOf([plainAttention, dropped, plainAttention]));
    const { outputCheck } = card;
    assert.ok(outputCheck.result === 'approximate');
    assert.equal(outputCheck.fault, 'notRepeatable');
    assert.deepEqual(card.sites.map(faultOf), [undefined, 'rowSums', undefined]);
    assert.equal(run.sites.length, 3);
  });

  it('not one whose rows are other tokens', async () => {
    const mixed: Attention = (graph, heads) => {
      const ends = [-1, -(2 ** 31 - 1), 2, -1].map(value => graph.ints(value));
      const query = graph.op('Slice', [heads.query, ...ends]);
      return along(2)(graph, { ...heads, query }, '');
    };
    const [card] = await ran(modelOf([plainAttention, mixed]));
    assert.match(verdicts(card)[1] ?? '', /stand in another order/);
  });
});
