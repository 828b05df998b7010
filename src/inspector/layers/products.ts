import { ElementType } from '../onnx/file/types';
import { makeNode, writeModel } from '../onnx/file/writeModel';
import * as ort from '../runtime/ort';
import { Session, toTensor } from '../runtime/session';

/** A row-major matrix. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

let opened: Promise<Session> | undefined;

/** a · bᵀ `[rows of a, rows of b]`, by the runtime's product of matrices. */
export async function timesTransposed(a: Matrix, b: Matrix): Promise<Float32Array> {
  opened ??= open();
  const feed = ({ rows, columns, data }: Matrix) =>
    new ort.Tensor('float32', data, [rows, columns]);
  const { product } = await (await opened).run({ a: feed(a), b: feed(b) }, ['product']);
  return product ? toTensor(product).data : new Float32Array();
}

function open(): Promise<Session> {
  const matrix = (name: string) => ({
    name,
    elementType: ElementType.float,
    dims: [undefined, undefined],
  });
  const graph = {
    nodes: [makeNode('Gemm', ['a', 'b'], ['product'], { attributes: { transB: 1 } })],
    initializers: new Map(),
    inputs: [matrix('a'), matrix('b')],
    outputs: [matrix('product')],
  };
  const model = { graph, irVersion: 8, opsets: new Map([['', 17]]), functions: [] };
  return Session.open(writeModel(model, ''), '');
}
