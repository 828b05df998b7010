import type { Node } from '../file/types';
import type { Constants } from './constants';
import { inputsOf, type GraphIndex } from './graphIndex';
import { tableOf } from './inputUse';
import { isSkipNormalization, projections, renaming } from './operatorKinds';

/** Keep a token's vector one: what is looked up for two of a text's tokens meets in them. */
const ofOneToken = new Set([
  ...renaming,
  'Add',
  'Div',
  'Expand',
  'LayerNormalization',
  'Mul',
  'Sub',
  'Sum',
  'Transpose',
]);

/**
 * Inputs that are looked up in tables and go through a model of their own, as the target of a translator:
 * positions and segments meet the embeddings of their text before anything is projected.
 * @param texts inputs that are known to hold token ids
 * @param candidates other inputs that are looked up, the largest table first
 */
export function otherTexts(
  index: GraphIndex,
  constants: Constants,
  texts: readonly string[],
  candidates: readonly string[],
): readonly string[] {
  const others = candidates.filter(name => !texts.includes(name));
  const found: string[] = [];
  if (others.length === 0) return found;
  const readers = new Map(
    [...texts, ...others].map(name => [name, dependants(index, name)] as const),
  );
  for (const name of others) {
    const readersOf = (text: string) => readers.get(text) ?? new Set<string>();
    const known = [...texts, ...found].map(readersOf);
    if (isOnItsOwn(index, constants, name, readersOf(name), known)) found.push(name);
  }
  return found;
}

/** Whether an input's embeddings are projected before they meet anything that depends on another text. */
function isOnItsOwn(
  index: GraphIndex,
  constants: Constants,
  input: string,
  own: ReadonlySet<string>,
  others: readonly ReadonlySet<string>[],
): boolean {
  // What depends on both was joined by attention.
  const meets = ({ inputs }: Node) =>
    inputs.some(name => !own.has(name) && others.some(tensors => tensors.has(name)));
  let isProjected = false;
  const seen = new Set(lookups(index, input));
  if (seen.size === 0) return false;
  for (const tensor of seen) {
    for (const node of index.consumers(tensor)) {
      const { operator, inputs, outputs } = node;
      const isProjection =
        projections.has(operator) && inputs.some(name => name !== tensor && constants.of(name));
      if (isProjection) isProjected = true;
      else if (meets(node)) return false;
      else if (ofOneToken.has(operator) || isSkipNormalization(operator)) {
        for (const output of outputs) if (output) seen.add(output);
      }
    }
  }
  return isProjected;
}

/** What is looked up in tables with an input, perhaps in another shape or type. */
function lookups(index: GraphIndex, input: string): readonly string[] {
  const found: string[] = [];
  const seen = new Set([input]);
  for (const tensor of seen) {
    for (const { operator, inputs, outputs } of index.consumers(tensor)) {
      const [output] = outputs;
      if (!output) continue;
      if (tableOf(operator, inputs, tensor) !== undefined) found.push(output);
      else if (renaming.has(operator) || operator === 'Transpose') seen.add(output);
    }
  }
  return found;
}

/** Everything that is computed from an input; shapes of it say nothing of its text. */
export function dependants(index: GraphIndex, input: string): ReadonlySet<string> {
  const found = new Set([input]);
  for (const node of index.nodes) {
    if (node.operator === 'Shape' || node.operator === 'Size') continue;
    if (!inputsOf(node).some(name => found.has(name))) continue;
    for (const output of node.outputs) if (output) found.add(output);
  }
  return found;
}
