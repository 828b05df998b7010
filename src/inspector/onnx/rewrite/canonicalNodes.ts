import type { Node } from '../file/types';

/** Gives tensors names by the order in which they are asked for, so that like nodes have like names. */
export class CanonicalNames {
  readonly #names = new Map<string, string>();

  /** @param kept names that stay what they are */
  constructor(private readonly kept: { has(name: string): boolean }) {}

  readonly of = (name: string): string => {
    if (!name || this.kept.has(name)) return name;
    const known = this.#names.get(name) ?? `attention_debugger/tensor/${this.#names.size}`;
    this.#names.set(name, known);
    return known;
  };
}

/** What a node does, for comparing with others: all but its own name. */
export function described({ operator, domain, overload, inputs, outputs, attributes }: Node) {
  const messages = [...attributes.values()].map(({ message }) =>
    Buffer.from(message).toString('latin1'),
  );
  return [operator, domain, overload, inputs, outputs, messages];
}
