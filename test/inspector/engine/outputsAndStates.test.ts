import assert from 'node:assert/strict';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import { transposeLast } from '../../../src/inspector/runtime/layout';
import { worstError } from './support/cases';
import { GraphBuilder, modelOf, plainAttention, save, scaledScores, small } from './support/graphs';
import { causalMask, distances, linear, norm, softmax } from './support/spellings';
import {
  assertShown,
  cardOf,
  graphTensor,
  ran,
  verdicts,
  type Attention,
} from './support/verdicts';

const { width, vocabulary, heads } = small;

/** x · A + y · B, where y is made of x token by token. */
function twoTerms(graph: GraphBuilder, x: string, to: number): string {
  const y = graph.op('Sigmoid', [x]);
  return graph.op('Add', [linear(graph, x, to), linear(graph, y, to)]);
}

const causal: Attention = (graph, parts) => {
  const scores = graph.op('Add', [scaledScores(graph, parts), causalMask(graph)]);
  return graph.op('MatMul', [softmax(graph, scores), parts.value]);
};

/** States and logits of a run are the given tensors of the untouched graph. */
async function assertStates(path: string, stream: readonly string[], logits: string) {
  const [card, run] = await ran(path);
  assert.deepEqual(new Set(verdicts(card)), new Set(['exact']));
  const states = run.hiddenStates.encoder;
  assert.ok(states && run.logits && run.lastResidual.encoder, 'states and logits are there');
  assert.equal(states.length, stream.length);
  const found = [...states.slice(0, -1), run.lastResidual.encoder];
  for (const [i, name] of stream.entries()) {
    const truth = await graphTensor(path, name, 10);
    assert.deepEqual(found[i]?.dims, [1, 10, width]);
    const same = truth.dims[1] === width ? transposeLast(truth) : truth;
    assert.ok(worstError(found[i], same) < 1e-5, `hidden state ${i}`);
  }
  assert.ok(worstError(run.logits, await graphTensor(path, logits, 10)) < 1e-5, 'logits');
  assert.equal(card.modelDim, width);
  return card;
}

describe('the residual stream and the outputs', function () {
  this.timeout(300_000);

  it('a product written as two terms before the head is no residual addition', async () => {
    const graph = new GraphBuilder();
    const first = graph.embed();
    const second = graph.op('Add', [first, graph.attend(graph.project(first))]);
    const last = graph.op('Add', [second, graph.attend(graph.project(second))]);
    const logits = twoTerms(graph, norm(graph, last), vocabulary);
    await assertStates(save(graph, logits), [first, second, last], logits);
  });

  it('nor is one in a feed-forward part', async () => {
    const graph = new GraphBuilder();
    let hidden = graph.embed();
    const stream = [hidden];
    for (let layer = 0; layer < 2; layer++) {
      hidden = graph.op('Add', [hidden, graph.attend(graph.project(norm(graph, hidden)))]);
      const inner = graph.op('Relu', [twoTerms(graph, norm(graph, hidden), width)]);
      hidden = graph.op('Add', [hidden, twoTerms(graph, inner, width)]);
      stream.push(hidden);
    }
    const logits = graph.head(hidden);
    await assertStates(save(graph, logits), stream, logits);
  });

  it('states kept as [batch, width, tokens] are turned', async () => {
    const graph = new GraphBuilder();
    const turn = (tensor: string) =>
      graph.op('Transpose', [tensor], { attributes: { perm: [0, 2, 1] } });
    let hidden = turn(graph.embed());
    const stream = [hidden];
    for (let layer = 0; layer < 2; layer++) {
      const output = graph.attend(graph.project(turn(hidden)));
      hidden = graph.op('Add', [hidden, turn(output)]);
      stream.push(hidden);
    }
    const logits = graph.head(turn(hidden));
    await assertStates(save(graph, logits), stream, logits);
  });

  for (const [name, type] of Object.entries({ int64: undefined, int32: ElementType.int32 })) {
    it(`${name} ids as the output are held against the scores that they are chosen by`, async () => {
      const graph = new GraphBuilder();
      const first = graph.embed();
      const last = graph.op('Add', [first, graph.attend(graph.project(first))]);
      const logits = graph.head(last);
      const best = graph.op('ArgMax', [logits], { attributes: { axis: -1, keepdims: 0 } });
      const output = type ? graph.op('Cast', [best], { attributes: { to: type } }) : best;
      const path = save(graph, output, { outputType: type ?? ElementType.int64 });
      const card = await assertStates(path, [first, last], logits);
      assert.equal(card.outputCheck.result, 'exact');
    });
  }

  it('an embedding table of bytes is scaled before it is looked up', async () => {
    const graph = new GraphBuilder();
    const codes = Array.from({ length: vocabulary * width }, (_, i) => (i * 89 + 17) % 256);
    const table = graph.op('Mul', [
      graph.op('Sub', [
        graph.op('Cast', [graph.bytes(codes, [vocabulary, width])], {
          attributes: { to: ElementType.float },
        }),
        graph.scalar(128),
      ]),
      graph.floats(
        Array.from({ length: vocabulary }, (_, row) => 0.003 + row / 9000),
        [vocabulary, 1],
      ),
    ]);
    const first = graph.op('Gather', [table, 'input_ids']);
    const last = graph.op('Add', [first, graph.attend(graph.project(first))]);
    const logits = graph.head(last);
    const card = await assertStates(save(graph, logits), [first, last], logits);
    assert.equal(card.vocabulary, vocabulary);
  });
});

describe('masks', function () {
  this.timeout(300_000);

  it('one layer without a mask leaves a causal model a decoder', async () => {
    const card = await assertShown(modelOf([causal, plainAttention, causal]));
    assert.deepEqual(card.stacks, ['decoder']);
    assert.deepEqual(
      card.sites.map(({ mask }) => mask.kind),
      ['causal', 'bidirectional', 'causal'],
    );
    const encoder = await cardOf(modelOf([plainAttention, plainAttention]));
    assert.deepEqual(encoder.stacks, ['encoder']);
  });

  it('a whole number beside a bias is no window', async () => {
    const bucketed: Attention = (graph, parts) => {
      const away = graph.op('Cast', [distances(graph)], { attributes: { to: ElementType.int64 } });
      const far = graph.op('Abs', [away]);
      const isNear = graph.op('Less', [far, graph.int(64)]);
      const bucket = graph.op('Where', [isNear, far, graph.int(64)]);
      const looked = graph.op('Gather', [graph.weight(65, heads), bucket]);
      const bias = graph.op('Transpose', [looked], { attributes: { perm: [2, 0, 1] } });
      const scores = graph.op('Add', [scaledScores(graph, parts), bias]);
      return graph.op('MatMul', [softmax(graph, scores), parts.value]);
    };
    const card = await assertShown(modelOf([bucketed]));
    assert.deepEqual(card.sites[0]?.mask, { kind: 'bidirectional' });
    assert.equal(card.sites[0].maskSeenUpTo, undefined);
    assert.deepEqual(card.notes, []);
  });

  it('a window that begins beyond the made-up text is suspected', async () => {
    const windowed: Attention = (graph, parts) => {
      const away = graph.op('Cast', [distances(graph)], { attributes: { to: ElementType.int64 } });
      const isNear = graph.op('Less', [graph.op('Abs', [away]), graph.int(100)]);
      const mask = graph.op('Where', [isNear, graph.scalar(0), graph.scalar(-1e9)]);
      const scores = graph.op('Add', [scaledScores(graph, parts), mask]);
      return graph.op('MatMul', [softmax(graph, scores), parts.value]);
    };
    const card = await assertShown(modelOf([windowed]));
    assert.equal(card.sites[0]?.maskSeenUpTo, 52);
    assert.match(card.notes.join(), /up to 52 apart/);
  });
});
