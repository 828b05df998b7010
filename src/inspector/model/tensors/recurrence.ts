import type { Tensor } from '../../runtime/tensor';
import type { Recurrence } from '../run';

/** The same with each of its tensors changed. */
export function eachTensor(all: Recurrence, change: (tensor: Tensor) => Tensor): Recurrence {
  const { decay, beta, step } = all;
  return {
    ...all,
    query: change(all.query),
    key: change(all.key),
    value: change(all.value),
    output: change(all.output),
    ...(decay ? { decay: change(decay) } : {}),
    ...(beta ? { beta: change(beta) } : {}),
    ...(step ? { step: change(step) } : {}),
  };
}

/** Sizes of a linear attention. */
export interface RecurrenceSizes {
  readonly batch: number;
  readonly tokens: number;
  /** Heads of its output: of its queries or of its values, whichever are more. */
  readonly heads: number;
  readonly keyHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
}

/** The sizes of a linear attention; undefined where its tensors do not fit together. */
export function sizesOf(recurrence: Recurrence): RecurrenceSizes | undefined {
  const { rule, query, key, value, output, decay, beta, step } = recurrence;
  const { queryHeads, valueHeads } = recurrence;
  const [batch = 0, tokens = 0, width = 0] = query.dims;
  const heads = Math.max(queryHeads, valueHeads);
  const keyDim = width / queryHeads;
  const valueDim = (value.dims[2] ?? 0) / valueHeads;
  const keyHeads = (key.dims[2] ?? 0) / keyDim;
  const widths = (tensor: Tensor | undefined, ...all: readonly number[]) =>
    tensor?.dims.length === 3 &&
    tensor.dims[0] === batch &&
    tensor.dims[1] === tokens &&
    all.includes(tensor.dims[2] ?? 0);
  const isWhole = [keyDim, valueDim, keyHeads, heads / Math.min(queryHeads, valueHeads)].every(
    size => Number.isInteger(size) && size > 0,
  );
  const fits =
    isWhole &&
    valueHeads % keyHeads === 0 &&
    widths(query, queryHeads * keyDim) &&
    widths(key, keyHeads * keyDim) &&
    widths(value, valueHeads * valueDim) &&
    widths(output, heads * valueDim) &&
    (!rule.startsWith('gated') || widths(decay, valueHeads, valueHeads * keyDim)) &&
    (!rule.endsWith('delta') || widths(beta, valueHeads, 1)) &&
    (step === undefined || widths(step, valueHeads));
  return fits ? { batch, tokens, heads, keyHeads, keyDim, valueDim } : undefined;
}

/**
 * The effective attention of one head: the lower triangle M with M · values = outputs. It is what the
 * recurrence gives for values that form the identity, in float64. Rows need not sum to 1.
 * @param batch which text
 * @param head of the output
 * @returns `[tokens, tokens]`
 */
export function effectiveMap(recurrence: Recurrence, batch: number, head: number): Float32Array {
  const { tokens = 0 } = sizesOf(recurrence) ?? {};
  const map = new Float32Array(tokens * tokens);
  const one: Values = {
    width: tokens,
    reach: token => token + 1,
    at: (token, column) => (token === column ? 1 : 0),
  };
  unroll(recurrence, batch, head, one, (token, column, read) => {
    map[token * tokens + column] = read;
  });
  return map;
}

/**
 * Largest difference between what the recurrence gives for a head's own values and the operator's output,
 * relative to the largest output of the head.
 */
export function outputDifference(recurrence: Recurrence, batch: number, head: number): number {
  const { valueDim = 0 } = sizesOf(recurrence) ?? {};
  const value = valuesOf(recurrence, batch, head);
  const own: Values = { width: valueDim, reach: () => valueDim, at: value };
  const differences = new Differences(outputOf(recurrence, batch, head));
  unroll(recurrence, batch, head, own, (token, column, read) =>
    differences.take(token, column, read),
  );
  return differences.worst;
}

/**
 * Largest difference between M · values and the operator's output, relative to the largest output of the
 * head.
 * @param map M of that head `[tokens, tokens]`
 */
export function mapDifference(
  recurrence: Recurrence,
  batch: number,
  head: number,
  map: Float32Array,
): number {
  const { tokens = 0, valueDim = 0 } = sizesOf(recurrence) ?? {};
  const value = valuesOf(recurrence, batch, head);
  const differences = new Differences(outputOf(recurrence, batch, head));
  for (let query = 0; query < tokens; query++) {
    for (let column = 0; column < valueDim; column++) {
      let sum = 0;
      // Every key, so that a weight after the query would show.
      for (let key = 0; key < tokens; key++) {
        sum += (map[query * tokens + key] ?? 0) * value(key, column);
      }
      differences.take(query, column, sum);
    }
  }
  return differences.worst;
}

/** Whether the values of a head are 0 throughout: then every map would give its outputs. */
export function hasNoValues(recurrence: Recurrence, batch: number, head: number): boolean {
  const { tokens = 0, valueDim = 0 } = sizesOf(recurrence) ?? {};
  const value = valuesOf(recurrence, batch, head);
  for (let token = 0; token < tokens; token++) {
    for (let column = 0; column < valueDim; column++) if (value(token, column) !== 0) return false;
  }
  return true;
}

type At = (token: number, column: number) => number;

/** What a state takes up. */
interface Values {
  readonly width: number;
  /** Columns that can be other than 0 up to a token. */
  readonly reach: (token: number) => number;
  readonly at: At;
}

/** Differences to what an operator gave, relative to the largest number of that. */
class Differences {
  #difference = 0;
  #largest = 0;

  constructor(private readonly expected: At) {}

  take(token: number, column: number, read: number): void {
    const expected = this.expected(token, column);
    const difference = Math.abs(read - expected);
    const isLarger = !(difference <= this.#difference);
    if (isLarger) this.#difference = Number.isNaN(difference) ? Infinity : difference;
    this.#largest = Math.max(this.#largest, Math.abs(expected));
  }

  get worst(): number {
    return this.#difference === 0 ? 0 : this.#difference / this.#largest;
  }
}

/** Which heads of queries, keys and values an output's head is made of. */
function headsBehind({ queryHeads, valueHeads }: Recurrence, keyHeads: number, head: number) {
  const value = Math.floor((head * valueHeads) / Math.max(queryHeads, valueHeads));
  return {
    query: Math.floor((head * queryHeads) / Math.max(queryHeads, valueHeads)),
    value,
    key: Math.floor((value * keyHeads) / valueHeads),
  };
}

/** Reads one head of `[batch, tokens, heads · width]`. */
function headOf({ dims, data }: Tensor, batch: number, head: number, width: number): At {
  const [, tokens = 0, all = 0] = dims;
  const start = batch * tokens * all + head * width;
  return (token, column) => data[start + token * all + column] ?? NaN;
}

function valuesOf(recurrence: Recurrence, batch: number, head: number): At {
  const { keyHeads = 1, valueDim = 0 } = sizesOf(recurrence) ?? {};
  const { value } = headsBehind(recurrence, keyHeads, head);
  return headOf(recurrence.value, batch, value, valueDim);
}

function outputOf(recurrence: Recurrence, batch: number, head: number): At {
  return headOf(recurrence.output, batch, head, sizesOf(recurrence)?.valueDim ?? 0);
}

/** Runs the recurrence of one head over some values and tells what each query reads. */
function unroll(
  recurrence: Recurrence,
  batch: number,
  head: number,
  values: Values,
  tell: (token: number, column: number, read: number) => void,
): void {
  const sizes = sizesOf(recurrence);
  if (!sizes) return;
  const { rule, decay, beta, step, valueHeads } = recurrence;
  const { tokens, keyHeads, keyDim } = sizes;
  const { scale = 1 / Math.sqrt(keyDim) } = recurrence;
  const of = headsBehind(recurrence, keyHeads, head);
  const query = headOf(recurrence.query, batch, of.query, keyDim);
  const key = headOf(recurrence.key, batch, of.key, keyDim);
  const isEach = decay?.dims[2] !== valueHeads;
  const decays =
    rule.startsWith('gated') && decay
      ? headOf(decay, batch, of.value, isEach ? keyDim : 1)
      : undefined;
  const isShared = beta?.dims[2] !== valueHeads;
  const learns =
    rule.endsWith('delta') && beta ? headOf(beta, batch, isShared ? 0 : of.value, 1) : undefined;
  const steps = step ? headOf(step, batch, of.value, 1) : undefined;
  const { width } = values;
  const state = new Float64Array(keyDim * width);
  const taken = new Float64Array(width);
  const read = new Float64Array(width);
  for (let token = 0; token < tokens; token++) {
    const reach = values.reach(token);
    taken.fill(0);
    for (let i = 0; i < keyDim; i++) {
      const kept = decays ? Math.exp(decays(token, isEach ? i : 0)) : 1;
      const k = key(token, i);
      for (let j = 0, at = i * width; j < reach; j++, at++) {
        const left = kept * (state[at] ?? 0);
        state[at] = left;
        taken[j] = (taken[j] ?? 0) + left * k;
      }
    }
    const rate = learns?.(token, 0);
    const factor = steps?.(token, 0) ?? 1;
    for (let j = 0; j < reach; j++) {
      const value = factor * values.at(token, j);
      taken[j] = rate === undefined ? value : rate * (value - (taken[j] ?? 0));
    }
    read.fill(0);
    for (let i = 0; i < keyDim; i++) {
      const k = key(token, i);
      const q = query(token, i);
      for (let j = 0, at = i * width; j < reach; j++, at++) {
        const next = (state[at] ?? 0) + k * (taken[j] ?? 0);
        state[at] = next;
        read[j] = (read[j] ?? 0) + q * next;
      }
    }
    for (let j = 0; j < reach; j++) tell(token, j, scale * (read[j] ?? 0));
  }
}
