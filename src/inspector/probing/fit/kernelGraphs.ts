import { ElementType, type Node, type StoredTensor, type ValueInfo } from '../../onnx/file/types';
import { makeNode, writeModel } from '../../onnx/file/writeModel';

/**
 * Graphs of the matrix arithmetic of fitting, for the runtime, which multiplies some fifty times as
 * fast as JavaScript. Sizes are named `items`, `dims`, `classes`; `probes` is the number of
 * independent probes that are evaluated at once on the same features.
 */

/**
 * Loss and gradient of probes on `x` `[items, dims]`. In: `preconditioner` `[dims, dims]`, `point`
 * `[dims, probes × classes]`, `targets` `[items, probes, classes]` with a 1 at each item's class,
 * `share` = 1 / items, `decay` of the weights. Out: `loss` `[probes]`, `gradient` as `point`.
 */
export function lossGraph(): Uint8Array {
  return smallGraph(
    { ...lossInputs, x: ['items', 'dims'] },
    { loss: ['probes'], gradient: ['dims', 'columns'] },
    lossNodes('x'),
  );
}

/**
 * The same on the sum of the `stacked` states `[states, items × dims]`, each times its share in
 * `mix` `[1, states]`. Out: also `mixGradient` `[states, 1]`, the slope by each share.
 */
export function mixedLossGraph(): Uint8Array {
  return smallGraph(
    { ...lossInputs, stacked: ['states', 'elements'], mix: [1, 'states'] },
    { loss: ['probes'], gradient: ['dims', 'columns'], mixGradient: ['states', 1] },
    [
      makeNode('MatMul', ['mix', 'stacked'], ['sum']),
      makeNode('Shape', ['preconditioner'], ['square']),
      makeNode('Gather', ['square', 'zero'], ['width']),
      makeNode('Concat', ['minusOne', 'width'], ['rows'], { attributes: { axis: 0 } }),
      makeNode('Reshape', ['sum', 'rows'], ['mixed']),
      ...lossNodes('mixed'),
      makeNode('Gemm', ['error', 'weights'], ['slope'], { attributes: { transB: 1 } }),
      makeNode('Reshape', ['slope', 'column'], ['slopeColumn']),
      makeNode('MatMul', ['stacked', 'slopeColumn'], ['mixGradient']),
    ],
  );
}

/** `product` of `a` `[rows, inner]` and `b` `[inner, columns]`. */
export function productGraph(): Uint8Array {
  return smallGraph(
    { a: ['rows', 'inner'], b: ['inner', 'columns'] },
    { product: ['rows', 'columns'] },
    [makeNode('MatMul', ['a', 'b'], ['product'])],
  );
}

/** `logits` `[items, classes]` of `x` `[items, dims]` by `weights` `[classes, dims]` and `bias`. */
export function logitsGraph(): Uint8Array {
  return smallGraph(
    { x: ['items', 'dims'], weights: ['classes', 'dims'], bias: ['classes'] },
    { logits: ['items', 'classes'] },
    [makeNode('Gemm', ['x', 'weights', 'bias'], ['logits'], { attributes: { transB: 1 } })],
  );
}

/** `gram` `[dims, dims]`: the features `x` `[items, dims]` transposed, times themselves. */
export function gramGraph(): Uint8Array {
  return smallGraph({ x: ['items', 'dims'] }, { gram: ['dims', 'dims'] }, [
    makeNode('Gemm', ['x', 'x'], ['gram'], { attributes: { transA: 1 } }),
  ]);
}

type Dims = readonly (number | string)[];

const lossInputs: Readonly<Record<string, Dims>> = {
  preconditioner: ['dims', 'dims'],
  point: ['dims', 'columns'],
  targets: ['items', 'probes', 'classes'],
  share: [1],
  decay: [1],
};

function lossNodes(x: string): Node[] {
  return [
    makeNode('MatMul', ['preconditioner', 'point'], ['weights']),
    makeNode('MatMul', [x, 'weights'], ['logits']),
    makeNode('Shape', ['targets'], ['grouped']),
    makeNode('Reshape', ['logits', 'grouped'], ['groups']),
    makeNode('LogSoftmax', ['groups'], ['logProbabilities'], { attributes: { axis: 2 } }),
    makeNode('Mul', ['logProbabilities', 'targets'], ['hits']),
    makeNode('ReduceSum', ['hits', 'outerAxes'], ['likelihood'], { attributes: { keepdims: 0 } }),
    makeNode('Mul', ['likelihood', 'share'], ['mean']),
    makeNode('Mul', ['weights', 'weights'], ['squares']),
    makeNode('Slice', ['grouped', 'one', 'three'], ['probesAndClasses']),
    makeNode('Concat', ['minusOne', 'probesAndClasses'], ['weightGroups'], {
      attributes: { axis: 0 },
    }),
    makeNode('Reshape', ['squares', 'weightGroups'], ['squareGroups']),
    makeNode('ReduceSum', ['squareGroups', 'outerAxes'], ['norms'], {
      attributes: { keepdims: 0 },
    }),
    makeNode('Mul', ['norms', 'decay'], ['decayed']),
    makeNode('Mul', ['decayed', 'half'], ['penalty']),
    makeNode('Sub', ['penalty', 'mean'], ['loss']),
    makeNode('Exp', ['logProbabilities'], ['probabilities']),
    makeNode('Sub', ['probabilities', 'targets'], ['difference']),
    makeNode('Mul', ['difference', 'share'], ['errorGroups']),
    makeNode('Shape', ['logits'], ['flat']),
    makeNode('Reshape', ['errorGroups', 'flat'], ['error']),
    makeNode('Gemm', [x, 'error'], ['dataGradient'], { attributes: { transA: 1 } }),
    makeNode('Mul', ['weights', 'decay'], ['decayGradient']),
    makeNode('Add', ['dataGradient', 'decayGradient'], ['weightGradient']),
    makeNode('Gemm', ['preconditioner', 'weightGradient'], ['gradient'], {
      attributes: { transA: 1 },
    }),
  ];
}

const integers: Readonly<Record<string, readonly number[]>> = {
  zero: [0],
  one: [1],
  three: [3],
  minusOne: [-1],
  outerAxes: [0, 2],
  column: [-1, 1],
};

function smallGraph(
  inputs: Readonly<Record<string, Dims>>,
  outputs: Readonly<Record<string, Dims>>,
  nodes: readonly Node[],
): Uint8Array {
  const used = new Set(nodes.flatMap(node => node.inputs));
  const constants = [
    ...Object.entries(integers).map(([name, values]) =>
      constant(name, ElementType.int64, BigInt64Array.from(values, BigInt)),
    ),
    constant('half', ElementType.float, Float32Array.of(0.5)),
  ].filter(({ name }) => used.has(name));
  const describe = (values: Readonly<Record<string, Dims>>): ValueInfo[] =>
    Object.entries(values).map(([name, dims]) => ({ name, elementType: ElementType.float, dims }));
  return writeModel(
    {
      irVersion: 8,
      opsets: new Map([['', 17]]),
      functions: [],
      graph: {
        nodes,
        initializers: new Map(constants.map(stored => [stored.name, stored])),
        inputs: describe(inputs),
        outputs: describe(outputs),
      },
    },
    '/',
  );
}

function constant(
  name: string,
  elementType: number,
  values: Float32Array | BigInt64Array,
): StoredTensor {
  const bytes = new Uint8Array(values.buffer);
  return { name, dims: [values.length], elementType, data: { kind: 'inline', bytes } };
}
