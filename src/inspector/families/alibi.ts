/** ALiBi's slopes `[heads]`: a geometric series, its gaps filled where heads are no power of 2. */
export function slopes(heads: number): number[] {
  const whole = 2 ** Math.floor(Math.log2(heads));
  const first = series(whole, whole);
  return [...first, ...series(2 * whole, 2 * whole).filter((_, i) => i % 2 === 0)].slice(0, heads);
}

/** MPT's order of them: every second of the next power of 2 first. */
export function mptSlopes(heads: number): number[] {
  const whole = 2 ** Math.ceil(Math.log2(heads));
  const all = series(whole, whole);
  if (whole === heads) return all;
  const odd = all.filter((_, i) => i % 2 === 1);
  return [...odd, ...all.filter((_, i) => i % 2 === 0)].slice(0, heads);
}

/** 2^(-8 i / of) for i from 1, in float32 as it is computed there. */
const series = (count: number, of: number) =>
  Array.from({ length: count }, (_, i) => Math.fround(2 ** ((-8 * (i + 1)) / of)));

/** The nearest number of bfloat16, ties to even. */
export function toBfloat16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  const word = bits[0] ?? 0;
  bits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(bits.buffer)[0] ?? value;
}
