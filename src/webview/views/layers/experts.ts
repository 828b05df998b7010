import type { Experts } from '../../../protocol/experts';
import type { ExpertRouter } from '../../../protocol/model';
import type { State } from '../../app/state';

/** One expert of a token, or of a layer. */
export interface ExpertShare {
  readonly expert: number;
  readonly value: number;
}

/** The layer whose experts are shown: the locus's, else the nearest that has any; null where none has. */
export function expertLayer({ capture, locus }: State): ExpertRouter | null {
  const routers = capture?.model.routers?.filter(({ stack }) => stack === locus?.block.stack) ?? [];
  if (!locus) return null;
  const away = ({ layer }: ExpertRouter): number => Math.abs(layer - locus.layer);
  return routers.toSorted((a, b) => away(a) - away(b))[0] ?? null;
}

/** The experts of one token with their weights, the one with most weight first. */
export function expertsAt(
  { count, tokens, chosen, weights }: Experts,
  token: number,
): readonly ExpertShare[] {
  if (token >= tokens) return [];
  return Array.from({ length: count }, (_, i) => ({
    expert: chosen[token * count + i] ?? 0,
    value: weights[token * count + i] ?? NaN,
  }));
}

/** How many tokens each expert treats, the busiest first. */
export function busiest({ tokensOf }: Experts): readonly ExpertShare[] {
  return Array.from(tokensOf, (value, expert) => ({ expert, value })).sort(
    (a, b) => b.value - a.value || a.expert - b.expert,
  );
}

/** The first of `shown` neighbours of a token, of which there are `of`. */
export function windowAround(token: number, shown: number, of: number): number {
  return Math.max(0, Math.min(of - shown, token - Math.floor(shown / 2)));
}
