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
  /** Factor on the value as the state takes it up. */
  readonly step?: string;
}

export type RecurrencePart = keyof RecurrenceNames;

/**
 * A linear attention, in one operator or spelled out. It has no softmax: each head keeps a state, to which
 * every token adds and from which its query reads.
 */
export interface FoundRecurrence {
  /** The operator; of one that is spelled out, the cumulative sum of its decay. */
  readonly node: Node;
  readonly rule: UpdateRule;
  /** 0 where only a run tells how many there are. */
  readonly queryHeads: number;
  readonly valueHeads: number;
  /** Factor on what a query reads; 1 / √(its width) where there is none. */
  readonly scale?: number;
  readonly names: RecurrenceNames;
  /** Of one that is spelled out, which tensors are `[batch, heads, tokens, width]`. */
  readonly headsFirst?: ReadonlySet<RecurrencePart>;
  /** The operator of the short convolution that its values came through. */
  readonly convolution?: string;
  /** Why it is not shown. */
  readonly refusal?: string;
}

/** Tensors that a capture reads of a linear attention. */
export function recurrenceTensors({ names, refusal }: FoundRecurrence): readonly string[] {
  if (refusal !== undefined) return [];
  return Object.values(names) as string[];
}
