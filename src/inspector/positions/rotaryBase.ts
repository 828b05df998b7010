/** Bases are whole numbers; what is left is rounding of float32. */
const ROUNDING = 1e-3;

/**
 * The base whose powers base^(−i / count) the frequencies are, times one factor (Su et al. 2021);
 * undefined where there is none.
 */
export function rotaryBase(frequencies: Float32Array): number | undefined {
  const count = frequencies.length;
  const [first = NaN, second = NaN] = frequencies;
  const base = (second / first) ** -count;
  const isGeometric = frequencies.every(
    (frequency, i) => Math.abs(frequency / (first * base ** (-i / count)) - 1) < ROUNDING,
  );
  if (count < 2 || !isGeometric || !Number.isFinite(base)) return undefined;
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(base)) - 3);
  const near = Math.round(base / digits) * digits;
  return Math.abs(near / base - 1) < ROUNDING ? near : base;
}
