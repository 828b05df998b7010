import assert from 'node:assert/strict';
import { withStoredReshapes } from '../../../src/inspector/onnx/graph/storedReshapes';
import {
  ElementType,
  type Graph,
  type Model,
  type StoredTensor,
} from '../../../src/inspector/onnx/file/types';
import { elementsToBytes } from '../../../src/inspector/onnx/file/elements';
import { makeNode } from '../../../src/inspector/onnx/file/writeModel';

const table: StoredTensor = {
  name: 'table',
  dims: [4, 2, 3],
  elementType: ElementType.uint8,
  data: { kind: 'file', path: '/weights', offset: 128, length: 24 },
};

function shape(...dims: readonly number[]): StoredTensor {
  const bytes = elementsToBytes(dims, ElementType.int64) ?? new Uint8Array();
  const data = { kind: 'inline', bytes } as const;
  return { name: 'shape', dims: [dims.length], elementType: ElementType.int64, data };
}

function reshaping(to: StoredTensor, more: Partial<Graph> = {}): Model {
  const graph: Graph = {
    nodes: [
      makeNode('Reshape', ['table', 'shape'], ['flat']),
      makeNode('Gather', ['flat', 'input_ids'], ['rows']),
    ],
    initializers: new Map([table, to].map(tensor => [tensor.name, tensor])),
    inputs: [{ name: 'input_ids', elementType: ElementType.int64 }],
    outputs: [{ name: 'rows', elementType: ElementType.uint8 }],
    ...more,
  };
  const rest = { irVersion: 8, opsets: new Map([['', 18]]), functions: [], path: '/m.onnx' };
  return { ...rest, graph, files: new Map(), fileSize: 0 };
}

describe('a stored weight that a graph reshapes', () => {
  it('is one of that shape, of the same bytes', () => {
    const { graph } = withStoredReshapes(reshaping(shape(4, 6)));
    assert.deepEqual(
      graph.nodes.map(({ operator }) => operator),
      ['Gather'],
    );
    assert.deepEqual(graph.initializers.get('flat'), { ...table, name: 'flat', dims: [4, 6] });
    assert.equal(graph.initializers.get('table'), table);
  });

  const kept: Record<string, Model> = {
    'to a size that follows from the rest': reshaping(shape(4, -1)),
    'to a size that is kept': reshaping(shape(0, 6)),
    'to a shape of another size, which the runtime refuses': reshaping(shape(4, 7)),
    'that can be fed in its place': reshaping(shape(4, 6), {
      inputs: [{ name: 'table', elementType: ElementType.uint8 }],
    }),
    'whose shape can be fed': reshaping(shape(4, 6), {
      inputs: [{ name: 'shape', elementType: ElementType.int64 }],
    }),
    'that it puts out': reshaping(shape(4, 6), {
      outputs: [{ name: 'flat', elementType: ElementType.uint8 }],
    }),
  };
  for (const [name, model] of Object.entries(kept)) {
    it(`${name} is left to the runtime`, () => assert.equal(withStoredReshapes(model), model));
  }
});
