import type { ModelCard } from '../../../protocol/model';
import { dotProducts } from '../../runtime/dotProducts';
import type { FoundSite } from '../../onnx/graph/site';
import type { SiteTensors } from '../graph/graphSession';
import { blockedPairs } from '../tensors/maskKind';

/** Differences up to here, relative to the largest score, are rounding. */
const ROUNDING = { float32: 2e-3, others: 5e-2 };

/** What two texts of one length show about what is added to q·k × scale. */
export interface ScoreTerms {
  /** It is not the same for both: no mask and no position bias. */
  readonly fault?: string;
  /** Which pairs are blocked is not the same for both, as where only the largest scores are kept. */
  readonly isSelective: boolean;
}

/** One run's numbers of a site, with its scale. */
export interface ScoredRun {
  readonly tensors: SiteTensors;
  readonly scale: number;
}

/**
 * Compares what a site adds to q·k × scale (after a soft cap) between two texts of the same length: a mask
 * or a position bias is the same for both. Numbers that are none are left to others.
 */
export function scoreTerms(
  one: ScoredRun,
  other: ScoredRun,
  { softCap, rounding: bytes }: Pick<FoundSite, 'softCap' | 'rounding'>,
  precision: ModelCard['precision'],
): ScoreTerms {
  const [a, b] = [addedTo(one, softCap), addedTo(other, softCap)];
  if (!a || !b || a.added.length !== b.added.length) return { isSelective: false };
  const rounding = precision === 'float32' ? ROUNDING.float32 : ROUNDING.others;
  const limit = rounding * Math.max(1, a.largest, b.largest) + 2 * (bytes?.step ?? 0);
  // A score that is cut off lacks what the text had beyond.
  const isCut = ({ plain }: typeof a, i: number) =>
    bytes !== undefined && !((plain[i] ?? NaN) > bytes.low && (plain[i] ?? NaN) < bytes.high);
  let worst = 0;
  let isSelective = false;
  for (let i = 0; i < a.added.length; i++) {
    if (a.blocked[i] !== b.blocked[i]) isSelective = true;
    if (a.blocked[i] || b.blocked[i] || isCut(a, i) || isCut(b, i)) continue;
    const difference = Math.abs((a.added[i] ?? 0) - (b.added[i] ?? 0));
    if (difference > worst && difference < Infinity) worst = difference;
  }
  if (worst <= limit) return { isSelective };
  return {
    isSelective,
    fault: `its scores are not q·k × ${Number(one.scale.toPrecision(4))} with a mask or position bias: what is added to that depends on the text (two texts differ by ${worst.toPrecision(2)})`,
  };
}

/** maskedScores − q·k × scale `[batch, heads, queries, keys]`, and which pairs are blocked. */
function addedTo({ tensors: { query, key, maskedScores }, scale }: ScoredRun, softCap?: number) {
  if (!query || !key || !maskedScores) return undefined;
  const plain = dotProducts(query, key, scale);
  if (plain.length !== maskedScores.data.length) return undefined;
  const capped = softCap ? plain.map(score => softCap * Math.tanh(score / softCap)) : plain;
  const largest = capped.reduce(
    (most, score) => (Math.abs(score) > most ? Math.abs(score) : most),
    0,
  );
  const added = capped.map((score, i) => (maskedScores.data[i] ?? NaN) - score);
  return { plain: capped, added, largest, blocked: blockedPairs(maskedScores, capped) };
}
