import type { Analysis } from './analysis';
import { inputsOf } from './graphIndex';
import { isRead } from './inputRoles';
import type { FoundSite } from './site';

/**
 * Which of the model's texts, and which of its attentions, the tensors of the hidden state were computed
 * from, as sets of bits.
 */
export class Lineage {
  /** Inputs that hold a text: token ids, embeddings, states of another stack, pixels. */
  readonly texts: readonly string[];
  readonly #texts = new Map<string, bigint>();
  readonly #sites = new Map<string, bigint>();

  constructor({ index, labels, roles }: Analysis, sites: readonly FoundSite[]) {
    this.texts = [...roles].filter(([, role]) => isRead(role)).map(([name]) => name);
    for (const [i, name] of this.texts.entries()) this.#texts.set(name, 1n << BigInt(i));
    const ends = new Map(sites.map(({ end }, i) => [end, 1n << BigInt(i)]));
    for (const node of index.nodes) {
      const inputs = inputsOf(node);
      const hidden = inputs.filter(input => labels.isHidden(input));
      // A lookup makes the hidden state of ids; later on, masks made of ids are no part of it.
      const from = hidden.length ? hidden : inputs;
      const texts = union(this.#texts, from);
      const attended = union(this.#sites, hidden) | (ends.get(node) ?? 0n);
      for (const output of node.outputs.filter(Boolean)) {
        if (texts) this.#texts.set(output, texts);
        if (attended) this.#sites.set(output, attended);
      }
    }
  }

  /** A bit for each of `texts`. */
  textsOf(tensors: Iterable<string>): bigint {
    return union(this.#texts, tensors);
  }

  /** A bit for each site whose result took part. */
  sitesOf(tensors: Iterable<string>): bigint {
    return union(this.#sites, tensors);
  }

  /** Names of the texts whose bits are set. */
  named(bits: bigint): string[] {
    return this.texts.filter((_, i) => bits & (1n << BigInt(i)));
  }
}

function union(known: ReadonlyMap<string, bigint>, tensors: Iterable<string>): bigint {
  let bits = 0n;
  for (const tensor of tensors) bits |= known.get(tensor) ?? 0n;
  return bits;
}
