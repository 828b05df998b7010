/** Base of the wavelengths of sinusoidal and rotary positions (Vaswani et al. 2017; Su et al. 2021). */
export const BASE = 10_000;

/** Radians per position of the pair that holds a dimension: 10000^(−2i/d). */
export const frequency = (pair: number, dims: number, base = BASE): number =>
  base ** ((-2 * pair) / dims);

/** Frequencies of all rotated pairs `[dims / 2]` (Su et al. 2021). */
export const frequencies = (dims: number, base = BASE): Float32Array =>
  Float32Array.from({ length: Math.floor(dims / 2) }, (_, pair) => frequency(pair, dims, base));

/** PE(p, 2i) = sin(p / 10000^(2i/d)), PE(p, 2i + 1) = cos(…) (Vaswani et al. 2017, 3.5) `[rows, dims]`. */
export function sinusoidal(first: number, rows: number, dims: number): Float32Array {
  const values = new Float32Array(rows * dims);
  for (let dim = 0; dim < dims; dim++) {
    const turn = frequency(Math.floor(dim / 2), dims);
    const wave = dim % 2 === 0 ? Math.sin : Math.cos;
    for (let row = 0; row < rows; row++) values[row * dims + dim] = wave((first + row) * turn);
  }
  return values;
}

/** Positions that a turn of a dimension takes. */
export const wavelength = (turn: number): number => (2 * Math.PI) / turn;

/** How far two directions are apart: 0 in phase, 1 opposite. */
export const phase = (angle: number): number => (1 - Math.cos(angle)) / 2;

/**
 * Cosine between each two rows of a table.
 * @param values `[rows, dims]`
 * @returns `[rows, rows]`; 0 for a row of zeros
 */
export function cosines(values: Float32Array, rows: number, dims: number): Float32Array {
  const lengths = Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let i = row * dims; i < (row + 1) * dims; i++) sum += (values[i] ?? 0) ** 2;
    return Math.sqrt(sum);
  });
  const result = new Float32Array(rows * rows);
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b <= a; b++) {
      let product = 0;
      for (let i = 0; i < dims; i++) {
        product += (values[a * dims + i] ?? 0) * (values[b * dims + i] ?? 0);
      }
      const length = (lengths[a] ?? 0) * (lengths[b] ?? 0);
      const cosine = length > 0 ? product / length : 0;
      result[a * rows + b] = cosine;
      result[b * rows + a] = cosine;
    }
  }
  return result;
}

/** Mean cosine of the angles of all rotated pairs by distance, laid out like `cosines` `[rows, rows]`. */
export function rotaryCosines(turns: Float32Array, rows: number): Float32Array {
  const byDistance = Float32Array.from({ length: rows }, (_, distance) => {
    let sum = 0;
    for (const turn of turns) sum += Math.cos(turn * distance);
    return sum / Math.max(1, turns.length);
  });
  return Float32Array.from(
    { length: rows * rows },
    (_, i) => byDistance[Math.abs(Math.floor(i / rows) - (i % rows))] ?? 0,
  );
}

/** Buckets of T5's relative bias where a model says nothing else (Raffel et al. 2020). */
export const T5 = { buckets: 32, maxDistance: 128 } as const;

/**
 * Bucket of a distance key − query in T5's bidirectional scheme (Raffel et al. 2020): half of the buckets
 * for later keys; in each half one bucket a distance first, then logarithmically wider ones.
 */
export function t5Bucket(offset: number, { buckets, maxDistance } = T5): number {
  const half = buckets / 2;
  const exact = half / 2;
  const start = offset > 0 ? half : 0;
  const distance = Math.abs(offset);
  if (distance < exact) return start + distance;
  const share = Math.log(distance / exact) / Math.log(maxDistance / exact);
  return start + Math.min(half - 1, exact + Math.floor(share * (half - exact)));
}

/** Slopes of ALiBi by head `[heads]`: 2^(−8i/n), filled up between where n is no power of two (Press et al. 2022). */
export function alibiSlopes(heads: number): Float32Array {
  const whole = 2 ** Math.floor(Math.log2(heads));
  const of = (count: number): number[] =>
    Array.from({ length: count }, (_, i) => 2 ** ((-8 * (i + 1)) / count));
  const between = of(2 * whole).filter((_, i) => i % 2 === 0);
  return Float32Array.from([...of(whole), ...between.slice(0, heads - whole)]);
}
