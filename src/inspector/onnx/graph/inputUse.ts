import type { Constants } from './constants';
import type { GraphIndex } from './graphIndex';
import { renaming } from './operatorKinds';

/** What the graph does with an input. */
export interface InputUse {
  /** Rows of the largest table that it looks up, 0 if it looks up none. */
  readonly rows: number;
  /** Name of that table. */
  readonly table?: string;
  /** Something is multiplied with it or divided by it. */
  readonly isFactor: boolean;
  /** It is added to something that depends on other inputs. */
  readonly isAdded: boolean;
}

/** Operators whose second input are rows of their first. */
export const lookups = new Set(['Gather', 'GatherBlockQuantized', 'GatherND']);

/** Keep every element in some order. */
const following = (operator: string) => renaming.has(operator) || operator === 'Transpose';

/** Follows an input to the first nodes that do more than rename or reshape it. */
export function inputUse(input: string, index: GraphIndex, constants: Constants): InputUse {
  let rows = 0;
  let table: string | undefined;
  let isFactor = false;
  let isAdded = false;
  const seen = new Set([input]);
  for (const tensor of seen) {
    for (const node of index.consumers(tensor)) {
      const { operator, inputs, outputs } = node;
      if (operator === 'Mul' || operator === 'Div') isFactor = true;
      if (operator === 'Add')
        isAdded ||= inputs.some(name => !constants.of(name) && !seen.has(name));
      if (following(operator) && inputs[0] === tensor && outputs[0]) seen.add(outputs[0]);
      const looked = tableOf(operator, inputs, tensor);
      const dims = constants.of(looked)?.dims;
      const most = dims?.length === 2 ? (dims[0] ?? 0) : 0;
      if (most > rows) [rows, table] = [most, looked];
    }
  }
  return { rows, ...(table === undefined ? {} : { table }), isFactor, isAdded };
}

/** The table that a node looks `tensor` up in. */
export function tableOf(
  operator: string,
  inputs: readonly string[],
  tensor: string,
): string | undefined {
  if (lookups.has(operator)) {
    return inputs[1] === tensor ? inputs[0] : undefined;
  }
  if (operator !== 'EmbedLayerNormalization') return undefined;
  return inputs[0] === tensor ? inputs[2] : inputs[4];
}
