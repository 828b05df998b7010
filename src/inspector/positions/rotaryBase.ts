import type { RotationNumbers } from '../model/positions/rotationNumbers';

/** Computed in float32 the frequencies are at least this far from the true ones. */
const LEAST_ROUNDING = 4e-7;
/** What half precision cannot store beside its rounding: half of its least number. */
const LEAST_HALF = 2 ** -25;
/** Bases that are known less well than this are not told from their neighbours. */
const TELLING = 1e-4;
const MOST_DIGITS = 6;

/**
 * The base whose powers base^(−i / count) the frequencies are, times one factor (Su et al. 2021).
 * @param known bases that the configuration names: where the frequencies were rounded too much to tell the
 *   base, it is the one of these that they agree with
 * @returns undefined where there is none, or where the frequencies cannot tell it
 */
export function rotaryBase(
  { frequencies, rounding }: Pick<RotationNumbers, 'frequencies' | 'rounding'>,
  known: readonly number[] = [],
): number | undefined {
  const [low, high] = basesOf(frequencies, Math.max(2 * rounding, LEAST_ROUNDING));
  if (!(low <= high) || !Number.isFinite(high)) return undefined;
  if (high / low - 1 <= TELLING) return simplest(low, high);
  const [named, ...others] = new Set(known.filter(base => base >= low && base <= high));
  return others.length === 0 ? named : undefined;
}

/** The least and the largest base that all frequencies agree with: the first above the second for none. */
function basesOf(frequencies: Float32Array, rounding: number): readonly [number, number] {
  const count = frequencies.length;
  const [first = NaN] = frequencies;
  let [low, high] = [-Infinity, Infinity];
  const errorOf = (frequency: number) =>
    rounding > LEAST_ROUNDING ? Math.max(rounding, LEAST_HALF / frequency) : rounding;
  for (let i = 1; i < count; i++) {
    const frequency = frequencies[i] ?? NaN;
    const error = errorOf(first) + errorOf(frequency);
    const middle = Math.log(first / frequency);
    // NaN keeps what it meets.
    low = Math.max(low, ((middle - error) * count) / i);
    high = Math.min(high, ((middle + error) * count) / i);
  }
  return count < 2 ? [NaN, NaN] : [Math.exp(low), Math.exp(high)];
}

/** The number of fewest digits between two that are near each other. */
function simplest(low: number, high: number): number {
  const middle = Math.sqrt(low * high);
  for (let digits = 1; digits <= MOST_DIGITS; digits++) {
    const near = Number(middle.toPrecision(digits));
    if (near >= low && near <= high) return near;
  }
  return middle;
}
