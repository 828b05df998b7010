import type { FoundRouter } from '../../onnx/graph/router';
import { sizeOf, type Tensor } from '../../runtime/tensor';

/** What a router decided for each token of a run, the expert with most weight first. */
export interface Decision {
  /** Experts that it chooses from. */
  readonly experts: number;
  /** Numbers of the experts `[batch, tokens, chosen]`. */
  readonly chosen: Tensor;
  /** What each one's output is multiplied with `[batch, tokens, chosen]`. */
  readonly weights: Tensor;
}

/**
 * Reads what a router decided.
 * @param read a tensor of the run
 * @returns undefined where the run does not show it, or shows something else than a choice of experts
 */
export function decisionOf(
  { source, logits: name, refusal }: FoundRouter,
  read: (tensor: string) => Tensor | undefined,
  batch: number,
): Decision | undefined {
  const logits = refusal === undefined ? read(name) : undefined;
  const experts = logits?.dims.at(-1);
  if (!logits || !experts) return undefined;
  const given =
    source.kind === 'operator' ? chosenInside(source, logits.data, experts) : taken(source, read);
  if (!given) return undefined;
  const { count, weights, chosen } = given;
  const rows = weights.length / count;
  if (count > experts || rows * experts !== sizeOf(logits.dims) || rows % batch !== 0) {
    return undefined;
  }
  const dims = [batch, rows / batch, count];
  const sorted = {
    chosen: new Float32Array(rows * count),
    weights: new Float32Array(rows * count),
  };
  for (let row = 0; row < rows; row++) {
    const places = Array.from({ length: count }, (_, i) => row * count + i);
    const ids = places.map(at => chosen?.[at] ?? at - row * count);
    const areExperts = ids.every(id => Number.isInteger(id) && id >= 0 && id < experts);
    if (!areExperts || new Set(ids).size < count) return undefined;
    places.sort((a, b) => (weights[b] ?? NaN) - (weights[a] ?? NaN) || a - b);
    for (const [i, at] of places.entries()) {
      sorted.chosen[row * count + i] = chosen?.[at] ?? at - row * count;
      sorted.weights[row * count + i] = weights[at] ?? NaN;
    }
  }
  return {
    experts,
    chosen: { dims, data: sorted.chosen },
    weights: { dims, data: sorted.weights },
  };
}

interface Given {
  /** Experts of each token. */
  readonly count: number;
  /** `[tokens, count]` */
  readonly weights: Float32Array;
  /** `[tokens, count]`; all in their order where absent. */
  readonly chosen?: Float32Array;
}

function taken(
  source: FoundRouter['source'] & { readonly kind: 'tensors' },
  read: (tensor: string) => Tensor | undefined,
): Given | undefined {
  const weights = read(source.weights);
  const chosen = source.chosen === undefined ? undefined : read(source.chosen);
  const count = weights?.dims.at(-1);
  const last = (weights?.dims.length ?? 0) - 1;
  // Experts that choose among the tokens are chosen along another axis.
  if (!weights || !count || (source.axis !== -1 && source.axis !== last)) return undefined;
  if (source.chosen === undefined) return { count, weights: weights.data };
  if (chosen?.dims.at(-1) !== count || chosen.data.length !== weights.data.length) return undefined;
  return { count, weights: weights.data, chosen: chosen.data };
}

/**
 * What the operator `MoE` computes inside: softmax over all experts, then the best `count`, and where it
 * normalises, each as a share of their sum.
 */
function chosenInside(
  { count, normalises }: { readonly count: number; readonly normalises: boolean },
  logits: Float32Array,
  experts: number,
): Given | undefined {
  if (count > experts) return undefined;
  const rows = logits.length / experts;
  const weights = new Float32Array(rows * count);
  const chosen = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const scores = logits.subarray(row * experts, (row + 1) * experts);
    const largest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    const shares = Array.from(scores, score => Math.exp(score - largest));
    const best = shares.map((_, expert) => expert);
    best.sort((a, b) => (scores[b] ?? NaN) - (scores[a] ?? NaN) || b - a);
    const kept = best.slice(0, count);
    const of = normalises ? kept.map(expert => shares[expert] ?? NaN) : shares;
    const sum = of.reduce((a, b) => a + b, 0);
    for (const [i, expert] of kept.entries()) {
      chosen[row * count + i] = expert;
      weights[row * count + i] = (shares[expert] ?? NaN) / sum;
    }
  }
  return { count, weights, chosen };
}
