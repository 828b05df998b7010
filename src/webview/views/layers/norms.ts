import type { Residuals } from '../../../protocol/layers';
import type { Token } from '../../../protocol/tokens';

/** Norms over the states: of all tokens together, and of two of them. */
export interface NormSeries {
  /** Over the tokens that count, `[states]`. */
  readonly mean: readonly number[];
  /** The 5th and the 95th percentile. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Tokens that count: special ones and the first one have norms of their own. */
  readonly counted: number;
  readonly query: readonly number[];
  readonly first: readonly number[];
}

/** The norms of a token `[states]`. */
const ofToken = ({ norms, states, tokens }: Residuals, token: number): number[] =>
  Array.from({ length: states }, (_, state) => norms[state * tokens + token] ?? NaN);

/** Puts the norms of a stack together. */
export function normSeries(
  residuals: Residuals,
  tokens: readonly Token[],
  query: number,
): NormSeries {
  const all = Array.from({ length: residuals.tokens }, (_, token) => token);
  const words = all.filter(token => token > 0 && tokens[token]?.special !== true);
  const counted = words.length > 0 ? words : all;
  const sorted = Array.from({ length: residuals.states }, (_, state) =>
    counted
      .map(token => residuals.norms[state * residuals.tokens + token] ?? NaN)
      .sort((a, b) => a - b),
  );
  return {
    mean: sorted.map(norms => norms.reduce((sum, norm) => sum + norm, 0) / norms.length),
    low: sorted.map(norms => percentile(norms, 0.05)),
    high: sorted.map(norms => percentile(norms, 0.95)),
    counted: counted.length,
    query: ofToken(residuals, query),
    first: ofToken(residuals, 0),
  };
}

/** A percentile of sorted values, linear between two of them (NumPy's default). */
export function percentile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}
