/** Operators by what they do to the data that flows through them. */

/** Elementwise or shape-changing: what goes in can still be recognised in what comes out. */
export const transparent = new Set([
  'Add',
  'Cast',
  'CastLike',
  'Clip',
  'DequantizeLinear',
  'Div',
  'Dropout',
  'Expand',
  'Flatten',
  'Identity',
  'Max',
  'Min',
  'Mul',
  'QuantizeLinear',
  'Reshape',
  'Squeeze',
  'Sub',
  'Sum',
  'Tanh',
  'Transpose',
  'Unsqueeze',
  'Where',
]);

/** Between the softmax and the product with the values: guards, casts, dropout, reshapes. */
export const afterSoftmax = new Set([
  'Cast',
  'CastLike',
  'DequantizeLinear',
  'Div',
  'Dropout',
  'Expand',
  'Identity',
  'Mul',
  'QuantizeLinear',
  'Reshape',
  'Slice',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
  'Where',
]);

/** Products of two tensors that both may depend on the text. */
export const products = new Set(['MatMul', 'FusedMatMul', 'Gemm', 'Einsum']);

/** Products with weights. */
export const projections = new Set([
  'Conv',
  'DynamicQuantizeMatMul',
  'Einsum',
  'FusedConv',
  'FusedMatMul',
  'Gemm',
  'MatMul',
  'MatMulBnb4',
  'MatMulInteger',
  'MatMulIntegerToFloat',
  'MatMulNBits',
  'QLinearMatMul',
]);

/** Keep every element: another name, type or shape for the same numbers. */
export const renaming = new Set([
  'Cast',
  'CastLike',
  'DequantizeLinear',
  'Dropout',
  'DynamicQuantizeLinear',
  'Flatten',
  'Identity',
  'QuantizeLinear',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
]);

export const isSkipNormalization = (operator: string) =>
  operator === 'SkipLayerNormalization' || operator === 'SkipSimplifiedLayerNormalization';
