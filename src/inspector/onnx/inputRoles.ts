import type { Constants } from './constants';
import type { GraphIndex } from './graphIndex';
import { renaming } from './operatorKinds';
import { ElementType, floatTypes, type ValueInfo } from './types';

/** What an input of the graph is for. */
export type InputRole =
  /** Token ids. */
  | 'tokens'
  /** Says which positions count. */
  | 'mask'
  /** Position or segment ids. */
  | 'positions'
  /** Keys and values of earlier tokens. */
  | 'past'
  /** Embeddings, or the hidden states of another stack. */
  | 'hidden'
  /** Switches between a graph's branches. */
  | 'flag'
  | 'other';

/** The names that exporters give to the interface of a model; inner names are never read. */
const named: readonly (readonly [RegExp, InputRole])[] = [
  [/^use_cache/, 'flag'],
  [/mask/, 'mask'],
  [/past|cache|present/, 'past'],
  [/position|token_type|segment|seqlens|total_seq/, 'positions'],
  [/input_ids$|^tokens$/, 'tokens'],
  [/hidden_states|embeds$/, 'hidden'],
];

/** Tells what each input is for, by its name where exporters agree on it, else by how it is used. */
export function inputRoles(index: GraphIndex, constants: Constants): Map<string, InputRole> {
  const inputs = index.graph.inputs.filter(({ name }) => !index.graph.initializers.has(name));
  const tables = new Map(inputs.map(({ name }) => [name, tableRows(name, index, constants)]));
  const roles = new Map<string, InputRole>();
  for (const input of inputs) {
    roles.set(input.name, namedRole(input) ?? usedRole(input, tables.get(input.name) ?? 0));
  }
  if (![...roles.values()].includes('tokens')) {
    const ids = inputs.filter(({ name }) => roles.get(name) === 'positions' && tables.get(name));
    const rows = ({ name }: ValueInfo) => tables.get(name) ?? 0;
    const [largest] = ids.sort((a, b) => rows(b) - rows(a));
    if (largest) roles.set(largest.name, 'tokens');
  }
  return roles;
}

function namedRole({ name, elementType }: ValueInfo): InputRole | undefined {
  const role = named.find(([pattern]) => pattern.test(name.toLowerCase()))?.[1];
  const isFloat = floatTypes.has(elementType);
  if (role === 'past' || role === 'hidden') return isFloat ? role : 'positions';
  if (role === 'tokens' && isFloat) return 'hidden';
  return role;
}

function usedRole({ elementType, dims }: ValueInfo, rows: number): InputRole {
  if (floatTypes.has(elementType)) return (dims?.length ?? 3) >= 4 ? 'past' : 'hidden';
  if (elementType === ElementType.bool) return dims && dims.length <= 1 ? 'flag' : 'mask';
  if (elementType !== ElementType.int64 && elementType !== ElementType.int32) return 'other';
  return rows > 0 ? 'positions' : 'mask';
}

/** Rows of the largest table that an input looks up, 0 if it looks up none. */
function tableRows(input: string, index: GraphIndex, constants: Constants): number {
  let rows = 0;
  const seen = new Set<string>([input]);
  for (const tensor of seen) {
    for (const node of index.consumers(tensor)) {
      if (node.operator === 'Gather' && node.inputs[1] === tensor) {
        const dims = constants.of(node.inputs[0])?.dims;
        if (dims?.length === 2) rows = Math.max(rows, dims[0] ?? 0);
      } else if (node.operator === 'EmbedLayerNormalization') {
        const table = node.inputs[node.inputs.indexOf(tensor) === 0 ? 2 : 4];
        rows = Math.max(rows, constants.of(table)?.dims[0] ?? 0);
      } else if (renaming.has(node.operator) && node.inputs[0] === tensor && node.outputs[0]) {
        seen.add(node.outputs[0]);
      }
    }
  }
  return rows;
}
