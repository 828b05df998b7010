import type { Node } from '../file/types';

/** How the state of a linear attention takes up a token (Yang et al. 2024, table 4). */
export type UpdateRule = 'linear' | 'gated' | 'delta' | 'gated_delta';

/** Tensors of a linear attention, by what they are to it. */
export interface RecurrenceNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly output: string;
  /** What it begins from. */
  readonly state?: string;
  readonly decay?: string;
  readonly beta?: string;
}

/**
 * A linear attention in one operator. It has no softmax: each head keeps a state, to which every token adds
 * and from which its query reads.
 */
export interface FoundRecurrence {
  readonly node: Node;
  readonly rule: UpdateRule;
  readonly queryHeads: number;
  readonly valueHeads: number;
  /** Factor on what a query reads; 1 / √(its width) where there is none. */
  readonly scale?: number;
  readonly names: RecurrenceNames;
  /** Why it is not shown. */
  readonly refusal?: string;
}

/** Tensors that a capture reads of a linear attention. */
export function recurrenceTensors({ names, refusal }: FoundRecurrence): readonly string[] {
  if (refusal !== undefined) return [];
  const { query, key, value, output, state, decay, beta } = names;
  return [query, key, value, output, state, decay, beta].filter(name => name !== undefined);
}
