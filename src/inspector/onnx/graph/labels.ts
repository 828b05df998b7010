import type { Node } from '../file/types';
import type { Constants } from './constants';
import { inputsOf, type GraphIndex } from './graphIndex';
import type { InputRole } from './inputRoles';
import { lookups } from './inputUse';

/** What a tensor depends on, as bits. */
const Label = { hidden: 1, tokens: 2, mask: 4, positions: 8, past: 16 } as const;

const labelOfRole: Readonly<Record<InputRole, number>> = {
  tokens: Label.tokens,
  mask: Label.mask,
  globalMask: Label.mask,
  positions: Label.positions,
  segments: Label.positions,
  lengths: Label.positions,
  flag: Label.positions,
  past: Label.past,
  hidden: Label.hidden,
  // Tells nothing of the text: a number like those that the graph stores.
  factor: 0,
  signal: Label.positions,
  picture: Label.hidden,
  otherText: Label.positions,
  other: Label.positions,
};

const shapes = new Set(['Shape', 'Size', 'NonZero']);
/** Their result says something about a tensor, as a mask does, but does not carry it on. */
const comparisons = new Set([
  'And',
  'ArgMax',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'IsInf',
  'IsNaN',
  'Less',
  'LessOrEqual',
  'Not',
  'Or',
]);

/** A product with a table looks up what it multiplies: ids are multiplied as rows of zeros with one 1. */
function isTableProduct({ operator, inputs }: Node, constants: Constants): boolean {
  const isProduct = operator === 'MatMul' || operator === 'Gemm';
  return isProduct && constants.of(inputs[1])?.dims.length === 2;
}

/** Which tensors carry the text through the model, found by following the data from the inputs. */
export class Labels {
  readonly #labels = new Map<string, number>();

  constructor(index: GraphIndex, constants: Constants, roles: ReadonlyMap<string, InputRole>) {
    for (const [name, role] of roles) this.#labels.set(name, labelOfRole[role]);
    for (const node of index.nodes) {
      const label = this.#labelOf(node, constants);
      for (const output of node.outputs.filter(Boolean)) this.#labels.set(output, label);
      // The second output is a mask; as hidden state it would dominate everything.
      const [, maskIndex] = node.outputs;
      if (node.operator === 'EmbedLayerNormalization' && maskIndex) {
        this.#labels.set(maskIndex, Label.mask);
      }
    }
  }

  /** Depends on the hidden state of this or another stack. */
  isHidden(tensor: string | undefined): boolean {
    return (this.#of(tensor) & Label.hidden) !== 0;
  }

  /** Depends on the hidden state, or on keys and values of earlier tokens. */
  isHiddenOrPast(tensor: string | undefined): boolean {
    return (this.#of(tensor) & (Label.hidden | Label.past)) !== 0;
  }

  isPast(tensor: string | undefined): boolean {
    return (this.#of(tensor) & Label.past) !== 0;
  }

  /** Depends on nothing but the shapes of the inputs. */
  isFixed(tensor: string | undefined): boolean {
    return this.#of(tensor) === 0;
  }

  #of(tensor: string | undefined): number {
    return tensor ? (this.#labels.get(tensor) ?? 0) : 0;
  }

  #labelOf(node: Node, constants: Constants): number {
    const [first, second] = node.inputs;
    if (shapes.has(node.operator)) return 0;
    if (node.operator === 'CastLike') return this.#of(first);
    if (node.operator === 'EmbedLayerNormalization') return Label.hidden;
    if (lookups.has(node.operator)) {
      const table = this.#of(first);
      const indices = this.#of(second);
      const looksUpTokens = !table && (indices & Label.tokens) !== 0;
      if (looksUpTokens && constants.of(first)?.dims.length === 2) return Label.hidden;
      return table | (indices & ~Label.hidden);
    }
    const all = inputsOf(node).reduce((label, input) => label | this.#of(input), 0);
    if (isTableProduct(node, constants) && (all & Label.tokens) !== 0) return Label.hidden;
    if (!comparisons.has(node.operator)) return all;
    const isAboutTokens = (all & Label.tokens) !== 0;
    return (all & ~Label.hidden & ~Label.tokens) | (isAboutTokens ? Label.mask : 0);
  }
}
