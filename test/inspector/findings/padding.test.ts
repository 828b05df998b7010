import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  ElementType,
  type Graph,
  type Node,
  type StoredTensor,
} from '../../../src/inspector/onnx/file/types';
import { writeWordTokenizer, WORDS_TEXT } from '../support/wordModel';
import { assertNames, check, fixtures, models, Planted, rewired, type Fault } from './support';

/** A family: its exports build their masks alike, under a name of their own. */
interface Family {
  readonly folder: string;
  /** Where the mask is made. */
  readonly mask: string;
  /** The softmax of a layer. */
  readonly softmax: (layer: number) => string;
  readonly stack: 'encoder' | 'decoder';
  readonly embeddings: string;
  readonly file?: string;
}

const onnx = (name: string) => join(fixtures, 'onnx', name);
const ESM: Family = {
  folder: join(models, 'encoder'),
  mask: '/esm',
  softmax: layer => `/esm/encoder/layer.${layer}/attention/self/Softmax`,
  stack: 'encoder',
  embeddings: '/esm/embeddings/word_embeddings/Gather',
};
const BERT: Family = {
  folder: onnx('bert__legacy_eager_op14'),
  mask: '/bert',
  softmax: layer => `/bert/encoder/layer.${layer}/attention/self/Softmax`,
  stack: 'encoder',
  embeddings: '/bert/embeddings/word_embeddings/Gather',
};
const LLAMA: Family = {
  folder: join(models, 'decoder'),
  mask: '/model',
  softmax: layer => `/model/layers.${layer}/self_attn/Softmax`,
  stack: 'decoder',
  embeddings: '/model/embed_tokens/Gather',
};
const GPT2: Family = {
  folder: onnx('gpt2__legacy_eager_op14'),
  mask: '/transformer',
  softmax: layer => `/transformer/h.${layer}/attn/Softmax`,
  stack: 'decoder',
  embeddings: '/transformer/wte/Gather',
};
const BLOOM: Family = {
  folder: onnx('bloom__legacy_eager_op14'),
  mask: '/transformer',
  softmax: layer => `/transformer/h.${layer}/self_attention/Softmax`,
  stack: 'decoder',
  embeddings: '/transformer/word_embeddings/Gather',
};
const T5: Family = {
  folder: join(models, 'encoder-decoder'),
  mask: '/decoder',
  softmax: layer => `/decoder/block.${layer}/layer.1/EncDecAttention/Softmax`,
  stack: 'decoder',
  embeddings: '',
  file: 'decoder_model.onnx',
};
const PAST: Family = {
  folder: onnx('gpt2__past_legacy_sdpa_op17'),
  mask: '/model/transformer',
  softmax: layer => `/model/transformer/h.${layer}/attn/Softmax`,
  stack: 'decoder',
  embeddings: '',
};

const node = (operator: string, inputs: readonly string[], output: string): Node => ({
  operator,
  domain: '',
  name: `fault/${output}`,
  overload: '',
  inputs,
  outputs: [output],
  attributes: new Map(),
});

function stored(name: string, elementType: number, values: Float32Array | BigInt64Array) {
  const bytes = new Uint8Array(values.buffer);
  const dims = elementType === ElementType.float ? [] : [values.length];
  return { name, dims, elementType, data: { kind: 'inline', bytes } } satisfies StoredTensor;
}
const number = (name: string, value: number) =>
  stored(name, ElementType.float, Float32Array.of(value));
const axis = (name: string, value: number) =>
  stored(name, ElementType.int64, BigInt64Array.of(BigInt(value)));

/** A graph in which everything that read a tensor reads what new nodes make of it, which is `fault`. */
function spliced(
  graph: Graph,
  tensor: string,
  made: readonly Node[],
  weights: readonly StoredTensor[] = [],
): Graph {
  const at = graph.nodes.findIndex(({ outputs }) => outputs.includes(tensor)) + 1;
  const nodes = graph.nodes.map(one => ({
    ...one,
    inputs: one.inputs.map(input => (input === tensor ? 'fault' : input)),
  }));
  const initializers = new Map([
    ...graph.initializers,
    ...weights.map(weight => [weight.name, weight] as const),
  ]);
  return { ...graph, nodes: [...nodes.slice(0, at), ...made, ...nodes.slice(at)], initializers };
}

function inputOf(graph: Graph, name: string, index: number): string {
  const found = graph.nodes.find(one => one.name === name)?.inputs[index];
  assert.ok(found, name);
  return found;
}
const outputOf = (name: string) => `${name}_output_0`;

/** Softmaxes of layers that read their scores as they are. */
const unmasked =
  ({ softmax }: Family, ...layers: readonly number[]) =>
  (graph: Graph) =>
    layers.reduce((now, layer) => {
      const add = now.nodes.find(({ outputs }) =>
        outputs.includes(inputOf(now, softmax(layer), 0)),
      );
      return rewired(now, softmax(layer), () => ({ inputs: [add?.inputs[0] ?? ''] }));
    }, graph);

/** What stands for −∞ in the mask. */
const lowered =
  ({ mask }: Family, by: number) =>
  (graph: Graph) => {
    const low = number('fault/low', by);
    const initializers = new Map([...graph.initializers, [low.name, low] as const]);
    return rewired({ ...graph, initializers }, `${mask}/Where_1`, ({ inputs }) => ({
      inputs: [inputs[0] ?? '', inputs[1] ?? '', low.name],
    }));
  };

/** The padding half of a mask, made anew. */
const padding =
  ({ mask }: Family, operator: 'Not' | 'Gather') =>
  (graph: Graph) => {
    const tensor = inputOf(graph, `${mask}/And_1`, 1);
    return operator === 'Not'
      ? spliced(graph, tensor, [node('Not', [tensor], 'fault')])
      : spliced(
          graph,
          tensor,
          [node('Gather', [tensor, 'fault/row'], 'fault')],
          [axis('fault/row', 0)],
        );
  };

/** Embeddings less a part of their sum over an axis. */
const lessSum =
  ({ embeddings }: Family, over: number, part: number) =>
  (graph: Graph) => {
    const tensor = outputOf(embeddings);
    return spliced(
      graph,
      tensor,
      [
        node('ReduceSum', [tensor, 'fault/axis'], 'fault/sum'),
        node('Mul', ['fault/sum', 'fault/part'], 'fault/some'),
        node('Sub', [tensor, 'fault/some'], 'fault'),
      ],
      [axis('fault/axis', over), number('fault/part', part)],
    );
  };

/** Embeddings times a factor that grows with the tokens of the row, padding among them. */
const grown =
  ({ embeddings }: Family) =>
  (graph: Graph) => {
    const tensor = outputOf(embeddings);
    return spliced(
      graph,
      tensor,
      [
        node('Mul', [tensor, 'fault/nothing'], 'fault/zeros'),
        node('Add', ['fault/zeros', 'fault/some'], 'fault/each'),
        node('ReduceSum', ['fault/each', 'fault/axis'], 'fault/length'),
        node('Mul', [tensor, 'fault/length'], 'fault/more'),
        node('Add', [tensor, 'fault/more'], 'fault'),
      ],
      [axis('fault/axis', 1), number('fault/nothing', 0), number('fault/some', 0.02)],
    );
  };

type Planned = readonly [Family, Omit<Fault, 'severity' | 'is'> & { readonly is: string }];

const error = { severity: 'error' } as const;
const FAULTS: readonly Planned[] = [
  ...(
    [
      [ESM, 3],
      [BERT, 1],
    ] as const
  ).map(([family, layer]): Planned => [
    family,
    {
      is: `no mask in layer ${layer}`,
      code: 'padding-attended',
      place: { stack: 'encoder', layer },
      graph: unmasked(family, layer),
    },
  ]),
  [
    T5,
    {
      is: 'no mask in the cross-attention of layers 1 and 2',
      code: 'padding-attended',
      place: { stack: 'decoder', kind: 'cross', layer: 1 },
      graph: unmasked(T5, 1, 2),
    },
  ],
  ...[LLAMA, GPT2, BLOOM].map((family): Planned => [
    family,
    {
      is: 'a causal mask alone',
      code: 'padding-attended',
      place: { stack: 'decoder', layer: 0 },
      graph: graph =>
        rewired(graph, `${family.mask}/And_1`, ({ inputs }) => ({
          inputs: [inputs[0] ?? '', inputs[0] ?? ''],
        })),
    },
  ]),
  ...[BERT, GPT2].map((family): Planned => [
    family,
    {
      is: 'ones for padding',
      code: 'mask-inverted',
      place: { stack: family.stack, layer: 0 },
      graph: padding(family, 'Not'),
    },
  ]),
  ...(
    [
      [BERT, -3],
      [ESM, -6],
      [GPT2, -7],
    ] as const
  ).map(([family, by]): Planned => [
    family,
    {
      is: `${by} in place of −∞`,
      code: 'mask-too-small',
      graph: lowered(family, by),
    },
  ]),
  ...[LLAMA, GPT2].map((family): Planned => [
    family,
    { is: '−∞ in rows of padding', code: 'fully-masked-nan', graph: lowered(family, -Infinity) },
  ]),
  ...[BERT, GPT2].map((family): Planned => [
    family,
    { is: 'the first row’s mask', code: 'batch-dependence', graph: padding(family, 'Gather') },
  ]),
  ...[LLAMA, BERT].map((family): Planned => [
    family,
    {
      is: 'sums over the batch',
      code: 'batch-dependence',
      place: { stack: family.stack },
      graph: lessSum(family, 0, 0.2),
    },
  ]),
  [
    BERT,
    {
      is: 'sums over the tokens',
      code: 'padding-leaks-elsewhere',
      place: { stack: 'encoder' },
      graph: lessSum(BERT, 1, 0.05),
    },
  ],
  ...[BERT, GPT2].map((family): Planned => [
    family,
    {
      is: 'a factor by the length',
      code: 'padding-shifts',
      place: { stack: family.stack },
      graph: grown(family),
    },
  ]),
  [
    PAST,
    {
      is: 'positions that begin anew',
      code: 'past-inconsistent',
      graph: graph =>
        spliced(graph, 'position_ids', [
          node('ReduceMin', ['position_ids'], 'fault/first'),
          node('Sub', ['position_ids', 'fault/first'], 'fault'),
        ]),
    },
  ],
  [
    PAST,
    {
      is: 'values of the past that are lost in layer 1',
      code: 'past-inconsistent',
      place: { stack: 'decoder', layer: 1 },
      graph: graph =>
        spliced(
          graph,
          'past_key_values.1.value',
          [node('Mul', ['past_key_values.1.value', 'fault/nothing'], 'fault')],
          [number('fault/nothing', 0)],
        ),
    },
  ],
];

describe('findings under padding, in batches and after a past', function () {
  this.timeout(120_000);
  let planted: Planted;
  before(() => {
    planted = new Planted();
  });
  after(() => planted.dispose());

  const checked = async ({ folder, file }: Family, fault: Partial<Fault>) => {
    const path = planted.plant(folder, fault, file);
    const isFixture = folder.startsWith(fixtures);
    if (isFixture) writeWordTokenizer(path);
    try {
      return await check(path, isFixture ? WORDS_TEXT : undefined);
    } finally {
      planted.drop(path);
    }
  };

  for (const [family, fault] of FAULTS) {
    it(`names ${fault.is} of ${family.folder.split('/').pop()}, and nothing else`, async () => {
      assertNames({ ...fault, ...error }, await checked(family, fault));
    });
  }

  it('show the padding in the map of the head that sees most of it, and the layers as bars', async () => {
    const { findings } = await checked(BERT, { graph: unmasked(BERT, 1) });
    const [map, bars] = findings.find(({ code }) => code === 'padding-attended')?.evidence ?? [];
    assert.ok(map?.kind === 'map' && bars?.kind === 'bars');
    assert.deepEqual([map.queries.length, map.keys.length], [15, 15]);
    assert.deepEqual(map.keys.slice(0, 2), ['the', 'cat']);
    const columns = [...map.framed.slice(0, 15)].join('');
    assert.equal(columns, '000000000011111', 'padding stands after the text');
    assert.equal(map.framed.slice(10 * 15).indexOf(1), -1, 'padding may see padding');
    const framed = map.weights.filter((_, i) => map.framed[i] === 1);
    const [first, second] = bars.rows;
    assert.deepEqual([first?.value, first?.isWrong, second?.isWrong], [0, false, true]);
    assert.ok(Math.max(...framed) > 0 && Math.max(...framed) <= (second?.value ?? 0));
  });

  it('tell in a note that an export counts positions from the padding', async () => {
    const { findings, passed } = await checked(GPT2, {});
    const note = findings.find(({ code }) => code === 'left-padding-moves');
    assert.equal(note?.severity, 'note');
    for (const code of ['padding-attended', 'fully-masked-nan', 'batch-dependence'] as const) {
      assert.ok(passed.includes(code), code);
    }
  });

  it('pass positions that are told where they are an input, and a past that is read', async () => {
    const { passed, runs } = await checked(PAST, {});
    for (const code of ['left-padding-moves', 'past-inconsistent', 'padding-shifts'] as const) {
      assert.ok(passed.includes(code), code);
    }
    assert.ok(runs >= 9, `${runs} runs`);
  });

  for (const [name, code, reason] of [
    ['llama__dynamo_sdpa_op23', 'batch-dependence', /takes one text at a time/],
    ['genai_llama__fp32', 'left-padding-moves', /GroupQueryAttention is told how long a text is/],
    ['bert__legacy_eager_op14', 'past-inconsistent', /takes no keys and values of earlier tokens/],
    ['t5__legacy_eager_op14', 'past-inconsistent', /beside an encoder/],
    ['bert__legacy_eager_op14', 'fully-masked-nan', /Its tokens see later ones, too/],
  ] as const) {
    it(`say why ${code} cannot be decided of ${name}`, async () => {
      const { undecided, findings } = await checked({ ...BERT, folder: onnx(name) }, {});
      assert.match(undecided.find(one => one.code === code)?.reason ?? '', reason);
      assert.ok(!findings.some(({ severity }) => severity === 'error'));
    });
  }
});
