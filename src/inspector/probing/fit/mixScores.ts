/**
 * Expected layer: Σ ℓ·Δ(ℓ) / Σ Δ(ℓ) over ℓ = 1..L, where Δ(ℓ) is what the score of the mix gains with
 * state ℓ (Tenney et al. 2019, eq. 4). Losses count as negative gains, as in the paper.
 * @param mixed score of the mix of states 0..ℓ `[states]`
 * @returns undefined where the mix of all states is no better than the embeddings
 */
export function expectedLayer(mixed: readonly number[]): number | undefined {
  let weighted = 0;
  let total = 0;
  for (let state = 1; state < mixed.length; state++) {
    const gain = (mixed[state] ?? 0) - (mixed[state - 1] ?? 0);
    weighted += state * gain;
    total += gain;
  }
  // The sum telescopes: differences below a millionth are rounding.
  return total > 1e-6 ? weighted / total : undefined;
}

/** Σ ℓ·s(ℓ) of the shares of a mix, which sum to 1 (Tenney et al. 2019, eq. 2). */
export function centreOfGravity(shares: ArrayLike<number>): number {
  return Array.from(shares).reduce((sum, share, state) => sum + state * share, 0);
}

/** Softmax of the mix's scores. */
export function sharesOf(scores: Float64Array): Float32Array {
  const largest = Math.max(...scores);
  const powers = scores.map(score => Math.exp(score - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return Float32Array.from(powers, power => power / sum);
}

/** Slope by the mix's scores from the slope by its shares: s ⊙ (g − s·g). */
export function scoreGradient(shares: Float32Array, byShare: Float32Array): Float64Array {
  const mean = shares.reduce((sum, share, i) => sum + share * (byShare[i] ?? 0), 0);
  return Float64Array.from(shares, (share, i) => share * ((byShare[i] ?? 0) - mean));
}
