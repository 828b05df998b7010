import type { LinearProbe } from './types';

/** What a probe says of some items. */
export interface ProbeAnswers {
  /** Class with the largest logit `[count]`. */
  readonly labels: Int32Array;
  /** Its probability `[count]`. */
  readonly probabilities: Float32Array;
}

/** Classifies the raw features of a few items, `[count, dims]`, such as the words of a sentence. */
export function applyProbe(
  probe: LinearProbe,
  features: Float32Array,
  count: number,
  dims: number,
): ProbeAnswers {
  const classes = probe.bias.length;
  const labels = new Int32Array(count);
  const probabilities = new Float32Array(count);
  const logits = new Float64Array(classes);
  for (let item = 0; item < count; item++) {
    let best = 0;
    for (let label = 0; label < classes; label++) {
      let logit = probe.bias[label] ?? 0;
      for (let dim = 0; dim < dims; dim++) {
        logit += (probe.weights[label * dims + dim] ?? 0) * (features[item * dims + dim] ?? 0);
      }
      logits[label] = logit;
      if (logit > (logits[best] ?? 0)) best = label;
    }
    const largest = logits[best] ?? 0;
    labels[item] = best;
    probabilities[item] = 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  }
  return { labels, probabilities };
}
