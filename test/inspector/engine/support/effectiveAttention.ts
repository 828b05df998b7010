import type { Recurrence } from '../../../../src/inspector/model/run';

/**
 * The effective attention of one head in closed form, without the recurrence, in float64. With
 * G[t, s](x) = Σᵢ xₜᵢ · kₛᵢ · exp(the decays of number i after s up to t), it is scale · G(q) for values that
 * are taken as they are. By the delta rule what is taken is (I + β · G(k) below the diagonal)⁻¹ · β · V
 * (Yang et al. 2024, “Parallelizing Linear Transformers with the Delta Rule”, eq. 8 and 9).
 * @returns `[tokens, tokens]`
 */
export function closedForm(source: Recurrence, head: number): readonly number[] {
  const { rule, queryHeads, valueHeads, query, key, decay, beta } = source;

  const tokens = query.dims[1] ?? 0;
  const keyDim = (query.dims[2] ?? 0) / queryHeads;
  const { scale = 1 / Math.sqrt(keyDim) } = source;
  const isShared = queryHeads > valueHeads;
  const own = isShared ? Math.floor(head / (queryHeads / valueHeads)) : head;
  const reader = isShared ? head : Math.floor(head / (valueHeads / queryHeads));
  const entry = (tensor: Recurrence['query'], token: number, of: number, i: number, dims: number) =>
    tensor.data[token * (tensor.dims[2] ?? 0) + of * dims + i] ?? NaN;
  const decayAt = (token: number, i: number): number => {
    if (!decay || !rule.startsWith('gated')) return 0;
    const isFine = decay.dims[2] !== valueHeads;
    return isFine ? entry(decay, token, own, i, keyDim) : entry(decay, token, own, 0, 1);
  };
  const products = (of: typeof query, ofHead: number, t: number, s: number): number => {
    let sum = 0;
    for (let i = 0; i < keyDim; i++) {
      let log = 0;
      for (let token = s + 1; token <= t; token++) log += decayAt(token, i);
      sum += entry(of, t, ofHead, i, keyDim) * entry(key, s, own, i, keyDim) * Math.exp(log);
    }
    return sum;
  };
  const all = Array.from({ length: tokens }, (_, i) => i);
  const read = all.map(t => all.map(s => (s > t ? 0 : products(query, reader, t, s))));
  // Rows of what is taken, as combinations of the values.
  const taken: number[][] = [];
  for (const t of all) {
    const row = all.map((s): number => (s === t ? 1 : 0));
    if (rule.endsWith('delta') && beta) {
      const rate = entry(beta, t, own, 0, 1);
      for (const [s, earlier] of taken.entries()) {
        const product = products(key, own, t, s);
        for (const j of all) row[j] = (row[j] ?? 0) - product * (earlier[j] ?? 0);
      }
      taken.push(row.map(value => rate * value));
    } else taken.push(row);
  }
  return all.flatMap(t =>
    all.map(j => {
      const sum = all.reduce((total, s) => total + (read[t]?.[s] ?? 0) * (taken[s]?.[j] ?? 0), 0);
      return sum * scale;
    }),
  );
}
