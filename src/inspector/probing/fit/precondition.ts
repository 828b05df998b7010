/** Features with more dimensions are fitted as they are: factors of their covariance cost too much. */
const LARGEST = 1200;
/** Curvature of the loss per unit of a feature's variance, roughly: p · (1 − p) of a class. */
const CURVATURE = 0.05;

/**
 * Coordinates in which the loss of a linear probe curves about the same in every direction, so that
 * fitting takes a third of the steps: R `[dims, dims]` with R·Rᵀ = (curvature · gram / items +
 * decay · I)⁻¹. Weights are R times the point, and the penalty stays that of the weights.
 * @param gram features transposed times themselves `[dims, dims]`
 * @param breathe awaited now and then
 */
export async function preconditioner(
  gram: Float32Array,
  { dims, items, decay }: { readonly dims: number; readonly items: number; readonly decay: number },
  breathe: () => Promise<void>,
): Promise<Float32Array> {
  const inverse = new Float32Array(dims * dims);
  const factor = Float64Array.from(gram, value => (CURVATURE * value) / items);
  for (let i = 0; i < dims; i++) factor[i * dims + i] = (factor[i * dims + i] ?? 0) + decay;
  if (dims > LARGEST || !(await factorize(factor, dims, breathe))) {
    for (let i = 0; i < dims; i++) inverse[i * dims + i] = 1;
    return inverse;
  }
  // Columns of L⁻¹ by forward substitution, written as rows of R = L⁻ᵀ.
  const column = new Float64Array(dims);
  for (let unit = 0; unit < dims; unit++) {
    await breathe();
    for (let row = unit; row < dims; row++) {
      let sum = row === unit ? 1 : 0;
      const start = row * dims;
      for (let k = unit; k < row; k++) sum -= (factor[start + k] ?? 0) * (column[k] ?? 0);
      const value = sum / (factor[start + row] ?? 1);
      column[row] = value;
      inverse[unit * dims + row] = value;
    }
  }
  return inverse;
}

/** Cholesky: replaces the lower triangle of a matrix by L with L·Lᵀ; false where there is none. */
async function factorize(
  matrix: Float64Array,
  size: number,
  breathe: () => Promise<void>,
): Promise<boolean> {
  for (let row = 0; row < size; row++) {
    await breathe();
    const rowStart = row * size;
    for (let column = 0; column <= row; column++) {
      const columnStart = column * size;
      let sum = matrix[rowStart + column] ?? 0;
      for (let k = 0; k < column; k++) {
        sum -= (matrix[rowStart + k] ?? 0) * (matrix[columnStart + k] ?? 0);
      }
      if (column < row) matrix[rowStart + column] = sum / (matrix[columnStart + column] ?? 1);
      else if (sum > 0) matrix[rowStart + row] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}
