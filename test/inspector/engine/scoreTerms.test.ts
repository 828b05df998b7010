import assert from 'node:assert/strict';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { SiteCapture } from '../../../src/inspector/model/run';
import { ElementType, type Attribute } from '../../../src/inspector/onnx/file/types';
import { dotProducts } from '../../../src/inspector/runtime/dotProducts';
import { worstError } from './support/cases';
import { modelOf, modelWith, plainAttention, small, type GraphBuilder } from './support/graphs';
import {
  causalMask,
  half,
  linear,
  scored,
  slice,
  softmax,
  textLength,
  turned,
} from './support/spellings';
import {
  assertRefused,
  assertShown,
  graphTensor,
  onlySite,
  ran,
  verdicts,
  type Attention,
} from './support/verdicts';

const { heads, headDim } = small;

const float = (graph: GraphBuilder, tensor: string) =>
  graph.op('Cast', [tensor], { attributes: { to: ElementType.float } });

/** A bias for every distance that blocks nothing `[heads, 64, 64]`, cut to the text. */
function bias(graph: GraphBuilder): string {
  const length = textLength(graph);
  const ends = graph.op('Concat', [length, length], { attributes: { axis: 0 } });
  const bounds = [graph.ints(0, 0), ends, graph.ints(1, 2)];
  return graph.op('Slice', [graph.weight(heads, 128, 128), ...bounds]);
}

/** 4, made by filling a shape without dimensions. */
function filled(graph: GraphBuilder): string {
  const tensor = new BinaryWriter()
    .tag(2, WireType.Varint)
    .int32(ElementType.float)
    .tag(9, WireType.LengthDelimited)
    .bytes(new Uint8Array(Float32Array.of(4).buffer))
    .tag(1, WireType.Varint)
    .int64(1)
    .finish();
  const message = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string('value')
    .tag(5, WireType.LengthDelimited)
    .bytes(tensor)
    .tag(20, WireType.Varint)
    .int32(4)
    .finish();
  const value: Attribute = { name: 'value', message };
  return graph.op('ConstantOfShape', [graph.ints()], { copied: [value] });
}

/** Query and key are projections of the model `plain`, and scores are scale × q·k of the same head. */
function assertParts(site: SiteCapture, plain: SiteCapture, scale: number): void {
  assert.ok(Math.abs(site.site.scale - scale) < 1e-5, `scale ${site.site.scale}`);
  assert.ok(site.query && site.key && plain.query && plain.key);
  assert.ok(worstError(site.query, plain.query) < 1e-5, 'query');
  assert.ok(worstError(site.key, plain.key) < 1e-5, 'key');
}

/** What is added to scale × q·k. */
function added({ query, key, maskedScores, site }: SiteCapture): Float32Array {
  assert.ok(query && key && maskedScores);
  const plain = dotProducts(query, key, site.scale);
  return maskedScores.data.map((score, i) => score - (plain[i] ?? NaN));
}

describe('what is added to scale × q·k is a mask or a position bias', function () {
  this.timeout(300_000);
  let plain: SiteCapture;
  before(async () => {
    plain = onlySite((await ran(modelWith(plainAttention)))[1]);
  });

  const scales: Record<string, Attention> = {
    'divided by a root of a filled scalar': scored((graph, product) =>
      graph.op('Div', [product, graph.op('Pow', [filled(graph), graph.scalar(0.5)])]),
    ),
    'divided by a root of a size that Gather picks': scored((graph, product, { query }) => {
      const size = graph.op('Gather', [graph.op('Shape', [query]), graph.int(-1)]);
      return graph.op('Div', [product, graph.op('Sqrt', [float(graph, size)])]);
    }),
    'divided by a root of a size that Slice picks': scored((graph, product, { query }) => {
      const size = slice(graph, graph.op('Shape', [query]), -1, 2 ** 31 - 1, 0);
      return graph.op('Div', [product, graph.op('Sqrt', [float(graph, size)])]);
    }),
    'fourth roots on both sides, the key’s before it is turned': (graph, { query, key, value }) => {
      const size = graph.op('Gather', [graph.op('Shape', [query]), graph.int(-1)]);
      const root = graph.op('Sqrt', [graph.op('Sqrt', [float(graph, size)])]);
      const product = graph.op('MatMul', [
        graph.op('Div', [query, root]),
        turned(graph, graph.op('Div', [key, root])),
      ]);
      return graph.op('MatMul', [softmax(graph, product), value]);
    },
    'a product of key and query, turned': (graph, { query, key, value }) => {
      const product = turned(graph, graph.op('MatMul', [key, turned(graph, query)]));
      return graph.op('MatMul', [softmax(graph, half(graph, product)), value]);
    },
    'a product of key and query, turned after the scale': (graph, { query, key, value }) => {
      const product = half(graph, graph.op('MatMul', [key, turned(graph, query)]));
      return graph.op('MatMul', [softmax(graph, turned(graph, product)), value]);
    },
  };
  for (const [name, attention] of Object.entries(scales)) {
    it(`${name}: the scale is 1 / √d, nothing is added`, async () => {
      const path = modelWith(attention);
      await assertShown(path);
      const site = onlySite((await ran(path))[1]);
      assertParts(site, plain, 0.5);
      assert.ok(added(site).every(value => Math.abs(value) < 1e-5));
    });
  }

  it('a mask and a bias that are added before the scale are scaled with it', async () => {
    let table = '';
    const path = modelWith(
      scored((graph, product) => {
        table = bias(graph);
        const masked = graph.op('Add', [graph.op('Add', [product, table]), causalMask(graph)]);
        return half(graph, masked);
      }),
    );
    const card = await assertShown(path);
    assert.deepEqual(card.sites[0]?.mask, { kind: 'causal' });
    const site = onlySite((await ran(path))[1]);
    assertParts(site, plain, 0.5);
    const { data } = await graphTensor(path, table, 10);
    for (const [i, value] of added(site).entries()) {
      const isLater = i % 10 > Math.floor(i / 10) % 10;
      if (isLater) assert.ok(value < -1e8);
      else assert.ok(Math.abs(value - (data[i] ?? NaN) / 2) < 1e-5);
    }
  });

  it('a scale that follows the length of the text is that of each run', async () => {
    const path = modelWith((graph, { query, key, value }) => {
      const log = graph.op('Log', [float(graph, graph.op('Squeeze', [textLength(graph)]))]);
      const scaled = graph.op('Mul', [query, graph.op('Div', [log, graph.scalar(Math.log(64))])]);
      return plainAttention(graph, { query: scaled, key, value });
    });
    await assertShown(path);
    for (const length of [10, 40]) {
      const site = onlySite((await ran(path, length))[1]);
      const scale = (0.5 * Math.log(length)) / Math.log(64);
      assert.ok(Math.abs(site.site.scale - scale) < 1e-5, `${site.site.scale} for ${length}`);
      assert.ok(added(site).every(value => Math.abs(value) < 1e-5));
    }
  });

  it('a soft cap whose division folds the scale in', async () => {
    const path = modelWith(
      scored((graph, product) => {
        const capped = graph.op('Tanh', [graph.op('Div', [product, graph.scalar(6)])]);
        return graph.op('Mul', [capped, graph.scalar(3)]);
      }),
    );
    const card = await assertShown(path);
    assert.equal(card.sites[0]?.softCap, 3);
    const site = onlySite((await ran(path))[1]);
    assertParts(site, plain, 0.5);
    const { query, key, maskedScores } = site;
    assert.ok(query && key && maskedScores);
    const expected = dotProducts(query, key, 0.5).map(score => 3 * Math.tanh(score / 3));
    const data = Float32Array.from(expected);
    assert.ok(worstError(maskedScores, { dims: maskedScores.dims, data }) < 1e-5);
  });

  it('a selection of the largest scores is shown with a note', async () => {
    const selective = scored((graph, product) => {
      const scores = half(graph, product);
      const [largest = ''] = graph.ops('TopK', [scores, graph.ints(2)], 2);
      const least = graph.op('ReduceMin', [largest], { attributes: { axes: [-1], keepdims: 1 } });
      const isLess = graph.op('Less', [scores, least]);
      return graph.op('Where', [isLess, graph.scalar(-1e9), scores]);
    });
    const card = await assertShown(modelOf([plainAttention, selective]));
    assert.match(card.notes.join(' '), /blocks depends on the text/);
    const [, run] = await ran(modelWith(selective));
    const weights = onlySite(run).weights?.data ?? [];
    for (let row = 0; row < weights.length; row += 10) {
      assert.equal(weights.slice(row, row + 10).filter(weight => weight > 0).length, 2);
    }
    const usual = await assertShown(modelOf([plainAttention]));
    assert.doesNotMatch(usual.notes.join(' '), /depends on the text/);
  });
});

describe('scores that are no scale × q·k with a mask or a position bias are refused', function () {
  this.timeout(300_000);
  const refused: Record<string, [Attention, RegExp]> = {
    'a temperature that depends on the query': [
      scored((graph, product, _, hidden) => {
        const warm = graph.op('Softplus', [linear(graph, hidden, heads)]);
        const by = graph.op('Transpose', [graph.op('Unsqueeze', [warm, graph.ints(-1)])], {
          attributes: { perm: [0, 2, 1, 3] },
        });
        return graph.op('Div', [half(graph, product), by]);
      }),
      /depends on the text/,
    ],
    'a distance of query and key': [
      scored((graph, product, { query, key }) => {
        const squares = (tensor: string) =>
          graph.op('ReduceSum', [graph.op('Mul', [tensor, tensor]), graph.ints(-1)], {
            attributes: { keepdims: 1 },
          });
        const sum = graph.op('Add', [squares(query), turned(graph, squares(key))]);
        return graph.op('Sub', [graph.op('Mul', [product, graph.scalar(2)]), sum]);
      }),
      /depends on the text/,
    ],
    'heads that are mixed': [
      scored((graph, product) => {
        const last = graph.op('Transpose', [product], { attributes: { perm: [0, 2, 3, 1] } });
        const mixed = graph.op('MatMul', [last, graph.weight(heads, heads)]);
        return graph.op('Transpose', [mixed], { attributes: { perm: [0, 3, 1, 2] } });
      }),
      /scores|queries and keys/,
    ],
    'half the scores of the next head are added': [
      scored((graph, product) => {
        const scores = half(graph, product);
        const next = graph.op('Gather', [scores, graph.ints(1, 2, 0)], { attributes: { axis: 1 } });
        return graph.op('Add', [scores, half(graph, next)]);
      }),
      /depends on the text/,
    ],
    'heads that change places': [
      scored((graph, product) =>
        graph.op('Gather', [half(graph, product), graph.ints(0, 2, 1)], {
          attributes: { axis: 1 },
        }),
      ),
      /scores|queries and keys/,
    ],
    'a term of the text beside them': [
      scored((graph, product, { key }) => {
        const ones = graph.floats(new Float32Array(headDim).fill(1), [headDim, 1]);
        const term = turned(graph, graph.op('MatMul', [graph.op('Sigmoid', [key]), ones]));
        return graph.op('Add', [half(graph, product), term]);
      }),
      /depends on the text/,
    ],
    'a term of the ids that are looked up': [
      scored((graph, product) => {
        const looked = graph.op('Gather', [graph.weight(23), 'input_ids']);
        return graph.op('Add', [
          half(graph, product),
          graph.op('Unsqueeze', [looked, graph.ints(1, 2)]),
        ]);
      }),
      /depends on the text/,
    ],
  };
  for (const [name, [attention, reason]] of Object.entries(refused)) {
    it(name, () => assertRefused(attention, reason));
  }

  it('scores that are negated on a side path are scaled by the opposite, or refused', async () => {
    const negated = scored((graph, product) => {
      const scores = half(graph, product);
      return graph.op('Sub', [scores, graph.op('Mul', [scores, graph.scalar(2)])]);
    });
    const [card, run] = await ran(modelOf([plainAttention, negated]));
    assert.equal(verdicts(card)[0], 'exact');
    const site = run.sites[1];
    if (site) assert.ok(Math.abs(site.site.scale + 0.5) < 1e-5, `scale ${site.site.scale}`);
    else assert.match(verdicts(card)[1] ?? '', /depends on the text/);
  });
});
