import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKED_TEXT } from '../../../src/inspector/findings/checkModel';
import type { Graph } from '../../../src/inspector/onnx/file/types';
import { makeNode } from '../../../src/inspector/onnx/file/writeModel';
import {
  assertNames,
  check,
  fixtures,
  inserted,
  models,
  Planted,
  reweighted,
  rewired,
  toyText,
  toyTokenizer,
  withConstant,
  type Fault,
} from './support';

interface Planting extends Fault {
  /** A bundled model, or a fixture of random weights that gets a tokenizer. */
  readonly in: string;
  readonly file?: string;
}

const WIDTH = 128;
const HEAD = 32;
const FIXTURE = { width: 20, heads: 4, headDim: 5, vocabulary: 53, words: 18 } as const;

const error = { severity: 'error' } as const;
const warning = { severity: 'warning' } as const;

const offset = (graph: Graph, node: string, by: number) =>
  inserted(withConstant(graph, 'planted/by', BigInt64Array.of(BigInt(by)), [1]), node, 1, ids => ({
    operator: 'Add',
    inputs: [ids, 'planted/by'],
  }));
const sameForAll = (graph: Graph, node: string) =>
  inserted(withConstant(graph, 'planted/no', BigInt64Array.of(0n), [1]), node, 1, ids => ({
    operator: 'Mul',
    inputs: [ids, 'planted/no'],
  }));
const alongQueries = (graph: Graph, name: string) =>
  rewired(graph, name, ({ inputs, outputs }) => ({
    attributes: makeNode('Softmax', inputs, outputs, { attributes: { axis: 2 } }).attributes,
  }));
const afterSoftmax = (graph: Graph, reader: string, factor: number) =>
  inserted(
    withConstant(graph, 'planted/factor', Float32Array.of(factor), []),
    reader,
    0,
    weights => ({ operator: 'Mul', inputs: [weights, 'planted/factor'] }),
  );
/** Rows of a head in W_Q, W_K or W_V of the bundled decoder. */
const rowsOf = (values: Float32Array, head: number) =>
  values.subarray(head * HEAD * WIDTH, (head + 1) * HEAD * WIDTH);
const decoderWeight = (layer: number, part: string) =>
  `model.layers.${layer}.self_attn.${part}_proj.weight`;
const copied = (graph: Graph, layer: number, from: number, to: number) =>
  ['q', 'k', 'v'].reduce(
    (all, part) =>
      reweighted(all, decoderWeight(layer, part), values =>
        rowsOf(values, to).set(rowsOf(values, from)),
      ),
    graph,
  );
/** Columns of a head in W_O `[model, heads · headDim]`. */
const withoutOutput = (graph: Graph, name: string, head: number) =>
  reweighted(graph, name, values => {
    for (let row = 0; row < WIDTH; row++) {
      values.fill(0, row * WIDTH + head * HEAD, row * WIDTH + (head + 1) * HEAD);
    }
  });
/** Logits that are the same whatever came before: those of the words of the text, and of no others. */
const unigram = (graph: Graph): Graph => {
  const favoured = new Float32Array(8192).map((_, id) => (id < 2000 ? 6 : 0));
  const all = withConstant(
    withConstant(graph, 'planted/favoured', favoured, [8192]),
    'planted/none',
    Float32Array.of(0),
    [],
  );
  const own = rewired(all, '/lm_head/MatMul', () => ({ outputs: ['planted/logits'] }));
  const nodes = [
    ...own.nodes,
    makeNode('Mul', ['planted/logits', 'planted/none'], ['planted/silent']),
    makeNode('Add', ['planted/silent', 'planted/favoured'], ['logits']),
  ];
  return { ...own, nodes };
};

const FAULTS: readonly Planting[] = [
  {
    is: 'one position for all tokens, in a table',
    in: 'gpt2__legacy_eager_op14',
    code: 'no-positions',
    ...error,
    place: { stack: 'decoder', layer: 0 },
    graph: graph => sameForAll(graph, '/transformer/wpe/Gather'),
  },
  {
    is: 'rotary positions that do not turn',
    in: 'llama__legacy_eager_op14',
    code: 'no-positions',
    ...error,
    place: { stack: 'decoder', layer: 0 },
    graph: graph =>
      reweighted(graph, '/model/rotary_emb/Constant_1_output_0', values => values.fill(0)),
  },
  ...[1, 3].map(by => ({
    is: `positions of BERT that begin at ${by}`,
    in: 'bert__legacy_eager_op14',
    code: 'positions-shifted',
    ...error,
    place: { stack: 'encoder' },
    graph: (graph: Graph) => offset(graph, '/bert/embeddings/position_embeddings/Gather', by),
  })),
  {
    is: 'positions of RoBERTa that begin at 0',
    in: 'roberta__legacy_eager_op17',
    code: 'positions-shifted',
    ...error,
    place: { stack: 'encoder' },
    graph: graph => offset(graph, '/roberta/embeddings/position_embeddings/Gather', -2),
  },
  {
    is: 'positions of OPT that begin at 1',
    in: 'opt__legacy_eager_op14',
    code: 'positions-shifted',
    ...error,
    place: { stack: 'decoder' },
    graph: graph => offset(graph, '/decoder/embed_positions/Gather', -1),
  },
  {
    is: 'another rotary base in config.json',
    in: 'decoder',
    code: 'rope-mismatch',
    ...error,
    place: { stack: 'decoder', layer: 0 },
    files: { 'config.json': { rope_parameters: { rope_type: 'default', rope_theta: 500000 } } },
  },
  {
    is: 'a scaling of rotary positions that the graph has not',
    in: 'qwen3__legacy_eager_op17',
    code: 'rope-mismatch',
    ...error,
    place: { stack: 'decoder', layer: 0 },
    files: {
      'config.json': { rope_parameters: { rope_type: 'linear', factor: 2, rope_theta: 10000 } },
    },
  },
  {
    is: 'a softmax over the queries',
    in: 'encoder',
    code: 'rows-not-one',
    ...error,
    graph: graph => alongQueries(graph, '/esm/encoder/layer.4/attention/self/Softmax'),
  },
  {
    is: 'weights that are halved after the softmax',
    in: 'encoder',
    code: 'rows-not-one',
    ...error,
    graph: graph => afterSoftmax(graph, '/esm/encoder/layer.3/attention/self/MatMul_1', 0.5),
  },
  ...[
    [0, 3],
    [4, 1],
  ].map(([layer = 0, head = 0]) => ({
    is: `nothing of head ${head} in W_O of layer ${layer}`,
    in: 'decoder',
    code: 'dead-head',
    ...warning,
    place: { stack: 'decoder', layer, head },
    graph: (graph: Graph) => withoutOutput(graph, decoderWeight(layer, 'o'), head),
  })),
  {
    is: 'no values in a head',
    in: 'decoder',
    code: 'dead-head',
    ...warning,
    place: { stack: 'decoder', layer: 2, head: 0 },
    graph: graph => reweighted(graph, decoderWeight(2, 'v'), values => rowsOf(values, 0).fill(0)),
  },
  ...[
    [1, 0, 2],
    [5, 3, 1],
  ].map(([layer = 0, from = 0, to = 0]) => ({
    is: `head ${from} of layer ${layer} in place of head ${to}`,
    in: 'decoder',
    code: 'duplicated-heads',
    ...warning,
    place: { stack: 'decoder', layer, head: Math.min(from, to) },
    graph: (graph: Graph) => copied(graph, layer, from, to),
  })),
  {
    is: 'an output head that was not loaded',
    in: 't5__legacy_eager_op14',
    code: 'lm-head',
    ...error,
    place: { stack: 'decoder' },
    graph: graph =>
      reweighted(graph, 'onnx::MatMul_964', values =>
        values.forEach((_, i) => (values[i] = Math.sin(i * 12.9898))),
      ),
  },
  {
    is: 'a final norm that was negated',
    in: 'decoder',
    code: 'worse-than-chance',
    ...warning,
    place: { stack: 'decoder' },
    graph: graph =>
      reweighted(graph, 'model.norm.weight', values =>
        values.forEach((value, i) => (values[i] = -value)),
      ),
  },
  {
    is: 'logits that are the same whatever comes before',
    in: 'decoder',
    code: 'order-does-not-help',
    ...warning,
    place: { stack: 'decoder' },
    graph: unigram,
  },
  {
    is: 'a length that the table does not have',
    in: 'gpt2__legacy_eager_op14',
    code: 'positions-overrun',
    ...error,
    files: { 'tokenizer_config.json': { model_max_length: 512 } },
  },
];

describe('findings about faults that are planted', function () {
  this.timeout(300_000);
  let planted: Planted;
  before(() => {
    planted = new Planted();
  });
  after(() => planted.dispose());

  for (const fault of FAULTS) {
    it(`names ${fault.is}, and nothing else (${fault.in})`, async () => {
      const isBundled = /coder$/.test(fault.in);
      const source = join(isBundled ? models : join(fixtures, 'onnx'), fault.in);
      const files = isBundled ? fault.files : withTokenizer(source, fault.files);
      const folder = planted.plant(source, { ...fault, ...(files ? { files } : {}) }, fault.file);
      const text = isBundled ? CHECKED_TEXT : toyText(FIXTURE.words, FIXTURE.vocabulary);
      const said = await check(folder, text);
      // Random weights know nothing, whatever is wrong with them: where it is told, nothing else is.
      const findings = said.findings.filter(
        ({ code }) => isBundled || code !== 'worse-than-chance',
      );
      assertNames(fault, { ...said, findings });
      const [found] = findings;
      assert.ok(found?.file !== undefined && found.decision.found !== '', 'where, and how decided');
      planted.drop(folder);
    });
  }
});

function withTokenizer(source: string, files: Fault['files']): Record<string, object> {
  const config = JSON.parse(readFileSync(join(source, 'config.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const toy: Record<string, object> = toyTokenizer(config, FIXTURE.vocabulary);
  const names = new Set([...Object.keys(toy), ...Object.keys(files ?? {})]);
  return Object.fromEntries([...names].map(name => [name, { ...toy[name], ...files?.[name] }]));
}
