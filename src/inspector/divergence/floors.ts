import type { ModelCard } from '../../protocol/model';

type Precision = ModelCard['precision'];

/** Relative error that rounding explains, by the precision of the weights; coarsest last. */
const FLOORS: Readonly<Record<Precision, number>> = {
  float32: 3e-5,
  float16: 4e-3,
  bfloat16: 3e-2,
  mixed: 5e-2,
  int8: 5e-2,
  int4: 2e-1,
};

/** The floor of two models: that of the lower precision. */
export function floorOf(
  a: Precision,
  b: Precision,
): { readonly floor: number; readonly precision: Precision } {
  const precision = FLOORS[a] >= FLOORS[b] ? a : b;
  return { floor: FLOORS[precision], precision };
}
