import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { AttentionSite } from '../../../src/protocol/model';
import { openModel } from '../../../src/inspector/model/openModel';
import type { Feed, SiteCapture } from '../../../src/inspector/model/run';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import type { AttributeValue } from '../../../src/inspector/onnx/file/writeModel';
import { modelWith, small, type GraphBuilder } from './support/graphs';
import { everything, ids, inspect } from './support/inspect';

const domain = 'com.microsoft';
const queryHeads = 4;
const keyHeads = 2;

/** What a kind of `GroupQueryAttention` adds to the plain one. */
interface Kind {
  readonly headDim?: number;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly isPacked?: boolean;
  /** Inputs after the lengths, by their place. */
  readonly inputs?: (graph: GraphBuilder) => Readonly<Record<number, string>>;
  readonly expected?: Partial<AttentionSite>;
  /** What has to be true of its numbers beside the self-check. */
  readonly holds?: (capture: SiteCapture) => void;
}

/** Cosines and sines of a base of 100, the angle of pair i at position p being p · 100^(−i / pairs). */
function tables(graph: GraphBuilder, pairs: number): Record<number, string> {
  const angles = Array.from(
    { length: 512 * pairs },
    (_, at) => Math.floor(at / pairs) * 100 ** (-(at % pairs) / pairs),
  );
  return {
    7: graph.floats(angles.map(Math.cos), [512, pairs]),
    8: graph.floats(angles.map(Math.sin), [512, pairs]),
  };
}

const kinds: Record<string, Kind> = {
  plain: {},
  packed: { isPacked: true },
  'packed and rotated': {
    isPacked: true,
    attributes: { do_rotary: 1 },
    inputs: graph => tables(graph, 8),
    holds: ({ query, site }) => {
      assert.equal(site.positional.kind, 'rotary');
      assert.ok(query);
    },
  },
  'rotated by neighbours': {
    attributes: { do_rotary: 1, rotary_interleaved: 1 },
    inputs: graph => tables(graph, 8),
  },
  'rotated in its first half': {
    headDim: 32,
    isPacked: true,
    attributes: { do_rotary: 1 },
    inputs: graph => tables(graph, 8),
  },
  'rotated by neighbours in its first half': {
    headDim: 32,
    attributes: { do_rotary: 1, rotary_interleaved: 1 },
    inputs: graph => tables(graph, 8),
  },
  'that reads in both directions': {
    attributes: { causal: 0 },
    expected: { mask: { kind: 'bidirectional' } },
  },
  'with position ids, which the runtime does not read': {
    attributes: { do_rotary: 1 },
    inputs: graph => ({ ...tables(graph, 8), 9: places(graph) }),
  },
  'with a window': {
    attributes: { local_window_size: 2 },
    expected: { mask: { kind: 'window', before: 1, after: 0 } },
    holds: ({ weights }) => {
      const row = [...(weights?.data.subarray(5 * 6, 6 * 6) ?? [])];
      assert.deepEqual(
        row.map(weight => weight > 0),
        [false, false, false, false, true, true],
      );
    },
  },
  'with a window that is longer than the shortest text': {
    attributes: { local_window_size: 20 },
    expected: { mask: { kind: 'window', before: 19, after: 0 } },
  },
  'with a window that is longer than any made-up text': {
    attributes: { local_window_size: 200 },
    expected: { mask: { kind: 'causal' } },
    holds: ({ site }) => assert.ok((site.maskSeenUpTo ?? Infinity) < 199),
  },
  'with a soft cap': { attributes: { softcap: { float: 0.7 } } },
  'with a bias': {
    inputs: graph => ({ 10: bias(graph) }),
  },
  'with a scale of its own': { attributes: { scale: { float: 0.4 } }, expected: { scale: 0.4 } },
  'with a learned sink': {
    inputs: graph => ({ 11: graph.floats([0.5, -1, 2, 0]) }),
    expected: { sink: 'learned' },
    holds: sumsToOneWithSink,
  },
  'with a smooth softmax': {
    attributes: { smooth_softmax: 1 },
    expected: { sink: 'one' },
    holds: sumsToOneWithSink,
  },
  'with a window, a sink, a soft cap, packed and rotated': {
    isPacked: true,
    attributes: { do_rotary: 1, local_window_size: 3, softcap: { float: 1.5 } },
    inputs: graph => ({ ...tables(graph, 8), 11: graph.floats([0.5, -1, 2, 0]) }),
    expected: { sink: 'learned', mask: { kind: 'window', before: 2, after: 0 } },
    holds: sumsToOneWithSink,
  },
};

/** With what the sink takes, every row sums to 1; without it, to less. */
function sumsToOneWithSink({ weights, sink }: SiteCapture): void {
  assert.ok(weights && sink);
  assert.deepEqual(sink.dims, [1, queryHeads, 6, 1]);
  for (const [row, taken] of sink.data.entries()) {
    const sum = weights.data.subarray(row * 6, (row + 1) * 6).reduce((a, b) => a + b, 0);
    assert.ok(taken > 0.01 && Math.abs(sum + taken - 1) < 1e-6, `row ${row}: ${sum} and ${taken}`);
  }
}

/** The positions 0, 1, … of a text of any length, twice as far apart. */
function places(graph: GraphBuilder): string {
  const shape = graph.op('Shape', ['input_ids']);
  const length = graph.op('Gather', [shape, graph.int(1)]);
  const counted = graph.op('Range', [graph.int(0), length, graph.int(1)]);
  const doubled = graph.op('Mul', [counted, graph.int(2)]);
  return graph.op('Expand', [doubled, shape]);
}

/** A bias of −0.3 a step of distance `[1, 1, tokens, tokens]`. */
function bias(graph: GraphBuilder): string {
  const shape = graph.op('Shape', ['input_ids']);
  const length = graph.op('Gather', [shape, graph.int(1)]);
  const counted = graph.op('Range', [graph.int(0), length, graph.int(1)]);
  const place = graph.op('Cast', [counted], { attributes: { to: ElementType.float } });
  const row = graph.op('Unsqueeze', [place, graph.ints(1)]);
  const distance = graph.op('Sub', [row, graph.op('Unsqueeze', [place, graph.ints(0)])]);
  const scaled = graph.op('Mul', [distance, graph.scalar(-0.3)]);
  return graph.op('Unsqueeze', [scaled, graph.ints(0, 1)]);
}

/** A layer whose attention is the operator. */
function grouped(kind: Kind): Parameters<typeof modelWith>[0] {
  const { headDim = 16 } = kind;
  return (graph, _, hidden) => {
    const project = (heads: number) =>
      graph.op('MatMul', [hidden, graph.weight(small.width, heads * headDim)]);
    const projected = kind.isPacked
      ? [project(queryHeads + 2 * keyHeads), '', '']
      : [project(queryHeads), project(keyHeads), project(keyHeads)];
    const shape = graph.op('Shape', ['input_ids']);
    const length = graph.op('Gather', [shape, graph.ints(1)]);
    const int32 = { attributes: { to: ElementType.int32 } };
    const last = graph.op('Cast', [graph.op('Sub', [length, graph.ints(1)])], int32);
    const total = graph.op('Cast', [length], int32);
    const more = kind.inputs?.(graph) ?? {};
    const inputs = [...projected, '', '', last, total];
    const places = Object.keys(more).map(Number);
    for (let place = 7; place <= Math.max(6, ...places); place++) inputs.push(more[place] ?? '');
    const attributes = { num_heads: queryHeads, kv_num_heads: keyHeads, ...kind.attributes };
    const output = graph.op('GroupQueryAttention', inputs, { domain, attributes });
    return graph.split(
      graph.op('MatMul', [output, graph.weight(queryHeads * headDim, small.width)]),
    );
  };
}

describe('GroupQueryAttention is taken apart as the runtime computes it', () => {
  for (const [name, kind] of Object.entries(kinds)) {
    it(name, async () => {
      const [model, run] = await inspect(modelWith(grouped(kind)));
      const [site] = model.card.sites;
      const [capture] = run.sites;
      assert.ok(site && capture);
      assert.equal(site.heads, queryHeads);
      assert.equal(site.keyHeads, keyHeads);
      const expected = { mask: { kind: 'causal' }, ...kind.expected } as const;
      for (const [fact, value] of Object.entries(expected)) {
        const found: unknown = site[fact as keyof AttentionSite];
        if (typeof value === 'number') assert.ok(Math.abs(Number(found) - value) < 1e-6, fact);
        else assert.deepEqual(found, value, fact);
      }
      if (!kind.expected?.sink) assert.equal(site.sink, undefined);
      kind.holds?.(capture);
    });
  }

  const refused: Record<string, [kind: Kind, reason: RegExp]> = {
    'keys and values that it quantises': [
      { attributes: { k_quant_type: 'PER_TENSOR', v_quant_type: 'PER_TENSOR' } },
      /GroupQueryAttention.*quantises its keys and values/,
    ],
    'norms that run on a GPU only': [
      { inputs: graph => ({ 14: graph.weight(16), 15: graph.weight(16) }) },
      /GroupQueryAttention.*norms of its query and key.* GPU/,
    ],
  };
  for (const [name, [kind, reason]] of Object.entries(refused)) {
    it(`${name} are refused by name`, () =>
      assert.rejects(openModel(modelWith(grouped(kind)), { threads: 1 }), reason));
  }

  it('a text that the runtime runs gives the same numbers twice', async () => {
    const model = await openModel(modelWith(grouped(kinds.packed ?? {})), { threads: 1 });
    const runs = [];
    for (let i = 0; i < 2; i++) runs.push(await model.run({ input_ids: ids }, everything));
    await model.dispose();
    assert.deepEqual(runs[0]?.sites, runs[1]?.sites);
  });
});

describe('GroupQueryAttention whose buffer slides', () => {
  const fixtures = join(import.meta.dirname, '../../fixtures/onnx');
  for (const name of ['genai_gptoss__fp32', 'genai_gemma2__fp32']) {
    it(`${name}: goes on from keys and values of another run as if it were one`, async () => {
      const model = await openModel(join(fixtures, name), { threads: 1 });
      const all = Array.from({ length: 12 }, (_, i) => BigInt(7 + 2 * i));
      const idsOf = (from: number, to: number) => ({
        dims: [1, to - from],
        data: BigInt64Array.from(all.slice(from, to)),
      });
      const whole = await model.run({ input_ids: idsOf(0, 12) }, everything);
      for (const taken of [3, 4, 7]) {
        const before = await model.run({ input_ids: idsOf(0, taken) }, everything);
        const feeds: Record<string, Feed> = {
          input_ids: idsOf(taken, 12),
          attention_mask: { dims: [1, 12], data: new BigInt64Array(12).fill(1n) },
        };
        for (const [layer, { key, value, site }] of before.sites.entries()) {
          assert.ok(key && value);
          const room = site.mask.kind === 'window' ? 4 : taken;
          feeds[`past_key_values.${layer}.key`] = buffer(key, room);
          feeds[`past_key_values.${layer}.value`] = buffer(value, room);
        }
        const after = await model.run(feeds, everything);
        assert.equal(after.refused?.size, 0, [...(after.refused ?? [])].join());
        for (const [layer, { weights, sink }] of after.sites.entries()) {
          const expected = whole.sites[layer]?.weights;
          assert.ok(weights && expected);
          const [, heads = 0, queries = 0, keys = 0] = weights.dims;
          const kept = whole.sites[layer]?.site.mask.kind === 'window' ? Math.min(4, taken) : taken;
          assert.deepEqual([queries, keys], [12 - taken, 12 - taken + kept]);
          let worst = 0;
          for (let at = 0; at < weights.data.length; at++) {
            const [key, row] = [at % keys, Math.floor(at / keys)];
            const [head, query] = [Math.floor(row / queries), row % queries];
            const same = (head * 12 + query + taken) * 12 + key + taken - kept;
            worst = Math.max(
              worst,
              Math.abs((weights.data[at] ?? NaN) - (expected.data[same] ?? NaN)),
            );
          }
          assert.ok(heads > 0 && worst < 1e-5, `layer ${layer} after ${taken}: ${worst}`);
          assert.equal(sink === undefined, whole.sites[layer]?.sink === undefined);
        }
      }
      await model.dispose();
    });
  }
});

/** The last keys or values of a run, from the front of a buffer with room for as many as it has. */
function buffer({ dims: [, heads = 0, tokens = 0, width = 0], data }: Tensor, room: number): Feed {
  const all = new Float32Array(heads * room * width);
  const kept = Math.min(room, tokens);
  for (let head = 0; head < heads; head++) {
    const from = (head * tokens + tokens - kept) * width;
    all.set(data.subarray(from, from + kept * width), head * room * width);
  }
  return { dims: [1, heads, room, width], data: all };
}
