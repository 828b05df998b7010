import assert from 'node:assert/strict';
import { type SiteCapture, Edge } from '../../../src/inspector/model/run';
import { openModel } from '../../../src/inspector/model/openModel';
import { worstError } from './support/cases';
import { modelWith, small } from './support/graphs';
import { everything } from './support/inspect';
import { causalMask, half, scored } from './support/spellings';
import { idsOf, onlySite, type Attention } from './support/verdicts';

const { heads } = small;

describe('a mask that is imposed', function () {
  this.timeout(300_000);
  const length = 6;

  async function imposed(attention: Attention): Promise<SiteCapture> {
    const model = await openModel(modelWith(attention), { threads: 1 });
    const edges = new Uint8Array(length * length).fill(Edge.keep);
    edges[2 * length + 5] = Edge.allow;
    edges[2 * length] = Edge.block;
    edges[4 * length + 4] = Edge.block;
    const mask = { edges, dims: [1, length, length] } as const;
    try {
      const interventions = [{ site: 0, mask }];
      return onlySite(await model.run({ input_ids: idsOf(length) }, everything, interventions));
    } finally {
      await model.dispose();
    }
  }

  it('gives the same whether the graph masks before it scales or after', async () => {
    const early = await imposed(
      scored((graph, product) => half(graph, graph.op('Add', [product, causalMask(graph)]))),
    );
    const late = await imposed(
      scored((graph, product) => graph.op('Add', [half(graph, product), causalMask(graph)])),
    );
    assert.ok(early.weights && late.weights && late.maskedScores);
    assert.ok(worstError(early.weights, late.weights) < 1e-5);
    assert.ok(worstError(early.maskedScores, late.maskedScores) < 1e-5);
    for (let head = 0; head < heads; head++) {
      const at = (row: number, key: number) =>
        early.weights?.data[(head * length + row) * length + key] ?? NaN;
      assert.ok(at(2, 5) > 0.01);
      assert.deepEqual([at(2, 0), at(4, 4), at(2, 4)], [0, 0, 0]);
    }
  });

  it('leaves an edge that it allows its soft cap', async () => {
    const capped = (isMasked: boolean) =>
      scored((graph, product) => {
        const cap = graph.scalar(0.05);
        const tanh = graph.op('Tanh', [graph.op('Div', [half(graph, product), cap])]);
        const scores = graph.op('Mul', [tanh, cap]);
        return isMasked ? graph.op('Add', [scores, causalMask(graph)]) : scores;
      });
    const allowed = await imposed(capped(true));
    const open = await imposed(capped(false));
    for (let head = 0; head < heads; head++) {
      const at = (head * length + 2) * length + 5;
      const [score = NaN, expected = NaN] = [allowed, open].map(
        ({ maskedScores }) => maskedScores?.data[at],
      );
      assert.ok(Math.abs(score - expected) < 1e-6, `${score} instead of ${expected}`);
    }
  });
});
