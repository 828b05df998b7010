import type { AttentionSite } from '../../protocol/model';
import { storedFloats } from '../onnx/file/storedFloats';
import type { FoundSite } from '../onnx/graph/site';

/** W_O of one layer: what its heads are multiplied with before they join the residual stream. */
export interface Projection {
  /** `[heads, headDim, modelDim]` */
  readonly weights: Float32Array;
  readonly modelDim: number;
  /** `[modelDim]` */
  readonly bias?: Float32Array;
  /** The bias is not yet in the capture's `projected`. */
  readonly biasComesAfter: boolean;
}

/** Something that the graph does not show, with the reason as the end of a sentence. */
export interface Missing {
  readonly missing: string;
}

/** Reads W_O from the model's file. */
export function readProjection(
  { heads, headDim }: AttentionSite,
  { projection }: FoundSite,
): Projection | Missing {
  if (!projection || 'missing' in projection) {
    return projection ?? { missing: 'its heads cannot be shown' };
  }
  const { weights: stored, isTransposed, alpha, biasComesAfter } = projection;
  const [rows = 0, modelDim = 0] = isTransposed ? stored.dims.toReversed() : stored.dims;
  if (rows !== heads * headDim) {
    return { missing: `its weights take ${rows} numbers where the heads give ${heads * headDim}` };
  }
  const numbers = storedFloats(stored);
  const bias = projection.bias && storedFloats(projection.bias);
  if (!numbers || (projection.bias && !bias)) {
    return { missing: 'its weights are stored in a form that cannot be read' };
  }
  const weights = isTransposed || alpha !== 1 ? new Float32Array(numbers.length) : numbers;
  if (weights !== numbers) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < modelDim; column++) {
        const from = isTransposed ? column * rows + row : row * modelDim + column;
        weights[row * modelDim + column] = alpha * (numbers[from] ?? NaN);
      }
    }
  }
  return { weights, modelDim, ...(bias ? { bias } : {}), biasComesAfter };
}
