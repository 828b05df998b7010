import type { AttentionRow, CaptureSummary } from '../protocol/capture';
import { keyTokens, queryTokens, siteAt } from './capture';
import { counted, percent } from './format';
import { entropyBits, rankedKeys, visibleKeys } from './rowFacts';
import type { Locus } from './state';
import { label } from './tokenText';

/** A run of words, or a token with the colour of its part. */
export type Phrase = string | { readonly token: string; readonly part: '' | 'query' | 'key' };

/** Rows at least this near to the largest possible entropy are called even. */
const EVEN = 0.965;

function whichHeads(capture: CaptureSummary, locus: Locus): string {
  const heads = counted(siteAt(capture, locus.block, locus.layer)?.heads ?? 0, 'head');
  if (locus.aggregate === 'mean') return `On average over the ${heads} of layer ${locus.layer}, `;
  if (locus.aggregate === 'max') return `Taking the largest of ${heads} in layer ${locus.layer}, `;
  return `In layer ${locus.layer}, head ${locus.head}, `;
}

/** The sentence that answers “which token does this one read?”, from the numbers of its row. */
export function attentionSentence(
  capture: CaptureSummary,
  locus: Locus,
  row: AttentionRow,
): Phrase[] {
  const keys = keyTokens(capture, locus.block);
  const query = label(queryTokens(capture, locus.block)[row.query]);
  const start: Phrase[] = [whichHeads(capture, locus), { token: query, part: 'query' }];
  if (row.weights.some(weight => Number.isNaN(weight))) {
    return [...start, ' has weights that are not numbers (NaN).'];
  }
  const visible = visibleKeys(row);
  const [first, second] = rankedKeys(row, 2);
  if (first === undefined) return [...start, ' is blocked from every token by the mask.'];
  const share = (key: number): number => row.weights[key] ?? 0;
  const named = (key: number): Phrase => ({
    token: label(keys[key]),
    part: key === locus.key ? 'key' : '',
  });
  const sees =
    visible < row.weights.length
      ? ` It may see ${visible} of ${counted(keys.length, 'token')}.`
      : '';
  if (visible === 1) return [...start, ' may see only ', named(first), '.'];
  const even = entropyBits(row.weights) > EVEN * Math.log2(visible);
  if (locus.aggregate !== 'max' && even) {
    return [
      ...start,
      ` spreads its attention almost evenly over ${counted(visible, 'token')}.`,
      sees,
    ];
  }
  const mostly = share(first) >= 0.5 ? ' attends mostly to ' : ' attends most to ';
  const tail: Phrase[] =
    second === undefined || share(second) < 0.005
      ? ['.']
      : [', then to ', named(second), ` (${percent(share(second))}).`];
  return [...start, mostly, named(first), ` (${percent(share(first))})`, ...tail, sees];
}

/** The same words without markup. */
export const plainText = (phrases: readonly Phrase[]): string =>
  phrases.map(phrase => (typeof phrase === 'string' ? phrase : phrase.token)).join('');
