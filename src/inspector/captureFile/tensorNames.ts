import type { AttentionSite, ExpertRouter, Stack } from '../../protocol/model';
import type { TensorPlace } from '../files/safetensorsHeader';

/**
 * What dumps and capture files hold of one attention. softmax(`maskedScores`) = `weights`; where a sink's
 * score stands beside those of the keys, theirs alone are `maskedKeyScores`, and `sink` is what it takes.
 */
export const PARTS = [
  'query',
  'key',
  'value',
  'scores',
  'maskedScores',
  'maskedKeyScores',
  'weights',
  'sink',
  'headOutput',
  'gate',
] as const;
export type Part = (typeof PARTS)[number];

/** What tells one attention of a model from the others. */
export type SiteKey = Pick<AttentionSite, 'stack' | 'kind' | 'layer'>;

/** The tensors of one attention in a file. */
export interface SitePlaces extends SiteKey {
  readonly parts: { readonly [P in Part]?: TensorPlace };
}

/** What tells the router of one layer from the others. */
export type RouterKey = Pick<ExpertRouter, 'stack' | 'layer'>;

/** What a router decided, in a file. */
export interface RouterPlaces extends RouterKey {
  readonly chosen: TensorPlace;
  readonly weights: TensorPlace;
}

/** The effective attention of a layer without a softmax, in a file. */
export interface EffectivePlace extends RouterKey {
  readonly maps: TensorPlace;
}

/** The tensors of a capture file by what they hold. */
export interface CapturePlaces {
  /** In the order of computation: encoder layers, then decoder layers with self before cross. */
  readonly sites: readonly SitePlaces[];
  /** In the order of the layers. */
  readonly routers: readonly RouterPlaces[];
  readonly effective: readonly EffectivePlace[];
  readonly hiddenStates: { readonly [S in Stack]?: readonly TensorPlace[] };
  readonly lastResidual: { readonly [S in Stack]?: TensorPlace };
  readonly logits?: TensorPlace;
}

/** `<stack>.layers.<i>.<self|cross>`, which the names of its tensors begin with. */
export function siteName({ stack, kind, layer }: SiteKey): string {
  return `${stack}.layers.${layer}.${kind}`;
}

export const hiddenStateName = (stack: Stack, i: number) => `${stack}.hiddenStates.${i}`;
export const lastResidualName = (stack: Stack) => `${stack}.lastResidual`;
export const LOGITS = 'logits';
/** Names of what the router of a layer decided. */
export const expertNames = ({ stack, layer }: RouterKey) => ({
  chosen: `${stack}.layers.${layer}.experts`,
  weights: `${stack}.layers.${layer}.expertWeights`,
});

/** Name of the effective attention of a layer without a softmax. */
export const effectiveName = ({ stack, layer }: RouterKey) => `${stack}.layers.${layer}.effective`;

const sitePattern = new RegExp(
  `^(?:(encoder)|(decoder))\\.layers\\.(\\d{1,5})\\.(self|cross)\\.(${PARTS.join('|')})$`,
);

const routerPattern = /^(?:(encoder)|decoder)\.layers\.(\d{1,5})\.experts$/;

function routersOf(tensors: ReadonlyMap<string, TensorPlace>): RouterPlaces[] {
  const found = [...tensors].flatMap(([name, chosen]): RouterPlaces[] => {
    const [, encoder, layer] = routerPattern.exec(name) ?? [];
    if (layer === undefined) return [];
    const key: RouterKey = { stack: encoder ? 'encoder' : 'decoder', layer: Number(layer) };
    const weights = tensors.get(expertNames(key).weights);
    return weights ? [{ ...key, chosen, weights }] : [];
  });
  return found.sort((a, b) =>
    a.stack === b.stack ? a.layer - b.layer : a.stack === 'encoder' ? -1 : 1,
  );
}

const effectivePattern = /^(?:(encoder)|decoder)\.layers\.(\d{1,5})\.effective$/;

function effectiveOf(tensors: ReadonlyMap<string, TensorPlace>): EffectivePlace[] {
  return [...tensors].flatMap(([name, maps]): EffectivePlace[] => {
    const [, encoder, layer] = effectivePattern.exec(name) ?? [];
    if (layer === undefined) return [];
    return [{ stack: encoder ? 'encoder' : 'decoder', layer: Number(layer), maps }];
  });
}

/** Sorts the tensors of a file by their names; what has another name is left out. */
export function placesOf(tensors: ReadonlyMap<string, TensorPlace>): CapturePlaces {
  const sites = new Map<string, SiteKey & { parts: { [P in Part]?: TensorPlace } }>();
  for (const [name, place] of tensors) {
    const [, encoder, , layer, kind, part] = sitePattern.exec(name) ?? [];
    if (layer === undefined || (encoder && kind === 'cross')) continue;
    const key: SiteKey = {
      stack: encoder ? 'encoder' : 'decoder',
      kind: kind === 'cross' ? 'cross' : 'self',
      layer: Number(layer),
    };
    const site = sites.get(siteName(key)) ?? { ...key, parts: {} };
    site.parts[part as Part] = place;
    sites.set(siteName(key), site);
  }
  const logits = tensors.get(LOGITS);
  return {
    sites: [...sites.values()].sort(byComputation),
    routers: routersOf(tensors),
    effective: effectiveOf(tensors),
    hiddenStates: byStack(stack => {
      const states: TensorPlace[] = [];
      for (let i = 0, state; (state = tensors.get(hiddenStateName(stack, i))); i++) {
        states.push(state);
      }
      return states.length > 0 ? states : undefined;
    }),
    lastResidual: byStack(stack => tensors.get(lastResidualName(stack))),
    ...(logits ? { logits } : {}),
  };
}

/** What `of` gives for each stack, without those where it gives nothing. */
export function byStack<T>(of: (stack: Stack) => T | undefined): { [S in Stack]?: T } {
  const result: { [S in Stack]?: T } = {};
  for (const stack of ['encoder', 'decoder'] as const) {
    const value = of(stack);
    if (value !== undefined) result[stack] = value;
  }
  return result;
}

function byComputation(a: SiteKey, b: SiteKey): number {
  if (a.stack !== b.stack) return a.stack === 'encoder' ? -1 : 1;
  return a.layer - b.layer || (a.kind === b.kind ? 0 : a.kind === 'self' ? -1 : 1);
}
