import type { FoundRecurrence, RecurrencePart } from '../../onnx/graph/recurrence';
import type { Tensor } from '../../runtime/tensor';
import type { Recurrence } from '../run';

/**
 * Reads what a linear attention that is spelled out computed. Its decay `[batch, tokens, heads]` tells how
 * many tokens and heads the others have, which may be filled up to whole chunks.
 * @param read a tensor of the run
 * @returns undefined where the run does not show all of it, or tensors have other sizes
 */
export function spelledOut(
  { rule, scale, names }: FoundRecurrence,
  headsFirst: ReadonlySet<RecurrencePart>,
  read: (name: string | undefined) => Tensor | undefined,
): Recurrence | undefined {
  const decay = read(names.decay);
  if (decay?.dims.length !== 3) return undefined;
  const [batch = 0, tokens = 0, heads = 0] = decay.dims;
  const sizes: Sizes = { batch, tokens, heads };
  const part = (name: 'query' | 'key' | 'value' | 'output', width?: number) => {
    const tensor = read(names[name]);
    const own = width ?? tensor?.dims.at(-1) ?? 0;
    return tensor && arranged(tensor, sizes, own, headsFirst.has(name));
  };
  const [query, key, value] = [part('query'), part('key'), part('value')];
  const output = value && part('output', (value.dims[2] ?? 0) / heads);
  const [beta, step] = [read(names.beta), read(names.step)];
  const isWhole = [names.beta, names.step].every(
    name => name === undefined || read(name)?.dims.join() === decay.dims.join(),
  );
  if (!query || !key || !value || !output || !isWhole) return undefined;
  return {
    rule,
    queryHeads: heads,
    valueHeads: heads,
    ...(scale === undefined ? {} : { scale }),
    query,
    key,
    value,
    output,
    decay,
    ...(beta ? { beta } : {}),
    ...(step ? { step } : {}),
  };
}

interface Sizes {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
}

/** A tensor of one vector for each head and token as `[batch, tokens, heads · width]`, without filling. */
function arranged(
  { data }: Tensor,
  { batch, tokens, heads }: Sizes,
  width: number,
  isHeadsFirst: boolean,
): Tensor | undefined {
  const rows = data.length / (batch * heads * width);
  if (!Number.isInteger(rows) || rows < tokens) return undefined;
  const dims = [batch, tokens, heads * width];
  if (rows === tokens && !isHeadsFirst) return { dims, data };
  const kept = new Float32Array(batch * tokens * heads * width);
  let to = 0;
  for (let text = 0; text < batch; text++) {
    for (let token = 0; token < tokens; token++) {
      for (let head = 0; head < heads; head++, to += width) {
        const row = isHeadsFirst
          ? (text * heads + head) * rows + token
          : (text * rows + token) * heads + head;
        kept.set(data.subarray(row * width, (row + 1) * width), to);
      }
    }
  }
  return { dims, data: kept };
}
