import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKED_TEXT, checkModel } from '../../src/inspector/findings/checkModel';
import { openModel } from '../../src/inspector/model/openModel';
import { readModel } from '../../src/inspector/onnx/file/readModel';
import type { Graph, Node, StoredTensor } from '../../src/inspector/onnx/file/types';
import { writeModel } from '../../src/inspector/onnx/file/writeModel';

const models = join(import.meta.dirname, '../../models');

interface Fault {
  readonly is: string;
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly place?: object;
  readonly graph?: (graph: Graph) => Graph;
  /** Fields of JSON files that are set. */
  readonly files?: Readonly<Record<string, object>>;
  readonly text?: string;
}

const decoderBytes = readFileSync(join(models, 'decoder/model.onnx'));

/** A weight with its bytes, so that the graph can be written elsewhere. */
function inline(tensor: StoredTensor): StoredTensor {
  const { data } = tensor;
  if (data.kind !== 'file') return tensor;
  const bytes = new Uint8Array(decoderBytes.subarray(data.offset, data.offset + data.length));
  return { ...tensor, data: { kind: 'inline', bytes } };
}

/** A copy of a node that reads something else. */
function rewired(graph: Graph, name: string, change: (node: Node) => Partial<Node>): Graph {
  let isFound = false;
  const nodes = graph.nodes.map(node => {
    if (node.name !== name) return node;
    isFound = true;
    return { ...node, ...change(node) };
  });
  assert.ok(isFound, name);
  return { ...graph, nodes };
}

/** Other values in a weight. */
function reweighted(graph: Graph, name: string, change: (values: Float32Array) => void): Graph {
  const tensor = graph.initializers.get(name);
  assert.ok(tensor?.data.kind === 'inline', name);
  const values = new Float32Array(tensor.data.bytes.slice().buffer);
  change(values);
  const data = { kind: 'inline', bytes: new Uint8Array(values.buffer) } as const;
  return { ...graph, initializers: new Map([...graph.initializers, [name, { ...tensor, data }]]) };
}

const attention = (layer: number) => `/model/layers.${layer}/self_attn`;
const unmasked = (graph: Graph, layer: number) =>
  rewired(graph, `${attention(layer)}/Softmax`, () => ({
    inputs: [`${attention(layer)}/Mul_4_output_0`],
  }));
const scaledBy = (graph: Graph, layer: number, factor: number) => {
  const scaling = graph.nodes.find(({ name }) => name === `${attention(layer)}/Mul_4`);
  return reweighted(graph, scaling?.inputs[1] ?? '', values => values.fill(factor));
};
/** Rows of a head in W_Q or W_K. */
const withoutHead = (graph: Graph, layer: number, head: number, weight = 'q_proj') =>
  reweighted(graph, `model.layers.${layer}.self_attn.${weight}.weight`, values =>
    values.fill(0, head * 32 * 128, (head + 1) * 32 * 128),
  );
const broken = (graph: Graph, name: string) =>
  reweighted(graph, name, values => {
    values[77] = NaN;
  });

const decoder = (layer?: number, head?: number) => ({
  stack: 'decoder',
  ...(layer === undefined ? {} : { layer }),
  ...(head === undefined ? {} : { head }),
});
const error = { severity: 'error' } as const;
const warning = { severity: 'warning' } as const;

const FAULTS: readonly Fault[] = [
  ...[0, 2, 4].map(layer => ({
    is: `no causal mask in layer ${layer}`,
    code: 'future-leak',
    ...error,
    place: decoder(layer),
    graph: (graph: Graph) => unmasked(graph, layer),
  })),
  ...[
    [1, 1],
    [3, 1 / 32],
    [5, 0.19],
  ].map(([layer = 0, factor = 0]) => ({
    is: `scores × ${factor} in layer ${layer}`,
    code: 'wrong-scale',
    ...error,
    place: decoder(layer),
    graph: (graph: Graph) => scaledBy(graph, layer, factor),
  })),
  ...[
    [1, 0],
    [3, 2],
    [5, 3],
  ].map(([layer = 0, head = 0]) => ({
    is: `no queries in head ${head} of layer ${layer}`,
    code: 'uniform-head',
    ...warning,
    place: decoder(layer, head),
    graph: (graph: Graph) => withoutHead(graph, layer, head),
  })),
  ...[1, 4].map(layer => ({
    is: `a weight of layer ${layer} that is no number`,
    code: 'nan',
    ...error,
    place: decoder(layer),
    graph: (graph: Graph) => broken(graph, `model.layers.${layer}.self_attn.v_proj.weight`),
  })),
  {
    is: 'weights that are far too large',
    code: 'overflow',
    ...error,
    graph: graph =>
      reweighted(graph, 'model.embed_tokens.weight', values =>
        values.forEach((value, i) => (values[i] = value * 1e22)),
      ),
  },
  {
    is: 'another end token in config.json',
    code: 'wrong-special-ids',
    ...error,
    place: {},
    files: { 'config.json': { eos_token_id: 17 } },
  },
  {
    is: 'another padding token in config.json',
    code: 'wrong-special-ids',
    ...error,
    place: {},
    files: { 'config.json': { pad_token_id: 300 } },
  },
  {
    is: 'a window that the graph has not',
    code: 'window-mismatch',
    ...error,
    place: decoder(0),
    files: { 'config.json': { model_type: 'mistral', sliding_window: 6 } },
  },
];

describe('findings about a model', function () {
  this.timeout(300_000);
  let scratch: string;
  before(() => {
    scratch = mkdtempSync(join(tmpdir(), 'attention-debugger-findings-'));
  });
  after(() => rmSync(scratch, { recursive: true }));

  /** The bundled decoder with a fault in it. */
  function planted({ graph = same => same, files = {} }: Fault, name: string): string {
    const folder = join(scratch, name);
    cpSync(join(models, 'decoder'), folder, {
      recursive: true,
      filter: path => !/safetensors$|onnx$/.test(path),
    });
    for (const [file, fields] of Object.entries(files)) {
      const given = JSON.parse(readFileSync(join(folder, file), 'utf8')) as object;
      writeFileSync(join(folder, file), JSON.stringify({ ...given, ...fields }));
    }
    const model = readModel(join(models, 'decoder/model.onnx'));
    const initializers = new Map(
      [...model.graph.initializers].map(([key, tensor]): [string, StoredTensor] => [
        key,
        inline(tensor),
      ]),
    );
    const changed = graph({ ...model.graph, initializers });
    writeFileSync(join(folder, 'model.onnx'), writeModel({ ...model, graph: changed }, folder));
    return folder;
  }

  async function check(path: string, text = CHECKED_TEXT) {
    const model = await openModel(path, { threads: 1 });
    try {
      return await checkModel(model, text);
    } finally {
      await model.dispose();
    }
  }

  for (const name of ['encoder', 'decoder', 'encoder-decoder']) {
    it(`tells of nothing in the bundled ${name}`, async () => {
      const { findings, passed } = await check(join(models, name));
      assert.deepEqual(findings, []);
      for (const code of ['nan', 'uniform-head', 'wrong-special-ids'] as const) {
        assert.ok(passed.includes(code), code);
      }
    });
  }

  for (const [i, fault] of FAULTS.entries()) {
    it(`names ${fault.is}, and nothing else`, async () => {
      const folder = planted(fault, String(i));
      const { findings, passed } = await check(folder, fault.text);
      assert.deepEqual(
        findings.map(({ code, severity }) => ({ code, severity })),
        [{ code: fault.code, severity: fault.severity }],
      );
      if (fault.place) assert.deepEqual(findings[0]?.place, fault.place);
      assert.ok(!passed.some(code => code === fault.code));
      rmSync(folder, { recursive: true });
    });
  }

  it('says the same every time', async () => {
    const folder = planted(
      { is: '', code: '', ...error, graph: graph => unmasked(graph, 1) },
      'same',
    );
    assert.deepEqual(await check(folder), await check(folder));
  });
});
