/** Most digits that a 32-bit float needs to be read back as the same number. */
const DIGITS = 9;

/** The shortest decimal that reads back as the same 32-bit float. */
export function exactNumber(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value);
  if (Math.fround(value) !== value) return String(value);
  for (let digits = 1; digits < DIGITS; digits++) {
    const written = Number(value.toPrecision(digits));
    if (Math.fround(written) === value) return String(written);
  }
  return String(Number(value.toPrecision(DIGITS)));
}
