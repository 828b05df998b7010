import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import type { Factor, Layout, TensorView } from '../graph/site';

/** Nodes that compute a scalar from scalars; the number is how many of their inputs matter. */
const scalarMaths: Readonly<Record<string, number>> = {
  Abs: 1,
  Add: 2,
  Cast: 1,
  CastLike: 1,
  Ceil: 1,
  Div: 2,
  Exp: 1,
  Floor: 1,
  Identity: 1,
  Log: 1,
  Max: 2,
  Min: 2,
  Mul: 2,
  Neg: 1,
  Pow: 2,
  Reciprocal: 1,
  ReduceProd: 1,
  Reshape: 1,
  Sqrt: 1,
  Squeeze: 1,
  Sub: 2,
  Unsqueeze: 1,
};

/** Pick numbers out of a shape; how many they are shows when the graph runs. */
const picking = new Set(['Cast', 'Gather', 'Identity', 'Slice', 'Squeeze', 'Unsqueeze']);

/** Whether a tensor is a single number that depends on shapes at most, or an input such as a temperature. */
function isScalar(analysis: Analysis, tensor: string | undefined, depth = 0): boolean {
  const { constants, index, labels, roles } = analysis;
  const input = index.graph.inputs.find(({ name }) => name === tensor);
  if (input && roles.get(input.name) === 'factor') {
    return input.dims?.every(dim => dim === 1) ?? false;
  }
  const constant = constants.of(tensor);
  if (constant) return constant.dims.every(dim => dim === 1);
  const node = index.producer(tensor);
  if (!node || depth > 14 || !labels.isFixed(tensor)) return false;
  if (node.operator === 'Size') return true;
  if (node.operator === 'Gather' || node.operator === 'Slice') {
    return isOfShape(analysis, node.inputs[0], depth);
  }
  const count = scalarMaths[node.operator];
  if (count === undefined) return false;
  return node.inputs.slice(0, count).every(input => isScalar(analysis, input, depth + 1));
}

function isOfShape(analysis: Analysis, tensor: string | undefined, depth: number): boolean {
  const node = analysis.index.producer(tensor);
  if (!node || depth > 14) return false;
  if (node.operator === 'Shape') return true;
  return picking.has(node.operator) && isOfShape(analysis, node.inputs[0], depth + 1);
}

/** The scalar by which a node multiplies or divides `input`; undefined where it does something else. */
export function scalarFactor(analysis: Analysis, node: Node, input: string): Factor | undefined {
  const isDivision = node.operator === 'Div';
  if (node.domain || (node.operator !== 'Mul' && !isDivision)) return undefined;
  const other = node.inputs[0] === input ? node.inputs[1] : node.inputs[0];
  if (!other || other === input || (isDivision && node.inputs[0] !== input)) return undefined;
  if (!isScalar(analysis, other)) return undefined;
  const value = analysis.constants.scalar(other);
  if (value !== undefined) return { constant: isDivision ? 1 / value : value };
  return { tensor: other, inverse: isDivision };
}

const sameNumbers = new Set(['Cast', 'CastLike', 'DequantizeLinear', 'Identity', 'QuantizeLinear']);

/** Follows a query or key back through the scalars it was multiplied with. */
export function peelScale(
  analysis: Analysis,
  tensor: string,
): { readonly tensor: string; readonly factors: readonly Factor[] } {
  const factors: Factor[] = [];
  let peeled = tensor;
  let current = tensor;
  for (let step = 0; step < 8; step++) {
    const node = analysis.index.producer(current);
    const input = node?.inputs.find(name => analysis.labels.isHiddenOrPast(name));
    if (!node || !input) break;
    const factor = scalarFactor(analysis, node, input);
    if (factor) {
      factors.push(factor);
      peeled = input;
    } else if (!sameNumbers.has(node.operator) || node.inputs[0] !== input) break;
    current = input;
  }
  return { tensor: peeled, factors };
}

/** Transposes on the way from a product to a scalar; exporters write one or two. */
const MOST_TRANSPOSES = 3;

/**
 * Query and key without the scalars that were multiplied into them, beyond transposes as well.
 * @returns the views to read, and the factors that they lack
 */
export function withoutScale(
  analysis: Analysis,
  view: TensorView,
): { readonly view: TensorView; readonly factors: readonly Factor[] } {
  const { tensor, factors } = peelScale(analysis, view.tensor);
  let found = { view: { ...view, tensor }, factors };
  let current: TensorView | undefined = found.view;
  for (let passed = 0; passed < MOST_TRANSPOSES; passed++) {
    current = beforeTranspose(analysis, current);
    if (!current) break;
    const beyond = peelScale(analysis, current.tensor);
    current = { ...current, tensor: beyond.tensor };
    if (beyond.factors.length === 0) continue;
    found = { view: current, factors: [...found.factors, ...beyond.factors] };
  }
  return found;
}

/** The same numbers as they are before the `Transpose` that made them. */
function beforeTranspose(analysis: Analysis, view: TensorView): TensorView | undefined {
  const node = analysis.index.producer(view.tensor);
  const perm = node?.operator === 'Transpose' ? node.attributes.get('perm')?.ints : undefined;
  const [input] = node?.inputs ?? [];
  const order = perm && orderOf(view.layout, perm.length);
  if (!perm || !input || !order) return undefined;
  return { tensor: input, layout: { kind: 'permuted', order: order.map(dim => perm[dim] ?? dim) } };
}

/** The order in which a layout takes the dimensions; undefined for those that do more. */
function orderOf(layout: Layout, rank: number): readonly number[] | undefined {
  const plain = Array.from({ length: rank }, (_, dim) => dim);
  if (layout.kind === 'heads') return plain;
  if (layout.kind === 'permuted') return layout.order;
  if (layout.kind !== 'transposed') return undefined;
  return [...plain.slice(0, -2), rank - 1, rank - 2];
}
