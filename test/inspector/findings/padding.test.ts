import assert from 'node:assert/strict';
import { writeWordTokenizer, WORDS_TEXT } from '../support/wordModel';
import {
  axis,
  BERT,
  BLOOM,
  ESM,
  FP16,
  GPT2,
  grown,
  inputOf,
  INT8,
  lessSum,
  LLAMA,
  lowered,
  node,
  number,
  onnx,
  padding,
  PAST,
  spliced,
  T5,
  unmasked,
  type Family,
} from './maskSurgery';
import type { Graph } from '../../../src/inspector/onnx/file/types';
import { assertNames, check, fixtures, Planted, rewired, type Fault } from './support';

type Planned = readonly [Family, Omit<Fault, 'severity' | 'is'> & { readonly is: string }];

const error = { severity: 'error' } as const;
const FAULTS: readonly Planned[] = [
  ...(
    [
      [ESM, 3],
      [BERT, 1],
      [INT8, 0],
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
  ...[BERT, GPT2, BLOOM].map((family): Planned => [
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
  ...[BLOOM, GPT2].map((family): Planned => [
    family,
    { is: '−∞ in rows of padding', code: 'fully-masked-nan', graph: lowered(family, -Infinity) },
  ]),
  ...[BERT, GPT2, INT8, FP16].map((family): Planned => [
    family,
    { is: 'the first row’s mask', code: 'batch-dependence', graph: padding(family, 'Gather') },
  ]),
  ...[GPT2, BERT].map((family): Planned => [
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

  const checked = async ({ folder, file }: Family, fault: Partial<Fault>, text = WORDS_TEXT) => {
    const path = planted.plant(folder, fault, file);
    const isFixture = folder.startsWith(fixtures);
    if (isFixture) writeWordTokenizer(path);
    try {
      return await check(path, isFixture ? text : undefined);
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

  it('tell a prefix whose tokens see each other from a mask that is lost, also in a text that is all prefix', async () => {
    const prefix = (graph: Graph) => {
      const queries = inputOf(graph, '/transformer/LessOrEqual', 1);
      const later = node('Max', [queries, 'fault/prefix'], 'fault');
      return spliced(graph, queries, [later], [axis('fault/prefix', 4)]);
    };
    for (const [graph, isLeak] of [
      [prefix, false],
      [unmasked(GPT2, 0, 1), true],
    ] as const) {
      const { findings } = await checked(GPT2, { graph }, 'the cat sat on');
      assert.equal(
        findings.some(({ code }) => code === 'future-leak'),
        isLeak,
      );
    }
  });

  it('say nothing wrong of a text of one token', async () => {
    const { findings, undecided } = await checked(GPT2, {}, 'cat');
    assert.ok(!findings.some(({ severity }) => severity === 'error'));
    const { reason } = undecided.find(({ code }) => code === 'self-blocked') ?? {};
    assert.equal(reason, 'The text has a single token.');
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
