import type { AttentionKind, Stack } from '../../protocol/model';
import {
  COMPARED_PARTS,
  type ComparedCell,
  type ComparedLayer,
  type ComparedPart,
} from '../../protocol/firstDivergence';

/** Where a tensor lies in a model. */
export type Place = Pick<ComparedCell, 'stack' | 'attention' | 'layer' | 'kind'>;

/** What of an attention is compared, and the state after it. */
const OF_ATTENTION = COMPARED_PARTS.filter(kind => kind !== 'residual' && kind !== 'feedForward');

/** Names a place. */
export function keyOf({ stack, attention, layer, kind }: Place): string {
  return `${stack} ${attention} ${layer} ${kind}`;
}

/** A stack of two models with equally many layers. */
export interface ComparedStack {
  readonly stack: Stack;
  readonly layers: number;
  readonly hasCross: boolean;
  /** The logits are computed from its last states. */
  readonly isLast: boolean;
}

/** Every place of a model in the order of computation. */
export function placesOf(stacks: readonly ComparedStack[]): readonly Place[] {
  return stacks.flatMap(({ stack, layers, hasCross, isLast }) => {
    const at = (layer: ComparedLayer, kind: ComparedPart, attention: AttentionKind = 'self') => ({
      stack,
      attention,
      layer,
      kind,
    });
    const kinds = hasCross ? (['self', 'cross'] as const) : (['self'] as const);
    return [
      at('embeddings', 'residual'),
      ...Array.from({ length: layers }, (_, layer) => [
        ...(layer > 0 ? [at(layer, 'residual')] : []),
        ...kinds.flatMap(attention => OF_ATTENTION.map(kind => at(layer, kind, attention))),
        at(layer, 'feedForward'),
      ]).flat(),
      at('output', 'residual'),
      ...(isLast ? [at('output', 'logits')] : []),
    ];
  });
}

/** What is computed from what. */
export class Inputs {
  readonly #stacks: ReadonlyMap<Stack, ComparedStack>;

  constructor(stacks: readonly ComparedStack[]) {
    this.#stacks = new Map(stacks.map(one => [one.stack, one]));
  }

  /** Places that a place is computed from, or those that lead to them. */
  of({ stack, attention, layer, kind }: Place): readonly Place[] {
    const at = (part: ComparedPart, own: AttentionKind = attention): Place => ({
      stack,
      attention: own,
      layer,
      kind: part,
    });
    switch (kind) {
      case 'residual':
        return this.#before(stack, layer);
      case 'query':
        return [this.#read(stack, layer, attention)];
      case 'key':
      case 'value':
        return [
          attention === 'cross'
            ? { stack: 'encoder', attention: 'self', layer: 'output', kind: 'residual' }
            : this.#read(stack, layer, attention),
        ];
      case 'maskedScores':
        return [at('query'), at('key')];
      case 'weights':
        return [at('maskedScores')];
      case 'headOutput':
        return [at('weights'), at('value')];
      case 'attentionOutput':
        return [at('headOutput')];
      case 'afterAttention':
        return [at('attentionOutput'), this.#read(stack, layer, attention)];
      case 'feedForward':
        return [at('afterAttention', this.#stacks.get(stack)?.hasCross ? 'cross' : 'self')];
      case 'logits':
        return [{ stack, attention: 'self', layer: 'output', kind: 'residual' }];
    }
  }

  /** What an attention reads its queries from. */
  #read(stack: Stack, layer: ComparedLayer, attention: AttentionKind): Place {
    return attention === 'cross'
      ? { stack, attention: 'self', layer, kind: 'afterAttention' }
      : { stack, attention, layer: layer === 0 ? 'embeddings' : layer, kind: 'residual' };
  }

  #before(stack: Stack, layer: ComparedLayer): readonly Place[] {
    if (layer === 'embeddings') return [];
    const { layers = 0, hasCross = false } = this.#stacks.get(stack) ?? {};
    const before = (layer === 'output' ? layers : layer) - 1;
    const attention = hasCross ? 'cross' : 'self';
    return [
      { stack, attention: 'self', layer: before, kind: 'feedForward' },
      { stack, attention, layer: before, kind: 'afterAttention' },
    ];
  }
}
