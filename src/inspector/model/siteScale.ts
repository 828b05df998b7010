import type { FoundSite } from '../onnx/site';
import { toTensor, type RuntimeTensors } from '../runtime/session';

/** Scalars that the graph computes and multiplies q·k with. */
export function factorTensors({ scale, refusal }: FoundSite): string[] {
  return refusal ? [] : scale.flatMap(factor => ('tensor' in factor ? factor.tensor : []));
}

/** The product of a site's factors; NaN where one is no single number. */
export function scaleOf(
  { scale }: FoundSite,
  tensors: RuntimeTensors,
  headDim: number | undefined,
): number | undefined {
  let product = 1;
  for (const factor of scale) {
    if ('constant' in factor) product *= factor.constant;
    else if ('perRootHeadDim' in factor) {
      if (headDim === undefined) return undefined;
      product /= Math.sqrt(headDim);
    } else {
      const tensor = tensors[factor.tensor];
      if (!tensor) return undefined;
      const [value = NaN, ...others] = toTensor(tensor).data;
      if (others.length > 0) return NaN;
      product = factor.inverse ? product / value : product * value;
    }
  }
  return product;
}
