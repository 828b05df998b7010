import type { Node } from '../file/types';
import type { Layout } from '../graph/site';

/** The letters of an einsum with two operands, `bhqd,bhkd->bhqk`. */
function letters(node: Node): readonly [string, string, string] | undefined {
  const equation = node.attributes.get('equation')?.string?.replaceAll(' ', '') ?? '';
  const [left, right, output] = /^(\w+),(\w+)->(\w+)$/.exec(equation)?.slice(1) ?? [];
  return left && right && output ? [left, right, output] : undefined;
}

function order(operand: string, wanted: string): Layout | undefined {
  const order = wanted.split('').map(letter => operand.indexOf(letter));
  return order.includes(-1) ? undefined : { kind: 'permuted', order };
}

/** How the operands of q·k are laid out; `query` says which operand has the rows of the result. */
export function einsumScores(
  node: Node,
): { readonly query: 0 | 1; readonly queryLayout: Layout; readonly keyLayout: Layout } | undefined {
  const found = letters(node);
  if (!found) return undefined;
  const [left, right, output] = found;
  const keys = output.at(-1) ?? '';
  const queries = output.at(-2) ?? '';
  const query = left.includes(queries) ? 0 : 1;
  const [q, k] = query === 0 ? [left, right] : [right, left];
  const inner = q.split('').find(letter => k.includes(letter) && !output.includes(letter));
  if (!inner || !k.includes(keys)) return undefined;
  const lead = output.slice(0, -2);
  const queryLayout = order(q, lead + queries + inner);
  const keyLayout = order(k, lead + keys + inner);
  return queryLayout && keyLayout && { query, queryLayout, keyLayout };
}

/** How values and result of weights · v are laid out, the weights being operand `weights`. */
export function einsumOutput(
  node: Node,
  weights: number,
): { readonly valueLayout: Layout; readonly outputLayout: Layout } | undefined {
  const found = letters(node);
  if (!found) return undefined;
  const [w, v] = weights === 0 ? found : [found[1], found[0]];
  const output = found[2];
  const inner = v.split('').find(letter => !w.includes(letter));
  if (!inner) return undefined;
  const lead = w.slice(0, -2);
  const valueLayout = order(v, lead + (w.at(-1) ?? '') + inner);
  const outputLayout = order(output, lead + (w.at(-2) ?? '') + inner);
  return valueLayout && outputLayout && { valueLayout, outputLayout };
}
