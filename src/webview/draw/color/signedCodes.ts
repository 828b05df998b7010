import { SIGNED_STEPS } from './diverging';

/** Codes of signed numbers for `divergingPixels`: 128 at zero, 1 and 255 at ∓`limit`; 0 for NaN. */
export const signedCodes = (values: Float32Array, limit: number): Uint8Array =>
  Uint8Array.from(values, value => {
    if (Number.isNaN(value)) return 0;
    const steps = Math.round(Math.min(1, Math.abs(value) / (limit || 1)) * SIGNED_STEPS);
    return 1 + SIGNED_STEPS + (value < 0 ? -steps : steps);
  });

/** Codes of shares between 0 and 1 for a sequential map: 1 to 255; 0 for NaN. */
export const shareCodes = (values: Float32Array): Uint8Array =>
  Uint8Array.from(values, value =>
    Number.isNaN(value) ? 0 : 1 + Math.round(Math.max(0, Math.min(1, value)) * 254),
  );

/** The largest distance from zero; NaN does not count. */
export const farthest = (values: Float32Array): number =>
  values.reduce((most, value) => (Math.abs(value) > most ? Math.abs(value) : most), 0);
