import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { products } from '../graph/operatorKinds';
import type { TensorView } from '../graph/site';
import { einsumOutput, einsumScores } from './einsum';

/** Whether a node multiplies two tensors that both come from the text. */
export function isProduct({ labels }: Analysis, node: Node): boolean {
  const operands = node.inputs.slice(0, 2).filter(input => labels.isHiddenOrPast(input));
  return products.has(node.operator) && operands.length === 2;
}

/** The operands of q·k, with the factor that the operator itself applies. */
export interface ScoreProduct {
  readonly node: Node;
  readonly query: TensorView;
  readonly key: TensorView;
  readonly alpha: number;
}

/** Reads a product as q·k; undefined where its operands are transposed in a way that attention is not. */
export function scoreProduct(node: Node): ScoreProduct | undefined {
  const [left, right] = node.inputs;
  if (!left || !right) return undefined;
  if (node.operator === 'Einsum') {
    const einsum = einsumScores(node);
    if (!einsum) return undefined;
    const [q, k] = einsum.query === 0 ? [left, right] : [right, left];
    const query = { tensor: q, layout: einsum.queryLayout };
    return { node, query, key: { tensor: k, layout: einsum.keyLayout }, alpha: 1 };
  }
  if (flag(node, 'transA') || flag(node, 'transBatchA') || flag(node, 'transBatchB'))
    return undefined;
  return {
    node,
    query: { tensor: left, layout: { kind: 'heads' } },
    key: { tensor: right, layout: { kind: flag(node, 'transB') ? 'heads' : 'transposed' } },
    alpha: node.attributes.get('alpha')?.float ?? 1,
  };
}

/** The operands and result of weights · v. */
export interface OutputProduct {
  readonly node: Node;
  readonly weights: { readonly view: TensorView; readonly input: number };
  readonly value: TensorView;
  readonly output: TensorView;
}

/** Reads a product as weights · v, `weights` being one of its inputs. */
export function outputProduct(node: Node, weights: string): OutputProduct | undefined {
  const input = node.inputs[0] === weights ? 0 : 1;
  const value = node.inputs[1 - input];
  const output = node.outputs[0];
  if (!value || !output || node.inputs[input] !== weights) return undefined;
  const heads: TensorView = { tensor: weights, layout: { kind: 'heads' } };
  if (node.operator === 'Einsum') {
    const einsum = einsumOutput(node, input);
    return (
      einsum && {
        node,
        weights: { view: heads, input },
        value: { tensor: value, layout: einsum.valueLayout },
        output: { tensor: output, layout: einsum.outputLayout },
      }
    );
  }
  // vᵀ · weightsᵀ is the same product, seen from the other side.
  const mirrored = input === 1;
  const isTransposed = flag(node, mirrored ? 'transA' : 'transB') !== mirrored;
  if (flag(node, mirrored ? 'transB' : 'transA')) return undefined;
  const layout = { kind: mirrored ? 'transposed' : 'heads' } as const;
  return {
    node,
    weights: { view: { tensor: weights, layout }, input },
    value: { tensor: value, layout: { kind: isTransposed ? 'transposed' : 'heads' } },
    output: { tensor: output, layout },
  };
}

function flag(node: Node, name: string): boolean {
  return (node.attributes.get(name)?.int ?? 0) !== 0;
}
