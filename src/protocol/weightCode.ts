/**
 * Weights travel and are drawn as one byte on a logarithmic scale: 254 steps over 16 nats, so that
 * one step is 6.5 % and everything from 1 down to 1.1e-7 is told apart.
 */
const STEPS_PER_NAT = 254 / 16;

/** The mask blocks this pair: there is no weight to show. */
export const BLOCKED = 0;
/** A weight of 1.1e-7 or less, zero included. */
export const FAINTEST = 1;

/** Code of a weight in [0, 1]; never `BLOCKED`. NaN gives `FAINTEST`. */
export function weightCode(weight: number): number {
  return weight > 0 ? logWeightCode(Math.log(weight)) : FAINTEST;
}

/** Code of a weight given by its natural logarithm; never `BLOCKED`. NaN gives `FAINTEST`. */
export function logWeightCode(logWeight: number): number {
  const code = Math.floor(255.5 + STEPS_PER_NAT * logWeight);
  return code > 255 ? 255 : code >= FAINTEST ? code : FAINTEST;
}

/** The weight that a code stands for; 0 for `BLOCKED` and `FAINTEST`. */
export function codeWeight(code: number): number {
  return code <= FAINTEST ? 0 : Math.exp((code - 255) / STEPS_PER_NAT);
}
