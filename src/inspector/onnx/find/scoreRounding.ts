import { ElementType, type Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { elementTypeOf } from '../graph/elementTypes';
import type { ScoreRounding } from '../graph/site';

/** The least and the largest number of the types that scores are rounded to. */
const RANGES: Readonly<Record<number, readonly [number, number]>> = {
  [ElementType.uint8]: [0, 255],
  [ElementType.int8]: [-128, 127],
};

/**
 * What a `QuantizeLinear` with one scale does to scores; undefined where its numbers are not stored.
 * See <https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html>: y = saturate(round(x / scale) + zero point).
 */
export function roundingOf(
  { constants, index }: Analysis,
  { inputs }: Node,
): ScoreRounding | undefined {
  const step = constants.scalar(inputs[1]);
  const zero = inputs[2] ? constants.scalar(inputs[2]) : 0;
  const type = inputs[2] ? elementTypeOf(index, inputs[2]) : ElementType.uint8;
  const [least, most] = RANGES[type] ?? [];
  if (step === undefined || zero === undefined || least === undefined || most === undefined) {
    return undefined;
  }
  return { low: (least - zero) * step, high: (most - zero) * step, step };
}

/** Both, one after the other. */
export function coarser(
  a: ScoreRounding | undefined,
  b: ScoreRounding | undefined,
): ScoreRounding | undefined {
  if (!a || !b) return a ?? b;
  return {
    low: Math.max(a.low, b.low),
    high: Math.min(a.high, b.high),
    step: Math.max(a.step, b.step),
  };
}

/** The same where the scores are multiplied afterwards; undefined where nobody knows by what. */
export function timesFactor(
  { low, high, step }: ScoreRounding,
  by: number,
): ScoreRounding | undefined {
  const isKnown = Number.isFinite(by) && by > 0;
  return isKnown ? { low: low * by, high: high * by, step: step * by } : undefined;
}
