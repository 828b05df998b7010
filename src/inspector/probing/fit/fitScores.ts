import type { Share } from '../../../protocol/probes';

/** The 97.5 % point of the normal distribution. */
const Z = 1.959963984540054;

/** A share of `count` trials with its 95 % interval (Wilson 1927). @param count at least 1 */
export function wilson(successes: number, count: number): Share {
  const value = successes / count;
  const square = (Z * Z) / count;
  const centre = (value + square / 2) / (1 + square);
  const half = (Z * Math.sqrt((value * (1 - value)) / count + square / (4 * count))) / (1 + square);
  // The bounds are exact at 0 and 1, where rounding would leave the unit interval.
  return {
    value,
    low: successes === 0 ? 0 : centre - half,
    high: successes === count ? 1 : centre + half,
  };
}

/** How many of the labels are right. */
export function hits(labels: Int32Array, found: Int32Array): number {
  return labels.reduce((sum, label, i) => sum + (label === found[i] ? 1 : 0), 0);
}

/**
 * F1 of each class that occurs among the labels, 2·hits / (labelled + found), averaged with each class
 * counting the same.
 */
export function macroF1(labels: Int32Array, found: Int32Array, classes: number): number {
  const right = new Float64Array(classes);
  const labelled = new Float64Array(classes);
  const guessed = new Float64Array(classes);
  labels.forEach((label, i) => {
    const guess = found[i] ?? 0;
    if (label === guess) right[label] = (right[label] ?? 0) + 1;
    labelled[label] = (labelled[label] ?? 0) + 1;
    guessed[guess] = (guessed[guess] ?? 0) + 1;
  });
  const scores = [...labelled].flatMap((count, label) =>
    count === 0 ? [] : [(2 * (right[label] ?? 0)) / (count + (guessed[label] ?? 0))],
  );
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** Share of the most frequent of the `train` labels among the `test` labels. */
export function majorityShare(train: Int32Array, test: Int32Array, classes: number): number {
  const counts = new Float64Array(classes);
  for (const label of train) counts[label] = (counts[label] ?? 0) + 1;
  const largest = counts.indexOf(Math.max(...counts));
  return test.reduce((sum, label) => sum + (label === largest ? 1 : 0), 0) / test.length;
}

/** Class with the largest logit of each row `[items, classes]`, the first of equals. */
export function largestOfRows(logits: Float32Array, classes: number): Int32Array {
  const found = new Int32Array(logits.length / classes);
  for (let item = 0; item < found.length; item++) {
    let best = 0;
    for (let label = 1; label < classes; label++) {
      const start = item * classes;
      if ((logits[start + label] ?? 0) > (logits[start + best] ?? 0)) best = label;
    }
    found[item] = best;
  }
  return found;
}
