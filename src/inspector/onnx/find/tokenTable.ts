import type { Analysis } from '../graph/analysis';
import { tableOf } from '../graph/inputUse';

/** Operators that leave ids what they are, or put others beside them. */
const keepingIds = new Set([
  'Cast',
  'Clip',
  'Concat',
  'Expand',
  'Identity',
  'OneHot',
  'Pad',
  'Reshape',
  'Slice',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
  'Where',
]);

/** The largest table that the token ids look up, and its rows. */
export function tokenTable({
  index,
  constants,
  roles,
}: Analysis): { readonly name: string; readonly rows: number } | undefined {
  const ids = [...roles].filter(([, role]) => role === 'tokens').map(([name]) => name);
  const seen = new Set(ids);
  let largest: { readonly name: string; readonly rows: number } | undefined;
  for (const tensor of seen) {
    for (const node of index.consumers(tensor)) {
      const table =
        node.operator === 'MatMul' ? node.inputs[1] : tableOf(node.operator, node.inputs, tensor);
      const dims = constants.of(table)?.dims;
      const [rows = 0] = dims ?? [];
      if (table !== undefined && dims?.length === 2 && rows > (largest?.rows ?? -1)) {
        largest = { name: table, rows };
      }
      if (keepingIds.has(node.operator)) {
        for (const output of node.outputs) seen.add(output);
      }
    }
  }
  return largest;
}
