import type { Sampling } from '../../protocol/layers';

/** A distribution over the vocabulary from which tokens are drawn. */
export interface Sampled {
  /** Log probabilities after the temperature, nothing cut yet `[vocabulary]`. */
  readonly logs: Float64Array;
  /** The most probable entries that are left; of equally probable ones the first. */
  readonly kept: number;
  /** Probability that was left before it was made 1 again. */
  readonly mass: number;
  /** Of what is left, in nats. */
  readonly entropy: number;
}

/**
 * Temperature, then top-k, then top-p, as Hugging Face's logits warpers do: top-k keeps all that are
 * as probable as the k-th, top-p keeps the fewest whose mass reaches `topP`, at least one. A
 * temperature of 0 leaves the most probable entry alone.
 * @param logits `[vocabulary]`, at least one finite, none NaN or +∞
 */
export function sample(logits: Float32Array, { temperature, topK, topP }: Sampling): Sampled {
  const logs = heated(logits, temperature);
  const descending = logs
    .filter(log => log > -Infinity)
    .sort()
    .reverse();
  const afterTopK = topK === 0 ? descending.length : countDownTo(descending, topK);
  const massOfTopK = massOf(descending, afterTopK);
  const kept = topP >= 1 ? afterTopK : countUpTo(descending, afterTopK, topP * massOfTopK);
  const mass = massOf(descending, kept);
  return { logs, kept, mass, entropy: entropyOf(descending.subarray(0, kept), mass) };
}

/** log softmax of logits / temperature; in the limit of 0 the first of the largest has it all. */
function heated(logits: Float32Array, temperature: number): Float64Array {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  if (temperature === 0) {
    const first = logits.indexOf(largest);
    return Float64Array.from(logits, (_, id) => (id === first ? 0 : -Infinity));
  }
  const scaled = Float64Array.from(logits, logit =>
    // Not 0 / 0 where the temperature is the smallest of all numbers.
    logit === largest ? 0 : (logit - largest) / temperature,
  );
  const normaliser = Math.log(scaled.reduce((sum, log) => sum + Math.exp(log), 0));
  return scaled.map(log => log - normaliser);
}

/** How many are at least as probable as the k-th. */
function countDownTo(descending: Float64Array, k: number): number {
  const least = descending[Math.min(k, descending.length) - 1] ?? -Infinity;
  let count = Math.min(k, descending.length);
  while (count < descending.length && descending[count] === least) count++;
  return count;
}

/** The fewest of the first `most` whose mass reaches `wanted`, at least one. */
function countUpTo(descending: Float64Array, most: number, wanted: number): number {
  let sum = 0;
  for (let count = 0; count < most; count++) {
    if (count > 0 && sum >= wanted) return count;
    sum += Math.exp(descending[count] ?? -Infinity);
  }
  return most;
}

function massOf(descending: Float64Array, count: number): number {
  let sum = 0;
  // From the smallest, so that many small ones are not lost beside the large ones.
  for (let i = count - 1; i >= 0; i--) sum += Math.exp(descending[i] ?? -Infinity);
  return sum;
}

/** −Σ p ln p of the distribution that `logs` make when their `mass` is made 1. */
function entropyOf(logs: Float64Array, mass: number): number {
  const logMass = Math.log(mass);
  const sum = logs.reduce((sum, log) => sum + Math.exp(log - logMass) * (log - logMass), 0);
  return Math.max(0, -sum);
}
