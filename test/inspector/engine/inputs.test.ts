import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import type { InputOptions } from '../../../src/inspector/model/inputs/inputSignature';
import { maskedInRun } from '../../../src/inspector/model/tensors/maskedRows';
import { openModel } from '../../../src/inspector/model/openModel';
import { ElementType, type ValueInfo } from '../../../src/inspector/onnx/file/types';
import { paddingMask } from '../../../src/inspector/run/padding';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import { InspectorError } from '../../../src/protocol/errors';
import type { ModelInput } from '../../../src/protocol/model';
import { worstError } from './support/cases';
import { everything, ids, inspect } from './support/inspect';
import {
  GraphBuilder,
  modelWith,
  plainAttention,
  save,
  scaledScores,
  small,
  type Heads,
} from './support/graphs';
import type { Feeds, ModelRun } from '../../../src/inspector/model/run';

const { int64, int32, bool, float } = ElementType;
const perToken = ['batch', 'tokens'];

async function opened(
  path: string,
  options: Pick<InputOptions, 'feeds' | 'lengths'> = {},
): Promise<InstrumentedModel> {
  return openModel(path, { threads: 1, ...options });
}

/** Opens, runs and closes a model. */
async function ran(
  path: string,
  feeds: Feeds = { input_ids: ids },
  options: Pick<InputOptions, 'feeds' | 'lengths'> = {},
): Promise<readonly [InstrumentedModel, ModelRun]> {
  const model = await opened(path, options);
  try {
    return [model, await model.run(feeds, everything)];
  } finally {
    await model.dispose();
  }
}

function inputOf({ card }: InstrumentedModel, name: string): ModelInput {
  return card.inputs?.find(input => input.name === name) ?? assert.fail(`no input ${name}`);
}

function weightsOf(run: ModelRun): Tensor {
  return run.sites[0]?.weights ?? assert.fail('no weights');
}

function assertSame(actual: ModelRun, expected: ModelRun): void {
  const error = worstError(weightsOf(actual), weightsOf(expected));
  assert.ok(error < 1e-5, `weights differ by ${error}`);
}

/** Fails with a sentence of the right content. */
async function refused(work: Promise<unknown>, pattern: RegExp): Promise<void> {
  await assert.rejects(work, error => {
    assert.ok(error instanceof InspectorError, String(error));
    assert.match(error.message, pattern);
    assert.doesNotMatch(error.message, /has shape/);
    return true;
  });
}

/** Attention whose scores get `added` before the softmax. */
function masked(graph: GraphBuilder, heads: Heads, added: string): string {
  const scores = graph.op('Add', [scaledScores(graph, heads), added]);
  const weights = graph.op('Softmax', [scores], { attributes: { axis: -1 } });
  return graph.op('MatMul', [weights, heads.value]);
}

/** −10⁹ where the mask `[batch, tokens]` is `blocked`. */
function blockedWhere(graph: GraphBuilder, name: string, blocked: 0 | 1): string {
  const number = graph.op('Cast', [name], { attributes: { to: float } });
  const isBlocked = blocked ? number : graph.op('Sub', [graph.scalar(1), number]);
  const wide = graph.op('Unsqueeze', [isBlocked, graph.ints(1, 2)]);
  return graph.op('Mul', [wide, graph.scalar(-1e9)]);
}

/** A model with a mask of its own. */
function withMask(input: ValueInfo, added: (graph: GraphBuilder) => string): string {
  return modelWith((graph, heads) => masked(graph, heads, added(graph)), { inputs: [input] });
}

/** A model whose embeddings get those of another input. */
function withLookup(rows: number, input: ValueInfo): string {
  const graph = new GraphBuilder();
  const hidden = graph.op('Add', [
    graph.embed(),
    graph.op('Gather', [graph.weight(rows, small.width), input.name]),
  ]);
  const output = graph.op('Add', [hidden, graph.attend(graph.project(hidden))]);
  return save(graph, graph.head(output), { inputs: [input] });
}

function configure(path: string, config: object): string {
  writeFileSync(join(dirname(path), 'config.json'), JSON.stringify(config));
  return path;
}

let plain: ModelRun;
before(async () => {
  [, plain] = await inspect(modelWith((graph, heads) => plainAttention(graph, heads)));
});

describe('masks are tried both ways', () => {
  const masks: readonly (readonly [string, ValueInfo, 0 | 1, number])[] = [
    ['true is padding', { name: 'src_key_padding_mask', elementType: bool, dims: perToken }, 1, 0],
    [
      '1 is visible, a name of its own',
      { name: 'visible', elementType: int64, dims: perToken },
      0,
      1,
    ],
    [
      '1 is hidden, a name of its own',
      { name: 'ignore', elementType: int32, dims: perToken },
      1,
      0,
    ],
    [
      '1 is hidden although it is named attention_mask',
      { name: 'attention_mask', elementType: int64, dims: perToken },
      1,
      0,
    ],
    ['floats, 1 is visible', { name: 'attention_mask', elementType: float, dims: perToken }, 0, 1],
    [
      'floats of a fixed shape, 1 is hidden',
      { name: 'ignored', elementType: float, dims: [1, 6] },
      1,
      0,
    ],
    ['floats, 1 is hidden', { name: 'blocked_mask', elementType: float, dims: perToken }, 1, 0],
  ];
  for (const [what, input, blocked, visible] of masks) {
    it(`${what}: every token is visible, and padding is hidden`, async () => {
      const path = withMask(input, graph => blockedWhere(graph, input.name, blocked));
      const model = await opened(path);
      const run = await model.run({ input_ids: ids }, everything);
      assertSame(run, plain);
      assert.match(inputOf(model, input.name).fed, new RegExp(`^${visible}( for every token)?$`));
      assert.deepEqual(model.card.sites[0]?.mask, { kind: 'bidirectional' });

      const padding = { kind: 'padding', side: 'right', count: 2 } as const;
      const hidden = paddingMask(model, 6, padding);
      const padded = weightsOf(await model.run({ input_ids: ids, ...hidden }, everything));
      padded.data.forEach((weight, i) => assert.equal(weight === 0, i % 6 >= 4, `weight ${i}`));
      await model.dispose();
    });
  }

  it('says how it was told apart', async () => {
    const [tried] = await ran(
      withMask(masks[0]?.[1] ?? assert.fail(), graph =>
        blockedWhere(graph, 'src_key_padding_mask', 1),
      ),
    );
    assert.equal(inputOf(tried, 'src_key_padding_mask').why, 'with 1 every token would be hidden');
    const [named] = await ran(
      withMask({ name: 'attention_mask', elementType: int64, dims: perToken }, graph =>
        blockedWhere(graph, 'attention_mask', 0),
      ),
    );
    assert.equal(inputOf(named, 'attention_mask').why, 'named so');
    assert.deepEqual(named.card.notes, []);
  });

  it('an additive mask [batch, 1, tokens, tokens] is 0, and hides with what is added', async () => {
    const input = {
      name: 'attention_bias',
      elementType: float,
      dims: ['batch', 1, 'tokens', 'tokens'],
    };
    const path = modelWith((graph, heads) => masked(graph, heads, 'attention_bias'), {
      inputs: [input],
    });
    const model = await opened(path);
    assertSame(await model.run({ input_ids: ids }, everything), plain);
    const hidden = paddingMask(model, 6, { kind: 'padding', side: 'left', count: 2 });
    assert.deepEqual(hidden.attention_bias?.dims, [1, 1, 6, 6]);
    const padded = weightsOf(await model.run({ input_ids: ids, ...hidden }, everything));
    padded.data.forEach((weight, i) => assert.equal(weight === 0, i % 6 < 2, `weight ${i}`));
    await model.dispose();
  });

  it('global_attention_mask is 0: no token is marked', async () => {
    const input = { name: 'global_attention_mask', elementType: int64, dims: perToken };
    const path = withMask(input, graph => blockedWhere(graph, input.name, 1));
    const [model, run] = await ran(path);
    assertSame(run, plain);
    const { fed, why } = inputOf(model, input.name);
    assert.deepEqual([fed, why], ['0 for every token', 'no token is marked to read everything']);
  });

  it('a row whose keys are all masked is found when the model is opened, and in a run', async () => {
    const input = { name: 'attention_mask', elementType: int64, dims: perToken };
    const path = withMask(input, graph => blockedWhere(graph, input.name, 0));
    const [model, run] = await ran(path, undefined, { feeds: { attention_mask: 0 } });
    assert.match(
      model.card.notes.join(),
      /In a made-up text, the mask hides every key from 53 of 53/,
    );
    assert.match(
      maskedInRun(run.sites) ?? '',
      /6 of 6 queries, the first of them 0, in encoder self-attention layer 0/,
    );
    const [, visible] = await ran(path);
    assert.equal(maskedInRun(visible.sites), undefined);
  });
});

describe('inputs that the model looks up', () => {
  const positions = { name: 'position_ids', elementType: int64, dims: perToken };
  const countedFrom = (first: bigint) => ({
    input_ids: ids,
    position_ids: {
      dims: [1, 6],
      data: BigInt64Array.from({ length: 6 }, (_, i) => first + BigInt(i)),
    },
  });

  for (const [what, rows, config, first] of [
    ['RoBERTa: after the padding id', 40, { model_type: 'roberta', pad_token_id: 1 }, 2],
    ['its padding id decides', 40, { model_type: 'xlm-roberta', pad_token_id: 4 }, 5],
    ['GPT-2: from 0', 66, { model_type: 'gpt2' }, 0],
    ['without a configuration, by the table of 2ᵏ + 2 rows', 66, undefined, 2],
    ['without a configuration, by the table of 2ᵏ rows', 64, undefined, 0],
  ] as const) {
    it(`positions, ${what}`, async () => {
      const path = withLookup(rows, positions);
      if (config) configure(path, config);
      const model = await opened(path);
      const run = await model.run({ input_ids: ids }, everything);
      const expected = await model.run(countedFrom(BigInt(first)), everything);
      const others = await model.run(countedFrom(BigInt(first + 1)), everything);
      assertSame(run, expected);
      assert.ok(worstError(weightsOf(run), weightsOf(others)) > 1e-3);
      assert.equal(inputOf(model, 'position_ids').fed, `positions from ${first}`);
      assert.equal(model.card.maximumPositions, rows - first);
      await model.dispose();
    });
  }

  for (const name of ['token_type_ids', 'task_type_ids', 'langs', 'speaker']) {
    it(`${name} are 0, and their table is none of positions`, async () => {
      const path = withLookup(5, { name, elementType: int64, dims: perToken });
      const model = await opened(path);
      const run = await model.run({ input_ids: ids }, everything);
      const zeros = { dims: [1, 6], data: new BigInt64Array(6) };
      assertSame(run, await model.run({ input_ids: ids, [name]: zeros }, everything));
      assert.equal(inputOf(model, name).fed, '0 for every token');
      assert.equal(model.card.maximumPositions, undefined);
      await model.dispose();
    });
  }
});

describe('factors and other numbers', () => {
  const temperature = { name: 'temperature', elementType: float, dims: [1] };
  const cooled = () =>
    modelWith(
      (graph, heads) => {
        const scores = graph.op('Div', [scaledScores(graph, heads), 'temperature']);
        const weights = graph.op('Softmax', [scores], { attributes: { axis: -1 } });
        return graph.op('MatMul', [weights, heads.value]);
      },
      { inputs: [temperature] },
    );

  it('a temperature is 1, and what is given instead is in the scale', async () => {
    const path = cooled();
    const [model, run] = await ran(path);
    assertSame(run, plain);
    assert.equal(model.card.sites[0]?.check.result, 'exact');
    assert.equal(inputOf(model, 'temperature').fed, '1');

    const [given, cold] = await ran(path, undefined, { feeds: { temperature: 0.5 } });
    const [site] = given.card.sites;
    assert.equal(site?.check.result, 'exact');
    assert.ok(Math.abs(site.scale - 1) < 1e-6, `scale ${site.scale}`);
    const scores = plain.sites[0]?.maskedScores?.data ?? assert.fail('no scores');
    cold.sites[0]?.maskedScores?.data.forEach((score, i) =>
      assert.ok(Math.abs(score - 2 * (scores[i] ?? NaN)) < 1e-4),
    );
    const input = inputOf(given, 'temperature');
    assert.deepEqual([input.fed, input.why], ['0.5', 'given by you']);
  });

  it('a head mask is 1 for every head, and a list is fed as it is', async () => {
    const path = modelWith(
      (graph, heads) => {
        const weights = graph.op('Softmax', [scaledScores(graph, heads)], {
          attributes: { axis: -1 },
        });
        const mask = graph.op('Reshape', ['head_mask', graph.ints(1, small.heads, 1, 1)]);
        return graph.op('MatMul', [graph.op('Mul', [weights, mask]), heads.value]);
      },
      { inputs: [{ name: 'head_mask', elementType: float, dims: [1, small.heads] }] },
    );
    const [model, run] = await ran(path);
    assertSame(run, plain);
    assert.equal(inputOf(model, 'head_mask').fed, '1');
    // Its weights are no longer all that the values are multiplied with: that is said, not shown.
    const [without, changed] = await ran(path, undefined, { feeds: { head_mask: [1, 0, 1] } });
    assert.equal(inputOf(without, 'head_mask').fed, '1, 0, 1');
    assert.equal(without.card.sites[0]?.check.result, 'refused');
    assert.ok(run.logits && changed.logits && worstError(changed.logits, run.logits) > 1e-3);
  });

  it('anything else is 0, with a note', async () => {
    const path = withMask({ name: 'gain', elementType: float, dims: [] }, graph =>
      graph.op('Mul', [graph.scalar(3), graph.op('Add', ['gain', graph.scalar(0)])]),
    );
    const [model, run] = await ran(path);
    assertSame(run, plain);
    assert.match(model.card.notes.join(), /The input “gain” is fed 0, because nothing tells/);
    assert.equal(inputOf(model, 'gain').why, 'nothing tells what it is for');
    const [given] = await ran(path, undefined, { feeds: { gain: 2 } });
    assert.doesNotMatch(given.card.notes.join(), /nothing tells/);
  });

  it('what no input takes is refused before anything runs', async () => {
    const path = withLookup(5, { name: 'langs', elementType: int64, dims: perToken });
    const wrong = (feeds: InputOptions['feeds']) => opened(path, feeds ? { feeds } : {});
    await refused(wrong({ lang: 1 }), /no input “lang”: its inputs are input_ids, langs\./);
    await refused(wrong({ langs: 0.5 }), /“langs” takes whole numbers, not “0.5”/);
    await refused(wrong({ langs: [] }), /“langs” takes whole numbers, not “nothing”/);
    await refused(wrong({ input_ids: 3 }), /“input_ids” is what the model reads/);
    const model = await opened(path, { feeds: { langs: [1, 2, 3] } });
    await assert.rejects(
      model.run({ input_ids: ids }, everything),
      /takes one number or 6, and was given 3/,
    );
    await model.dispose();
  });
});

describe('token ids in other forms', () => {
  it('int32, with the names that TensorFlow gives', async () => {
    const graph = new GraphBuilder();
    const hidden = graph.embed('input_ids:0');
    const added = blockedWhere(graph, 'input_mask:0', 0);
    const context = graph.merge(masked(graph, graph.project(hidden), added));
    const output = graph.op('MatMul', [context, graph.weight(small.width, small.width)]);
    const path = save(graph, graph.head(graph.op('Add', [hidden, output])), {
      ids: { name: 'input_ids:0', elementType: int32, dims: perToken },
      inputs: [{ name: 'input_mask:0', elementType: int32, dims: perToken }],
    });
    const [model, run] = await ran(path, { 'input_ids:0': ids });
    assertSame(run, plain);
    assert.equal(model.inputs.find(({ role }) => role === 'tokens')?.name, 'input_ids:0');
    assert.equal(inputOf(model, 'input_mask:0').why, 'named so');
  });

  const turned = (name: string, dims: NonNullable<ValueInfo['dims']>) => {
    const graph = new GraphBuilder();
    const rows = graph.op('Transpose', [name], { attributes: { perm: [1, 0] } });
    const hidden = graph.embed(rows);
    const output = graph.op('Add', [hidden, graph.attend(graph.project(hidden))]);
    return save(graph, graph.head(output), { ids: { name, elementType: int64, dims } });
  };
  for (const [what, dims] of [
    ['as its names say', ['sequence', 'batch']],
    ['as trying shows', [undefined, undefined]],
    ['as its sizes say', [6, 1]],
  ] as const) {
    it(`[tokens, batch], ${what}`, async () => {
      const [model, run] = await ran(turned('src', dims), { src: ids });
      assertSame(run, plain);
      assert.deepEqual(run.logits?.dims, [1, 6, small.vocabulary]);
      assert.match(inputOf(model, 'src').fed, /tokens before batch/);
    });
  }

  it('[tokens], without a batch', async () => {
    const graph = new GraphBuilder();
    const hidden = graph.embed(graph.op('Unsqueeze', ['input_ids', graph.ints(0)]));
    const output = graph.op('Add', [hidden, graph.attend(graph.project(hidden))]);
    const path = save(graph, graph.head(output), { shape: ['tokens'] });
    const model = await opened(path);
    assertSame(await model.run({ input_ids: ids }, everything), plain);
    const two = { dims: [2, 6], data: BigInt64Array.from([...ids.data, ...ids.data]) };
    const both = await model.run({ input_ids: two }, everything);
    assert.deepEqual(weightsOf(both).dims, [2, small.heads, 6, 6]);
    await model.dispose();
  });

  it('outputs of ids are compared by the scores behind them', async () => {
    const graph = new GraphBuilder();
    const hidden = graph.embed();
    const output = graph.head(graph.op('Add', [hidden, graph.attend(graph.project(hidden))]));
    const best = graph.op('ArgMax', [output], { attributes: { axis: -1, keepdims: 0 } });
    const [model, run] = await ran(save(graph, best, { outputType: int64 }));
    assert.equal(model.card.outputCheck.result, 'exact');
    assertSame(run, plain);
    assert.deepEqual(run.logits?.dims, [1, 6, small.vocabulary]);
  });
});

describe('graphs of one length', () => {
  const nine = { dims: [1, 9], data: BigInt64Array.from({ length: 9 }, (_, i) => BigInt(i + 3)) };
  const mask = (dims: NonNullable<ValueInfo['dims']>) => ({
    name: 'attention_mask',
    elementType: int64,
    dims,
  });
  const fixed = (rows: number, length: number) =>
    modelWith((graph, heads) => masked(graph, heads, blockedWhere(graph, 'attention_mask', 0)), {
      shape: [rows, length],
      inputs: [mask([rows, length])],
    });
  /** The length of its trace stands in a reshape. */
  const baked = (length: number, isMasked: boolean) => {
    const options = isMasked ? { inputs: [mask(perToken)] } : {};
    return modelWith((graph, heads) => {
      const context = isMasked
        ? masked(graph, heads, blockedWhere(graph, 'attention_mask', 0))
        : plainAttention(graph, heads);
      return graph.op('Reshape', [context, graph.ints(-1, small.heads, length, small.headDim)]);
    }, options);
  };

  for (const [rows, length] of [
    [1, 16],
    [1, small.width],
    [2, 8],
    [3, 6],
  ] as const) {
    it(`[${rows}, ${length}] is filled up, and the answer cut to the text`, async () => {
      const [model, run] = await ran(fixed(rows, length));
      assertSame(run, plain);
      const [site] = run.sites;
      assert.deepEqual(site?.query?.dims, [1, small.heads, 6, small.headDim]);
      assert.deepEqual(site.key?.dims, [1, small.heads, 6, small.headDim]);
      assert.deepEqual(run.logits?.dims, [1, 6, small.vocabulary]);
      assert.deepEqual(run.hiddenStates.encoder?.[0]?.dims, [1, 6, small.width]);
      assert.ok(plain.logits && worstError(run.logits, plain.logits) < 1e-5);
      assert.equal(model.card.maximumPositions, length);
      assert.match(inputOf(model, 'input_ids').fed, new RegExp(`${length} of them`));
    });
  }

  it('masks that people change, and a mask in the feeds, are filled up too', async () => {
    const model = await opened(fixed(1, 16));
    const edges = Uint8Array.from({ length: 36 }, (_, i) => (i % 6 > Math.floor(i / 6) ? 0 : 2));
    const change = { site: 0, mask: { edges, dims: [1, 6, 6] } } as const;
    const causal = weightsOf(await model.run({ input_ids: ids }, everything, [change]));
    causal.data.forEach((weight, i) => assert.equal(weight === 0, i % 6 > Math.floor(i / 6) % 6));
    const own = { dims: [1, 6], data: BigInt64Array.of(1n, 1n, 1n, 1n, 0n, 0n) };
    const padded = weightsOf(await model.run({ input_ids: ids, attention_mask: own }, everything));
    padded.data.forEach((weight, i) => assert.equal(weight === 0, i % 6 >= 4));
    await model.dispose();
  });

  it('without a mask, “takes exactly 16 tokens”; longer texts too', async () => {
    const path = modelWith((graph, heads) => plainAttention(graph, heads), { shape: [1, 16] });
    await refused(ran(path), /takes exactly 16 tokens: this text has 6\./);
    const long = { dims: [1, 17], data: new BigInt64Array(17).fill(4n) };
    await refused(
      ran(fixed(1, 16), { input_ids: long }),
      /takes exactly 16 tokens: this text has 17\./,
    );
  });

  it('a length that is baked in is found', async () => {
    const [model, run] = await ran(baked(9, false), { input_ids: nine });
    assert.equal(model.card.sites[0]?.check.result, 'exact');
    assert.deepEqual(weightsOf(run).dims, [1, small.heads, 9, 9]);
    assert.equal(model.card.maximumPositions, 9);
    await refused(ran(baked(9, false)), /takes exactly 9 tokens: this text has 6\./);
    const [, filled] = await ran(baked(9, true));
    assertSame(filled, plain);
  });

  it('a length beyond those that are tried one by one is that of the inputs at hand', async () => {
    const graph = new GraphBuilder();
    const hidden = graph.embed();
    const context = graph.op('Reshape', [
      graph.op('Add', [hidden, graph.attend(graph.project(hidden))]),
      graph.op('Add', [graph.ints(1, 40, 0), graph.ints(0, 37, small.width)]),
    ]);
    const path = save(graph, graph.head(context));
    const text = { dims: [1, 77], data: new BigInt64Array(77).fill(5n) };
    const [model] = await ran(path, { input_ids: text }, { lengths: [77] });
    assert.equal(model.card.maximumPositions, 77);
  });

  it('a graph with room for few tokens says how many', async () => {
    const graph = new GraphBuilder();
    const place = graph.op('Squeeze', [
      graph.op('Slice', [graph.op('Shape', ['input_ids']), graph.ints(1), graph.ints(2)]),
    ]);
    const range = graph.op('Range', [graph.int(0), place, graph.int(1)]);
    const hidden = graph.op('Add', [
      graph.embed(),
      graph.op('Tanh', [
        graph.op(
          'GatherElements',
          [graph.weight(21, 1), graph.op('Unsqueeze', [range, graph.ints(1)])],
          { attributes: { axis: 0 } },
        ),
      ]),
    ]);
    const output = graph.op('Add', [hidden, graph.attend(graph.project(hidden))]);
    const [model] = await ran(save(graph, graph.head(output)));
    assert.equal(model.card.maximumPositions, 21);
  });
});

describe('an empty past', () => {
  it('has the width that the projections before its attention give', async () => {
    const width = 8;
    const heads = 2;
    const graph = new GraphBuilder();
    const hidden = graph.embed();
    const [query, key, value] = [heads, heads, heads].map(count =>
      graph.op('MatMul', [hidden, graph.weight(small.width, count * width)]),
    );
    const attributes = { num_heads: heads, kv_num_heads: heads };
    const [context = ''] = graph.ops(
      'GroupQueryAttention',
      [
        query ?? '',
        key ?? '',
        value ?? '',
        'past.key',
        'past.value',
        'seqlens_k',
        'total_sequence_length',
      ],
      3,
      { domain: 'com.microsoft', attributes },
    );
    const output = graph.op('MatMul', [context, graph.weight(heads * width, small.width)]);
    const past = ['batch', heads, 'past', 'width'];
    const path = save(graph, graph.head(graph.op('Add', [hidden, output])), {
      inputs: [
        { name: 'past.key', elementType: float, dims: past },
        { name: 'past.value', elementType: float, dims: past },
        { name: 'seqlens_k', elementType: int32, dims: ['batch'] },
        { name: 'total_sequence_length', elementType: int32, dims: [] },
      ],
    });
    const [model, run] = await ran(path);
    assert.deepEqual(
      model.card.sites.map(site => [site.heads, site.headDim]),
      [[heads, width]],
    );
    assert.deepEqual(weightsOf(run).dims, [1, heads, 6, 6]);
    assert.equal(inputOf(model, 'past.key').fed, 'an empty past');
  });
});
