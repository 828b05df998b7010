import type { ConlluSentence } from './conllu';
import type { LabelledSpan } from './conlluSpans';
import { pairType, type TaskItem } from './taskItem';

/** Labels of the tasks that ask whether two things belong together. */
export const PAIR_LABELS = { yes: 'yes', no: 'no' } as const;

/**
 * Every dependent with its head, and with one word that is not its head: of the words that head some other
 * word the nearest to the dependent (the one before it where two are), so that neither being a head nor being
 * near gives the answer away. Dependents without such a word are left out, so both labels are equally frequent.
 */
export function headPairs({ words }: ConlluSentence, sentence: number): readonly TaskItem[] {
  const heads = [...new Set(words.map(({ head }) => head))]
    .filter(head => head >= 0)
    .sort((a, b) => a - b);
  return words.flatMap(({ head }, i): TaskItem[] => {
    const other = nearest(
      heads.filter(each => each !== head && each !== i),
      i,
    );
    if (head < 0 || other === undefined) return [];
    return [[head, PAIR_LABELS.yes] as const, [other, PAIR_LABELS.no] as const].map(
      ([candidate, label]) => ({
        sentence,
        spans: [
          [i, i],
          [candidate, candidate],
        ],
        label,
        type: pairType(words[i]?.form ?? '', words[candidate]?.form ?? ''),
      }),
    );
  });
}

/** The place with the smallest distance; the first one where two have it. */
function nearest(places: readonly number[], to: number): number | undefined {
  let best: number | undefined;
  for (const place of places) {
    if (best === undefined || Math.abs(place - to) < Math.abs(best - to)) best = place;
  }
  return best;
}

/** Mentions of one sentence that are paired: more stand in lists only, whose pairs would outnumber all others. */
const MOST_MENTIONS = 60;

/**
 * Every two mentions that share no word, in the order of the text: do they carry the same cluster? Of a
 * sentence with more than `MOST_MENTIONS` the first ones are taken.
 */
export function coreferencePairs(
  { words }: ConlluSentence,
  sentence: number,
  mentions: readonly LabelledSpan[],
): readonly TaskItem[] {
  const text = ({ first, last }: LabelledSpan) =>
    words
      .slice(first, last + 1)
      .map(({ form }) => form)
      .join(' ');
  const taken = mentions.slice(0, MOST_MENTIONS);
  return taken.flatMap((a, i) =>
    taken
      .slice(i + 1)
      .filter(b => b.first > a.last)
      .map((b): TaskItem => ({
        sentence,
        spans: [
          [a.first, a.last],
          [b.first, b.last],
        ],
        label: a.label === b.label ? PAIR_LABELS.yes : PAIR_LABELS.no,
        type: pairType(text(a), text(b)),
      })),
  );
}
