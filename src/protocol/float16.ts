/** The value of an IEEE 754 half-precision number given as its 16 bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** The value of a bfloat16 number given as its 16 bits. */
export function fromBfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** The 16 bits of the half-precision number nearest to `value`, ties to even. */
export function toHalf(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112;
  const mantissa = bits & 0x7fffff;
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent < -10) return sign;
  if (exponent <= 0) return sign | roundShift(mantissa | 0x800000, 14 - exponent);
  return sign | roundShift((exponent << 23) | mantissa, 13);
}

/** `value / 2^shift`, rounded to the nearest integer, ties to even. */
function roundShift(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value & (2 ** shift - 1);
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && kept & 1) ? kept + 1 : kept;
}

const scratch = new DataView(new ArrayBuffer(4));

const values = new Float32Array(65536);
let ready = false;

/** Widens half-precision numbers, as onnxruntime returns them on Node 20, to float32. */
export function widenHalves(halves: Uint16Array): Float32Array {
  if (!ready) {
    for (let bits = 0; bits < values.length; bits++) values[bits] = fromHalf(bits);
    ready = true;
  }
  const wide = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) wide[i] = values[halves[i] ?? 0] ?? 0;
  return wide;
}

/** Bfloat16 numbers as float32: the upper halves of their bits. */
export function widenBfloat16s(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] ?? 0) << 16;
  return new Float32Array(bits.buffer);
}
