import { breaths } from '../runtime/breathe';
import { timesTransposed, type Matrix } from './products';

/**
 * Linear centred kernel alignment of every two states over their tokens `[states, states]`:
 * ‖YᵀX‖²F / (‖XᵀX‖F ‖YᵀY‖F) of features centred over the tokens (Kornblith et al. 2019, eq. 2 and
 * section 3). Computed from the features where they are fewer than the tokens, else from the equal
 * inner products of Gram matrices. NaN for fewer than 2 tokens, and for a state that all tokens share.
 * @param states `[tokens, features]` each, of the same tokens
 */
export async function linearCka(states: readonly Matrix[]): Promise<Float32Array> {
  const count = states.length;
  const { rows: tokens = 0, columns: features = 0 } = states[0] ?? {};
  const result = new Float32Array(count * count).fill(NaN);
  if (tokens < 2) return result;
  const similarities = await (features < tokens ? ofFeatures(states) : ofGrams(states));
  const at = (i: number, j: number) => similarities[i * count + j] ?? NaN;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      result[i * count + j] = at(i, j) / Math.sqrt(at(i, i) * at(j, j));
    }
  }
  return result;
}

/** ‖YᵀX‖²F of every two states `[states, states]`. */
async function ofFeatures(states: readonly Matrix[]): Promise<Float64Array> {
  const breathe = breaths();
  const turned: Matrix[] = [];
  for (const state of states) {
    await breathe();
    turned.push(transposed(centred(state)));
  }
  return pairs(states.length, async (i, j) => {
    await breathe();
    const [x, y] = [turned[i], turned[j]];
    if (!x || !y) return NaN;
    const product = await timesTransposed(x, y);
    return innerProduct(product, product);
  });
}

/** ⟨XXᵀ, YYᵀ⟩ of every two states `[states, states]`. */
async function ofGrams(states: readonly Matrix[]): Promise<Float64Array> {
  const breathe = breaths();
  const grams: Float32Array[] = [];
  for (const state of states) {
    await breathe();
    const x = centred(state);
    grams.push(await timesTransposed(x, x));
  }
  return pairs(states.length, async (i, j) => {
    await breathe();
    return innerProduct(grams[i] ?? new Float32Array(), grams[j] ?? new Float32Array());
  });
}

/** A symmetric function of every two of `count`. */
async function pairs(
  count: number,
  of: (i: number, j: number) => Promise<number>,
): Promise<Float64Array> {
  const values = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      const value = await of(i, j);
      values[i * count + j] = value;
      values[j * count + i] = value;
    }
  }
  return values;
}

function innerProduct(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** Every feature minus its mean over the tokens. */
function centred({ rows, columns, data }: Matrix): Matrix {
  const means = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) means[i] = (means[i] ?? 0) + (data[row * columns + i] ?? 0);
  }
  for (let i = 0; i < columns; i++) means[i] = (means[i] ?? 0) / rows;
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) {
      result[row * columns + i] = (data[row * columns + i] ?? 0) - (means[i] ?? 0);
    }
  }
  return { rows, columns, data: result };
}

function transposed({ rows, columns, data }: Matrix): Matrix {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = data[row * columns + column] ?? NaN;
    }
  }
  return { rows: columns, columns: rows, data: result };
}
