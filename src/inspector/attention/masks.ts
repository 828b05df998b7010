/**
 * Additive masks are written as -inf, the lowest float (-3.4e38 or -65,504), -1e9 or -1e4,
 * depending on who exported the model; the scores and position biases themselves stay far above.
 */
const LOWEST_ALLOWED = -9_000;

/** Whether a softmax input says that the mask blocks this pair of query and key. */
export function isBlocked(maskedScore: number): boolean {
  return maskedScore < LOWEST_ALLOWED;
}
