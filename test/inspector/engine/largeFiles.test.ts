import assert from 'node:assert/strict';
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { ModelRun } from '../../../src/inspector/model/run';
import { readElements } from '../../../src/inspector/onnx/graph/constants';
import { plainSkeleton } from '../../../src/inspector/onnx/rewrite/instrument';
import { readModel } from '../../../src/inspector/onnx/file/readModel';
import type { StoredTensor } from '../../../src/inspector/onnx/file/types';
import { writeModel } from '../../../src/inspector/onnx/file/writeModel';
import { modelWith, plainAttention } from './support/graphs';
import { inspect } from './support/inspect';

const two31 = 2 ** 31;
const two32 = 2 ** 32;

function assertEqualRuns(actual: ModelRun, expected: ModelRun): void {
  assert.deepEqual(actual.logits, expected.logits);
  assert.deepEqual(actual.sites[0]?.weights, expected.sites[0]?.weights);
  assert.deepEqual(actual.hiddenStates, expected.hiddenStates);
}

/** The files are holes but for the weights themselves, so that they take no room on the disk. */
describe('files over 2 GB', function () {
  // Windows would give them all the room that they seem to take.
  if (process.platform === 'win32') return;
  const plain = modelWith((graph, heads) => plainAttention(graph, heads));
  let expected: ModelRun;
  before(async () => {
    [, expected] = await inspect(plain);
  });

  it('external data beyond 2 and 4 GB, and across both borders', async () => {
    const path = modelWith((graph, heads) => plainAttention(graph, heads));
    const weights = join(dirname(path), 'weights.bin');
    writeFileSync(weights, '');
    const model = readModel(path);
    const places = [two31 - 8, two31 + 2000, two32 - 12, two32 + 2002, 5e9, two31 - 4096];
    const matrices = [...model.graph.initializers.values()].filter(({ dims }) => dims.length === 2);
    assert.equal(matrices.length, places.length);
    const moved = matrices.map((tensor, i) => place(tensor, weights, places[i] ?? 0));
    resize(weights, 6e9);
    const initializers = new Map([
      ...model.graph.initializers,
      ...moved.map(tensor => [tensor.name, tensor] as const),
    ]);
    const graph = { ...model.graph, initializers };
    writeFileSync(path, writeModel({ ...model, graph }, dirname(path)));

    const read = readModel(path);
    assert.deepEqual(
      moved.map(({ name }) => read.graph.initializers.get(name)?.data),
      moved.map(({ data }) => data),
    );
    assert.equal(read.fileSize, statSync(path).size + 6e9);
    assert.ok(plainSkeleton(read).length < 1e4);
    assertEqualRuns((await inspect(path))[1], expected);
  });

  it('a file whose own weights lie beyond 4 GB', async () => {
    const path = modelWith((graph, heads) => plainAttention(graph, heads));
    const content = readFileSync(path);
    // A field that nobody knows, with a length that needs more than 32 bits, before everything else.
    const head = new BinaryWriter()
      .tag(1999, WireType.LengthDelimited)
      .int64(two32 + 5)
      .finish();
    const file = openSync(path, 'w');
    writeSync(file, head);
    writeSync(file, content, 0, content.length, head.length + two32 + 5);
    closeSync(file);

    const beyond = [...readModel(path).graph.initializers.values()].filter(
      ({ data }) => data.kind === 'file' && data.offset > two32,
    );
    assert.ok(beyond.length > 0);
    assertEqualRuns((await inspect(path))[1], expected);
  });
});

/** Writes a tensor's elements at a place of a file; the tensor that points there. */
function place(tensor: StoredTensor, path: string, offset: number): StoredTensor {
  const count = tensor.dims.reduce((a, b) => a * b, 1);
  const bytes = new Uint8Array(Float32Array.from(readElements(tensor, 0, count) ?? []).buffer);
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, offset);
  closeSync(file);
  return { ...tensor, data: { kind: 'file', path, offset, length: bytes.length } };
}

function resize(path: string, size: number): void {
  const file = openSync(path, 'r+');
  ftruncateSync(file, size);
  closeSync(file);
}
