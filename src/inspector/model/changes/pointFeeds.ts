import { ElementType } from '../../onnx/file/types';
import type { Analysis } from '../../onnx/graph/analysis';
import { elementTypeOf } from '../../onnx/graph/elementTypes';
import { feedName } from '../../onnx/rewrite/halfInputs';
import {
  isMultiplied,
  pointInput,
  type PointInputs,
  type PointPart,
} from '../../onnx/rewrite/pointOverride';
import { graphTensor } from '../../onnx/stream/points/added';
import type { FoundPoint } from '../../onnx/stream/points/point';
import * as ort from '../../runtime/ort';
import type { Numbers, PointStep } from '../run';
import { toRaw, type RawAxes } from './rawAxes';

/** What changes nothing, whatever the shape: x · 1 + (−0) is x, bit for bit. */
const neutral: Readonly<Record<PointPart, ort.Tensor>> = {
  mask: new ort.Tensor('bool', new Uint8Array(1), [1]),
  value: new ort.Tensor('float32', new Float32Array(1), [1]),
  keep: new ort.Tensor('float32', Float32Array.of(1), [1]),
  add: new ort.Tensor('float32', Float32Array.of(-0), [1]),
  isForced: new ort.Tensor('bool', new Uint8Array(1), [1]),
  forced: new ort.Tensor('float32', new Float32Array(1), [1]),
  isRow: new ort.Tensor('bool', new Uint8Array(1), [1]),
  left: new ort.Tensor('float32', Float32Array.of(1), [1]),
};
const bytes = new Set<PointPart>(['mask', 'isForced', 'isRow']);

/**
 * Feeds of the inputs that change points: what is asked of them, and what changes nothing for all others.
 * @param steps by the place of the point
 * @param axesOf how a tensor is made, for those of points that are changed
 */
export function pointFeeds(
  { index }: Analysis,
  points: readonly FoundPoint[],
  inputs: PointInputs,
  steps: ReadonlyMap<number, readonly PointStep[]>,
  axesOf: (tensor: string) => RawAxes,
  batch: number,
): Record<string, ort.Tensor> {
  const feeds: Record<string, ort.Tensor> = {};
  for (const [i, found] of points.entries()) {
    const forced = inputs.get(found.point);
    if (forced === undefined) continue;
    for (const [j, own] of found.tensors.entries()) {
      const isHalf = elementTypeOf(index, graphTensor(own)) === ElementType.float16;
      for (let stage = 0; stage <= forced; stage++) {
        const parts: readonly PointPart[] = [
          'mask',
          'value',
          'add',
          ...(isMultiplied(found) ? (['keep'] as const) : []),
          ...(stage < forced ? (['isForced', 'forced', 'isRow', 'left'] as const) : []),
        ];
        const step = steps.get(i)?.[stage];
        const given = step ? stepNumbers(step, j) : {};
        for (const part of parts) {
          const name = pointInput(part, i, j, stage);
          const numbers = given[part];
          const raw = numbers && toRaw(numbers, axesOf(own.tensor), batch);
          feeds[isHalf && !bytes.has(part) ? feedName(name) : name] = raw
            ? new ort.Tensor(
                raw.data instanceof Uint8Array ? 'bool' : 'float32',
                raw.data,
                raw.dims,
              )
            : neutral[part];
        }
      }
    }
  }
  return feeds;
}

type Given = { readonly [P in PointPart]?: Numbers<Float32Array | Uint8Array> };

/** What a step feeds to one of the tensors whose sum a point is: the first of them gets what is put there. */
function stepNumbers({ mask, value, keep, add, force }: PointStep, tensor: number): Given {
  const isFirst = tensor === 0;
  return {
    ...(mask ? { mask } : {}),
    ...(value && isFirst ? { value } : {}),
    ...(keep ? { keep } : {}),
    ...(add && isFirst ? { add } : {}),
    ...(force ? forcedNumbers(force) : {}),
  };
}

function forcedNumbers({ keys, weights }: NonNullable<PointStep['force']>): Given {
  const columns = keys.dims[3] ?? 1;
  const rows = keys.data.length / columns;
  const isRow = new Uint8Array(rows);
  const left = new Float32Array(rows).fill(1);
  for (let row = 0; row < rows; row++) {
    let taken = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      if (!keys.data[i]) continue;
      isRow[row] = 1;
      taken += weights.data[i] ?? 0;
    }
    left[row] = 1 - taken;
  }
  const dims = [...keys.dims.slice(0, 3), 1];
  return {
    isForced: keys,
    forced: weights,
    isRow: { dims, data: isRow },
    left: { dims, data: left },
  };
}
