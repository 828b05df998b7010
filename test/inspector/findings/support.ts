import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { CHECKED_TEXT, checkModel } from '../../../src/inspector/findings/checkModel';
import { openModel } from '../../../src/inspector/model/openModel';
import { readModel } from '../../../src/inspector/onnx/file/readModel';
import type { Graph, Node, StoredTensor } from '../../../src/inspector/onnx/file/types';
import { writeModel } from '../../../src/inspector/onnx/file/writeModel';
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
    cpSync(source, folder, {
      recursive: true,
      filter: path => !path.endsWith('.safetensors') && !(graph && basename(path) === file),
    });
    for (const [name, fields] of Object.entries(files)) {
      const path = join(folder, name);
      const given = JSON.parse(readFileSync(path, 'utf8')) as object;
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
