import assert from 'node:assert/strict';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import { runNonNumbers } from '../../../src/inspector/run/runNonNumbers';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import {
  GraphBuilder,
  modelOf,
  plainAttention,
  save,
  scaledScores,
  small,
  type Heads,
} from './support/graphs';
import { causalMask, linear, softmax } from './support/spellings';
import { assertShown, graphTensor, ran, verdicts, type Attention } from './support/verdicts';

const { width, vocabulary } = small;

const countOf = ({ data }: Tensor) => data.filter(value => !Number.isFinite(value)).length;

/** The bits of a number as float16, cut to 10 binary places; those of weights are in its normal range. */
function halfBits(value: number): number {
  const size = Math.abs(value);
  if (size < 2 ** -14) return 0;
  const exponent = Math.floor(Math.log2(size));
  const fraction = Math.floor((size / 2 ** exponent - 1) * 1024);
  return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
}

/** Stores the weights of a graph as float16. */
function storeAsHalf({ initializers }: GraphBuilder): void {
  for (const [name, tensor] of initializers) {
    if (tensor.elementType !== ElementType.float || tensor.data.kind !== 'inline') continue;
    const floats = new Float32Array(tensor.data.bytes.slice().buffer);
    const bytes = new Uint8Array(Uint16Array.from(floats, halfBits).buffer);
    const data = { kind: 'inline', bytes } as const;
    initializers.set(name, { ...tensor, elementType: ElementType.float16, data });
  }
}

/** A weight with one value that is no number. */
function brokenWeight(graph: GraphBuilder, rows: number, columns: number): string {
  const values = Array.from({ length: rows * columns }, (_, i) => Math.sin(i * 2.3) / 2);
  values[1] = NaN;
  return graph.floats(values, [rows, columns]);
}

/** Query and key, to which one word adds so much that its own product does not fit into float16. */
function withLargePair(
  graph: GraphBuilder,
  { query, key }: Heads,
  sign = 1,
): Pick<Heads, 'query' | 'key'> {
  const sizes = Array.from({ length: vocabulary }, (_, id) => (id === 20 ? 600 : 0));
  const looked = graph.op('Gather', [graph.floats(sizes), 'input_ids']);
  const added = graph.op('Unsqueeze', [looked, graph.ints(1, 3)]);
  return {
    query: graph.op('Add', [query, added]),
    key: graph.op(sign > 0 ? 'Add' : 'Sub', [key, added]),
  };
}

/** A model of layers, one after the other, with a head of its own. */
function model(
  attentions: readonly Attention[],
  head = (graph: GraphBuilder, x: string) => graph.head(x),
) {
  const graph = new GraphBuilder();
  let hidden = graph.embed();
  for (const attention of attentions) {
    const context = graph.merge(attention(graph, graph.project(hidden), hidden));
    hidden = graph.op('Add', [hidden, linear(graph, context)]);
  }
  return save(graph, head(graph, hidden));
}

describe('numbers that are none', function () {
  this.timeout(300_000);

  /** Three layers, the second of which has scores that do not fit into float16. */
  function overflowing(sign: number): { path: string; scores: string } {
    const graph = new GraphBuilder();
    let hidden = graph.embed();
    let scores = '';
    for (let layer = 0; layer < 3; layer++) {
      const heads = graph.project(hidden);
      const grown = layer === 1 ? { ...heads, ...withLargePair(graph, heads, sign) } : heads;
      const own = scaledScores(graph, grown);
      if (layer === 1) scores = own;
      const context = graph.merge(graph.op('MatMul', [softmax(graph, own), heads.value]));
      hidden = graph.op('Add', [hidden, linear(graph, context)]);
    }
    const logits = graph.head(hidden);
    storeAsHalf(graph);
    return { path: save(graph, logits, { outputType: ElementType.float16 }), scores };
  }

  it('are named where a float16 product overflows, and the other layers are shown', async () => {
    const { path, scores } = overflowing(1);
    const [card, run] = await ran(path);
    assert.equal(card.precision, 'float16');
    assert.deepEqual(verdicts(card), ['approximate', 'approximate', 'approximate']);
    const [, second] = card.sites;
    assert.ok(second?.check.result === 'approximate');
    assert.equal(second.check.fault, 'notFinite');
    assert.match(second.check.reason, /\d+ of [\d,]+ scores of a made-up text are no numbers/);
    const notes = card.notes.join(' ');
    // Three of the 53 tokens of the made-up text are that word, in each of three heads.
    assert.match(
      notes,
      /first in layer 1, scores, 27 of 8,427 values; the float16 product overflowed/,
    );
    assert.doesNotMatch(notes, /pattern|blocks/, 'what overflows is no mask');
    assert.deepEqual(
      run.sites.map(({ site }) => site.layer),
      [0, 1, 2],
    );
    // One of ten words here.
    assert.equal(countOf(await graphTensor(path, scores, 10)), small.heads);
  });

  it('are named where it overflows below, which is no mask', async () => {
    const { path } = overflowing(-1);
    const [card, run] = await ran(path);
    assert.deepEqual(verdicts(card), ['approximate', 'approximate', 'approximate']);
    assert.equal(run.sites.length, 3);
    assert.deepEqual(card.sites[1]?.mask, { kind: 'bidirectional' });
    const [note, ...others] = card.notes;
    assert.match(note ?? '', /first in layer 1, scores, 27 of 8,427 values; the float16 product/);
    assert.deepEqual(others, []);
  });

  it('are not what large scores of float32 are, nor are those a mask', async () => {
    const large: Attention = (graph, heads) =>
      plainAttention(graph, { ...heads, ...withLargePair(graph, heads) });
    const card = await assertShown(model([plainAttention, large]));
    assert.deepEqual(card.sites[1]?.mask, { kind: 'bidirectional' });
    assert.deepEqual(card.notes, []);
  });

  it('are named in a weight', async () => {
    const broken: Attention = (graph, heads, hidden) => {
      const projected = graph.op('MatMul', [hidden, brokenWeight(graph, width, width)]);
      return plainAttention(graph, { ...heads, value: graph.split(projected) });
    };
    const path = model([plainAttention, broken, plainAttention]);
    const [card, run] = await ran(path);
    assert.deepEqual(verdicts(card), ['exact', 'approximate', 'approximate']);
    assert.match(card.notes.join(' '), /made-up text: first in layer 1, value, 53 of 636 values\./);
    assert.equal(run.sites.length, 3);
    assert.equal(countOf(run.sites[0]?.headOutput ?? assert.fail()), 0);
    const count = countOf(run.sites[1]?.value ?? assert.fail());
    assert.equal(count, 10, 'one column of every token');
    assert.deepEqual(runNonNumbers(run, card), [
      `Not all numbers are numbers (NaN or infinite) in this run: first in layer 1, value, ${count} of 120 values.`,
    ]);
  });

  for (const blocked of [-1e9, -Infinity]) {
    it(`are the first row of a strictly causal mask of ${blocked}`, async () => {
      const strict: Attention = (graph, heads) => {
        const scores = graph.op('Add', [scaledScores(graph, heads), causalMask(graph, blocked, 0)]);
        return graph.op('MatMul', [softmax(graph, scores), heads.value]);
      };
      const path = modelOf([strict]);
      const [card, run] = await ran(path);
      assert.deepEqual(verdicts(card), [blocked === -Infinity ? 'approximate' : 'exact']);
      assert.deepEqual(card.stacks, ['decoder']);
      assert.deepEqual(card.sites[0]?.mask, { kind: 'causal', excludesSelf: true });
      const weights = run.sites[0]?.weights ?? assert.fail();
      const row = weights.data.slice(0, 10);
      if (blocked === -Infinity) {
        assert.ok(row.every(Number.isNaN));
        const [note, ...others] = runNonNumbers(run, card);
        assert.match(
          note ?? '',
          /layer 0, weights, 30 of 300 values; the mask blocks every one of the 10 keys of query 0\.$/,
        );
        assert.equal(others.length, 0);
        assert.equal(countOf(weights), 30);
        assert.equal(card.outputCheck.result, 'approximate');
      } else {
        assert.ok(row.every(weight => Math.abs(weight - 0.1) < 0.05));
        assert.deepEqual(runNonNumbers(run, card), []);
        assert.equal(card.outputCheck.result, 'exact');
      }
    });
  }

  it('in the logits of both graphs are no agreement', async () => {
    const path = model([plainAttention], (graph, hidden) =>
      graph.op('MatMul', [hidden, brokenWeight(graph, width, vocabulary)]),
    );
    const [card, run] = await ran(path);
    assert.deepEqual(verdicts(card), ['exact']);
    const { outputCheck } = card;
    assert.ok(outputCheck.result === 'approximate');
    // A column of 53 tokens, and of two rows of nine of the text with padding or of the shorter ones.
    assert.match(
      outputCheck.reason,
      /^\d+ of [\d,]+ values that the original graph puts out .* are no numbers$/,
    );
    assert.match(card.notes.join(' '), /first in the logits, 53 of 1,219 values/);
    assert.match(runNonNumbers(run, card).join(), /first in the logits, 10 of 230 values/);
    assert.equal(countOf(run.logits ?? assert.fail()), 10);
  });
});
