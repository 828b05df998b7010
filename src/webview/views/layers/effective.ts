import type { EffectiveAttention } from '../../../protocol/effective';
import type { EffectiveFacts, LayerWithoutAttention } from '../../../protocol/model';
import type { State } from '../../app/state';

/** A layer without a softmax whose effective attention is known, or refused. */
export interface EffectiveLayer extends LayerWithoutAttention {
  readonly effective: EffectiveFacts;
}

/** The layers of the locus's stack whose effective attention is known, or refused. */
export function effectiveLayers({ capture, locus }: State): readonly EffectiveLayer[] {
  return (capture?.model.withoutAttention ?? [])
    .filter(({ stack }) => stack === locus?.block.stack)
    .filter((one): one is EffectiveLayer => one.effective !== undefined);
}

/**
 * The layer whose effective attention is shown: the one that was chosen, else the nearest to the locus;
 * null where none has any.
 */
export function effectiveLayer(state: State): EffectiveLayer | null {
  const { locus, layers } = state;
  if (!locus) return null;
  const all = effectiveLayers(state);
  const chosen = layers.effectiveLayer?.at === locus.layer ? layers.effectiveLayer.layer : null;
  const away = ({ layer }: EffectiveLayer): number => Math.abs(layer - locus.layer);
  const [nearest] = [...all].sort((a, b) => away(a) - away(b));
  return all.find(({ layer }) => layer === chosen) ?? nearest ?? null;
}

/** The head on show: the one that was chosen, as far as the layer has as many. */
export const headOf = ({ effective }: EffectiveLayer, chosen: number): number =>
  Math.max(0, Math.min(chosen, effective.heads - 1));

/** Of which layer and head a map is, and of what: “layer 2 (gated delta net), head 0”. */
export const effectiveName = ({ layer, instead }: EffectiveLayer, head: number): string =>
  `layer ${layer} (${instead}), head ${head}`;

/** The row of one query: its weights, and what they sum to. */
export function effectiveRow(
  { weights, tokens }: EffectiveAttention,
  query: number,
): { readonly weights: Float32Array; readonly sum: number } {
  const row = weights.subarray(query * tokens, (query + 1) * tokens);
  return { weights: row, sum: row.reduce((total, weight) => total + weight, 0) };
}

/** The keys of a query up to itself, the one farthest from zero first. */
export function strongestKeys(
  attention: EffectiveAttention,
  query: number,
): readonly { readonly key: number; readonly weight: number }[] {
  const { weights } = effectiveRow(attention, query);
  return Array.from(weights.subarray(0, query + 1), (weight, key) => ({ key, weight })).sort(
    (a, b) => Math.abs(b.weight) - Math.abs(a.weight) || a.key - b.key,
  );
}
