import type { SiteCapture } from '../model/run';

/** Weights up to here are rounding of a key that is hidden. */
export const BLOCKED = 1e-6;
/** Scores that a mask lowers by at least so much are lowered by it, … */
const LOWERED = 1e-2;
/** … and by less than this are lowered by too little. */
const ENOUGH = 1e3;

/** Where the text and its padding lie in the rows of a run. */
export interface Lay {
  readonly text: number;
  readonly padding: number;
  readonly side: 'left' | 'right';
}

/** What one attention gives to the padding. */
export interface PaddingWeight {
  readonly capture: SiteCapture;
  readonly lay: Lay;
  /** Largest weight of a token of the text on padding, and where it is. */
  readonly most: number;
  readonly row: number;
  readonly head: number;
  /** Nothing is left for the text itself. */
  readonly isInverted: boolean;
  /** What the mask takes off the scores of padding, where it is too little: −∞ would hide it. */
  readonly lowered?: number;
}

/** What an attention gives to padding; undefined where it does not read the padding. */
export function paddingWeight(capture: SiteCapture, lay: Lay): PaddingWeight | undefined {
  const { site, weights } = capture;
  const [rows = 0, heads = 0, queries = 0, keys = 0] = weights?.dims ?? [];
  if (!weights || keys !== lay.text + lay.padding) return undefined;
  const [first, end] = queriesOf(capture, lay);
  let found = { most: 0, row: 0, head: 0 };
  let own = 0;
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads; head++) {
      for (let query = first; query < Math.min(end, queries); query++) {
        const start = ((row * heads + head) * queries + query) * keys;
        for (let key = 0; key < keys; key++) {
          const weight = weights.data[start + key] ?? NaN;
          if (!isPadding(lay, key)) own = Math.max(own, weight);
          else if (weight > found.most) found = { most: weight, row, head };
        }
      }
    }
  }
  const isAttended = found.most > BLOCKED;
  const lowered = isAttended ? loweredBy(capture, lay, found) : NaN;
  const isSmall = lowered > LOWERED && lowered < ENOUGH && site.check.result !== 'refused';
  return {
    capture,
    lay,
    ...found,
    isInverted: isAttended && own < BLOCKED,
    ...(isSmall ? { lowered } : {}),
  };
}

/** Whether a key is padding. */
export function isPadding({ text, padding, side }: Lay, key: number): boolean {
  return side === 'left' ? key < padding : key >= text;
}

/** The queries that are tokens of the text `[first, end)`. */
function queriesOf({ site }: SiteCapture, { text, padding, side }: Lay): readonly [number, number] {
  if (site.kind === 'cross') return [0, Infinity];
  return side === 'left' ? [padding, padding + text] : [0, text];
}

/**
 * What is taken off the scores of padding in one head, beyond what pairs of the text at the same distance
 * lose or gain by a position bias: the median.
 */
function loweredBy(
  { site, scores, maskedScores }: SiteCapture,
  lay: Lay,
  { row, head }: { readonly row: number; readonly head: number },
): number {
  const [, heads = 0, queries = 0, keys = 0] = maskedScores?.dims ?? [];
  if (!scores || !maskedScores) return NaN;
  const { softCap } = site;
  const lost = (query: number, key: number) => {
    const at = ((row * heads + head) * queries + query) * keys + key;
    const score = scores.data[at] ?? NaN;
    const capped = softCap === undefined ? score : softCap * Math.tanh(score / softCap);
    return capped - (maskedScores.data[at] ?? NaN);
  };
  // Cross-attention has no bias by distance.
  const { kind } = site.positional;
  const isBiased = site.kind === 'self' && (kind === 'relativeBias' || kind === 'alibi');
  const [first, end] = queriesOf({ site }, lay);
  const all: number[] = [];
  for (let query = first; query < Math.min(end, queries); query++) {
    for (let key = 0; key < keys; key++) {
      if (!isPadding(lay, key)) continue;
      const isLeft = lay.side === 'left';
      const ownQuery = isLeft ? first + query - key : 0;
      const ownKey = isLeft ? first : key - query;
      if (isBiased && (ownQuery >= end || isPadding(lay, ownKey))) continue;
      const difference = lost(query, key) - (isBiased ? lost(ownQuery, ownKey) : 0);
      if (!Number.isNaN(difference)) all.push(difference);
    }
  }
  return all.sort((a, b) => a - b)[all.length >> 1] ?? NaN;
}
