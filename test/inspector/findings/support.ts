import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { CHECKED_TEXT, checkModel } from '../../../src/inspector/findings/checkModel';
import { openModel } from '../../../src/inspector/model/openModel';
import { readModel } from '../../../src/inspector/onnx/file/readModel';
import {
  ElementType,
  type Graph,
  type Node,
  type StoredTensor,
} from '../../../src/inspector/onnx/file/types';
import { makeNode, writeModel } from '../../../src/inspector/onnx/file/writeModel';
import type { ModelFindings } from '../../../src/protocol/findings';

/** Where the bundled models are. */
export const models = join(import.meta.dirname, '../../../models');
/** Where the small fixtures are. */
export const fixtures = join(import.meta.dirname, '../../fixtures');

/** A fault, and what has to be said of it. */
export interface Fault {
  readonly is: string;
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly place?: object;
  readonly graph?: (graph: Graph) => Graph;
  /** Fields of JSON files that are set; undefined takes a field away. */
  readonly files?: Readonly<Record<string, object>>;
  readonly text?: string;
}

/** Checks a model, and closes it. */
export async function check(path: string, text = CHECKED_TEXT): Promise<ModelFindings> {
  const model = await openModel(path, { threads: 1 });
  try {
    return await checkModel(model, { text });
  } finally {
    await model.dispose();
  }
}

/** Copies of model folders with faults in them. */
export class Planted {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'attention-debugger-findings-'));

  /**
   * Plants a fault in a copy of a folder.
   * @param file the graph that is changed
   */
  plant(source: string, fault: Partial<Fault>, file = 'model.onnx'): string {
    const { graph, files = {} } = fault;
    const folder = mkdtempSync(join(this.#scratch, 'model-'));
    const isReplaced = (path: string) => graph !== undefined && basename(path) === file;
    cpSync(source, folder, {
      recursive: true,
      filter: path => !/(reference|inputs|probes)\.safetensors$/.test(path) && !isReplaced(path),
    });
    for (const [name, fields] of Object.entries(files)) {
      const path = join(folder, name);
      const given = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : {};
      writeFileSync(path, JSON.stringify({ ...given, ...fields }));
    }
    if (graph) {
      const model = readModel(join(source, file));
      const initializers = new Map(
        [...model.graph.initializers].map(([name, tensor]) => [name, inline(tensor)]),
      );
      const changed = graph({ ...model.graph, initializers });
      writeFileSync(join(folder, file), writeModel({ ...model, graph: changed }, folder));
    }
    return folder;
  }

  /** Takes a copy away. */
  drop(folder: string): void {
    assert.equal(dirname(folder), this.#scratch);
    rmSync(folder, { recursive: true });
  }

  /** Takes all copies away. */
  dispose(): void {
    rmSync(this.#scratch, { recursive: true });
  }
}

/** A weight with its bytes, so that the graph can be written elsewhere. */
function inline(tensor: StoredTensor): StoredTensor {
  const { data } = tensor;
  if (data.kind !== 'file') return tensor;
  const all = bytesOf(data.path);
  const bytes = new Uint8Array(all.subarray(data.offset, data.offset + data.length));
  return { ...tensor, data: { kind: 'inline', bytes } };
}

const read = new Map<string, Buffer>();

function bytesOf(path: string): Buffer {
  const bytes = read.get(path) ?? readFileSync(path);
  read.set(path, bytes);
  return bytes;
}

/** A graph with a node that reads something else. */
export function rewired(graph: Graph, name: string, change: (node: Node) => Partial<Node>): Graph {
  let isFound = false;
  const nodes = graph.nodes.map(node => {
    if (node.name !== name) return node;
    isFound = true;
    return { ...node, ...change(node) };
  });
  assert.ok(isFound, name);
  return { ...graph, nodes };
}

/** A graph with other values in a weight of float32. */
export function reweighted(
  graph: Graph,
  name: string,
  change: (values: Float32Array) => void,
): Graph {
  const tensor = graph.initializers.get(name);
  assert.ok(tensor?.data.kind === 'inline', name);
  const values = new Float32Array(tensor.data.bytes.slice().buffer);
  change(values);
  const data = { kind: 'inline', bytes: new Uint8Array(values.buffer) } as const;
  return { ...graph, initializers: new Map([...graph.initializers, [name, { ...tensor, data }]]) };
}

/** A graph with a node between another one and what it reads. */
export function inserted(
  graph: Graph,
  reader: string,
  input: number,
  make: (tensor: string) => { readonly operator: string; readonly inputs: readonly string[] },
): Graph {
  const name = `planted/${reader}`;
  const nodes = graph.nodes.flatMap(node => {
    if (node.name !== reader) return [node];
    const { operator, inputs } = make(node.inputs[input] ?? '');
    return [makeNode(operator, inputs, [name]), { ...node, inputs: node.inputs.with(input, name) }];
  });
  assert.ok(nodes.length > graph.nodes.length, reader);
  return { ...graph, nodes };
}

/** A graph with one more constant. */
export function withConstant(
  graph: Graph,
  name: string,
  values: Float32Array | BigInt64Array,
  dims: readonly number[],
): Graph {
  const bytes = new Uint8Array(values.buffer);
  const elementType = values instanceof Float32Array ? ElementType.float : ElementType.int64;
  const tensor: StoredTensor = { name, dims, elementType, data: { kind: 'inline', bytes } };
  return { ...graph, initializers: new Map([...graph.initializers, [name, tensor]]) };
}

/** Asserts that a check tells of the fault, and of nothing else. */
export function assertNames(fault: Fault, { findings, passed }: ModelFindings): void {
  assert.deepEqual(
    findings
      .filter(({ severity }) => severity !== 'note')
      .map(({ code, severity }) => ({ code, severity })),
    [{ code: fault.code, severity: fault.severity }],
  );
  if (fault.place) assert.deepEqual(findings[0]?.place, fault.place);
  assert.ok(!passed.some(code => code === fault.code));
}

/** A text of so many words of `toyTokenizer`, none of them like its neighbours. */
export function toyText(words: number, vocabulary: number): string {
  const range = vocabulary - FIRST_WORD;
  return Array.from({ length: words }, (_, i) => `w${FIRST_WORD + ((i * 7 + 3) % range)}`).join(
    ' ',
  );
}

/** Entries below this may be special. */
const FIRST_WORD = 5;

/**
 * The files of a tokenizer with one token a word, for a fixture that has none: with the special tokens that
 * its configuration names, and those around a text that its family is trained with.
 */
export function toyTokenizer(config: Readonly<Record<string, unknown>>, vocabulary: number) {
  const idOf = (kind: string) => {
    const id = config[`${kind}_token_id`];
    return typeof id === 'number' && id < vocabulary ? id : undefined;
  };
  const specials = ['pad', 'bos', 'eos'].flatMap(kind => {
    const id = idOf(kind);
    const first = ['pad', 'bos', 'eos'].find(other => idOf(other) === id) ?? kind;
    return id === undefined ? [] : [{ kind, id, content: `<${first}>` }];
  });
  const spellings = new Map(specials.map(({ id, content }) => [id, content]));
  const vocab = Object.fromEntries(
    Array.from({ length: vocabulary }, (_, id) => [spellings.get(id) ?? `w${id}`, id]),
  );
  const isSeq2Seq = config.is_encoder_decoder === true || /t5$/.test(String(config.model_type));
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  const around = (kind: string) => {
    const special = specials.find(each => each.kind === kind);
    return special ? [{ SpecialToken: { id: special.content, type_id: 0 } }] : [];
  };
  const ends = isSeq2Seq ? around('eos') : [];
  const begins = isSeq2Seq ? [] : around('bos');
  const words = (sequence: string) => ({ Sequence: { id: sequence, type_id: 0 } });
  const used = [...begins, ...ends].map(({ SpecialToken: { id } }) => {
    const { id: first = 0 } = specials.find(({ content }) => content === id) ?? {};
    return [id, { id, ids: [first], tokens: [id] }] as const;
  });
  return {
    'tokenizer.json': {
      version: '1.0',
      added_tokens: specials.map(({ id, content }) => ({ id, content, ...flags, special: true })),
      normalizer: null,
      pre_tokenizer: { type: 'WhitespaceSplit' },
      post_processor: {
        type: 'TemplateProcessing',
        single: [...begins, words('A'), ...ends],
        pair: [...begins, words('A'), words('B'), ...ends],
        special_tokens: Object.fromEntries(used),
      },
      decoder: null,
      model: { type: 'WordLevel', vocab, unk_token: `w${FIRST_WORD}` },
    },
    'tokenizer_config.json': {
      tokenizer_class: 'PreTrainedTokenizerFast',
      ...Object.fromEntries(specials.map(({ kind, content }) => [`${kind}_token`, content])),
    },
  };
}
