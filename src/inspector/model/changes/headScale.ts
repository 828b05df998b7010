import { ElementType } from '../../onnx/file/types';
import { elementTypeOf } from '../../onnx/graph/elementTypes';
import type { GraphIndex } from '../../onnx/graph/graphIndex';
import type { ScalePoint } from '../../onnx/graph/site';
import { feedName } from '../../onnx/rewrite/halfInputs';
import { headScaleInput } from '../../onnx/rewrite/instrument';
import * as ort from '../../runtime/ort';

/** The factor that changes nothing, whatever the shape. */
export const neutralScale = new ort.Tensor('float32', Float32Array.of(1), [1]);

/** The name under which the factors of a site are fed. */
export function headScaleName(index: GraphIndex, site: number, { tensor }: ScalePoint): string {
  const name = headScaleInput(site);
  return elementTypeOf(index, tensor) === ElementType.float16 ? feedName(name) : name;
}

/**
 * Factors per head in the shape that broadcasts over the tensor they are multiplied with.
 * @param shape of that tensor in an earlier run
 * @param scale `[heads]`
 */
export function headScaleFeed(
  { layout }: ScalePoint,
  shape: readonly number[],
  batch: number,
  scale: Float32Array,
): ort.Tensor {
  const lead = shape.slice(0, -2);
  if (layout.kind === 'packed' && shape.length < 4) {
    const width = shape.at(-1) ?? scale.length;
    const each = width / scale.length;
    const repeated = Float32Array.from(
      { length: width },
      (_, i) => scale[Math.floor(i / each)] ?? 1,
    );
    return new ort.Tensor('float32', repeated, [width]);
  }
  if (lead.length < 2) {
    // Batch and heads are merged.
    const length = batch * scale.length;
    const merged = Float32Array.from({ length }, (_, i) => scale[i % scale.length] ?? 1);
    return new ort.Tensor('float32', merged, [length, 1, 1]);
  }
  return new ort.Tensor('float32', scale, [1, ...lead.slice(1), 1, 1]);
}
