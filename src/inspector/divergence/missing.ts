import type { ComparedPart } from '../../protocol/firstDivergence';
import type { Place } from './places';

/** A place that is not compared, and which of the two shows it. */
export interface Lacking {
  readonly place: Place;
  readonly inA: boolean;
  readonly inB: boolean;
}

const NAMES: Readonly<Record<ComparedPart, string>> = {
  residual: 'The residual stream',
  query: 'The query',
  key: 'The key',
  value: 'The value',
  maskedScores: 'The masked scores',
  weights: 'The weights',
  headOutput: 'The head output',
  attentionOutput: 'The attention output',
  afterAttention: 'The residual stream after the attention',
  feedForward: 'The output of the feed-forward network',
  logits: 'The logits',
};

/**
 * What is not compared, a sentence for each kind. What neither shows is told of only where a layer has it in
 * every model: many have no state between attention and feed-forward network, and some no logits.
 */
export function missingCells(lacking: readonly Lacking[], a: string, b: string): readonly string[] {
  const groups = new Map<string, { readonly lacking: Lacking; readonly layers: Set<number> }>();
  for (const one of lacking) {
    const { place, inA, inB } = one;
    if (!inA && !inB && (place.kind === 'afterAttention' || place.kind === 'logits')) continue;
    const key = [place.kind, place.attention, inA, inB].join(' ');
    const group = groups.get(key) ?? { lacking: one, layers: new Set() };
    if (typeof place.layer === 'number') group.layers.add(place.layer);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ lacking: { place, inA, inB }, layers }) => {
    const { kind, attention } = place;
    const isMany = kind === 'maskedScores' || kind === 'weights' || kind === 'logits';
    const [verb, what] = isMany ? ['are', 'them'] : ['is', 'it'];
    const of = attention === 'cross' ? ' of the cross-attention' : '';
    const where = layers.size === 0 ? '' : ` in ${layersOf([...layers])}`;
    const which = inA ? b : a;
    const why =
      inA && inB
        ? 'the two do not have the same shape'
        : inA || inB
          ? `${which} does not show ${what}`
          : `neither shows ${what}`;
    return `${NAMES[kind]}${of} ${verb} not compared${where}: ${why}.`;
  });
}

/** “layer 2”, “layers 0 to 5”, “layers 0, 2 and 3”. */
function layersOf(layers: readonly number[]): string {
  const [first = 0] = layers;
  const last = layers.at(-1) ?? first;
  if (layers.length === 1) return `layer ${first}`;
  if (layers.length > 2 && last - first === layers.length - 1) return `layers ${first} to ${last}`;
  return `layers ${layers.slice(0, -1).join(', ')} and ${last}`;
}
