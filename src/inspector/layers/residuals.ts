import type { Residuals } from '../../protocol/layers';
import type { Stack } from '../../protocol/model';
import type { Capture } from '../capture/capture';
import { breaths } from '../runtime/breathe';
import { linearCka } from './cka';
import type { Matrix } from './products';
import { statesOf } from './states';

/**
 * How the residual stream of a stack moves from layer to layer: norms, cosine and linear CKA.
 * @throws InspectorError `not-captured` where the run's hidden states are not all there
 */
export async function residuals({ run, summary }: Capture, stack: Stack): Promise<Residuals> {
  const tensors = statesOf(run, stack, summary.model.name);
  const [, tokens = 0, modelDim = 0] = tensors[0].dims;
  const matrices = tensors.map(({ data }): Matrix => ({
    rows: tokens,
    columns: modelDim,
    // A capture is of one text: of several rows the first.
    data: data.subarray(0, tokens * modelDim),
  }));
  const norms = new Float32Array(matrices.flatMap(lengths));
  const cosine = await meanCosines(matrices, norms);
  const cka = await linearCka(matrices);
  return { stack, states: matrices.length, tokens, norms, cosine, cka };
}

/** Euclidean norm of each row. */
function lengths({ rows, columns, data }: Matrix): number[] {
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (const value of data.subarray(row * columns, (row + 1) * columns)) sum += value * value;
    return Math.sqrt(sum);
  });
}

/**
 * Cosine of the same token's vectors in two states, mean over the tokens `[states, states]`. Tokens
 * with a vector of zeros have none; NaN where all are such.
 * @param norms of the vectors `[states, tokens]`
 */
async function meanCosines(states: readonly Matrix[], norms: Float32Array): Promise<Float32Array> {
  const breathe = breaths();
  const count = states.length;
  const result = new Float32Array(count * count);
  for (const [i, a] of states.entries()) {
    for (const [j, b] of states.slice(0, i + 1).entries()) {
      await breathe();
      let sum = 0;
      let counted = 0;
      for (let token = 0; token < a.rows; token++) {
        const [p, q] = [norms[i * a.rows + token] ?? 0, norms[j * a.rows + token] ?? 0];
        if (p * q === 0) continue;
        sum += dot(a, b, token) / (p * q);
        counted++;
      }
      result[i * count + j] = sum / counted;
      result[j * count + i] = sum / counted;
    }
  }
  return result;
}

function dot(a: Matrix, b: Matrix, row: number): number {
  let sum = 0;
  for (let i = row * a.columns; i < (row + 1) * a.columns; i++) {
    sum += (a.data[i] ?? 0) * (b.data[i] ?? 0);
  }
  return sum;
}
