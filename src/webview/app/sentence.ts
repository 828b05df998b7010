import type { AttentionRow } from '../../protocol/capture';
import { shownHeadFacts, shownPredicted } from './addresses';
import { siteAt } from '../reading/capture';
import { counted, percent } from '../reading/format';
import { factsOf, roleText } from '../reading/roles';
import { entropyBits, rankedKeys, visibleKeys } from '../reading/rowFacts';
import { isSingleHead, type Aggregate, type Locus } from '../reading/place';
import type { State } from './state';
import { visible as readable } from '../reading/tokenText';
import { keyUnits, queryUnits } from '../reading/units';

/** A run of words, words that stand out, or a token with the colour of its part. */
export type Phrase =
  | string
  | { readonly strong: string }
  | { readonly token: string; readonly part: '' | 'query' | 'key' };

/** Rows at least this near to the largest possible entropy are called even. */
const EVEN = 0.965;

/** How the sentence says where the numbers of a row go to, or come from. */
interface Verb {
  readonly does: string;
  readonly to: string;
}

const ATTENDS: Verb = { does: 'attends', to: 'to' };
const VERBS: Record<Aggregate, Verb> = {
  head: ATTENDS,
  mean: ATTENDS,
  max: ATTENDS,
  rollout: { does: 'draws', to: 'on' },
  norm: { does: 'takes', to: 'from' },
};

function whichHeads(locus: Locus, count: number): string {
  const { aggregate, layer, head } = locus;
  const heads = counted(count, 'head');
  switch (aggregate) {
    case 'head':
      return `In layer ${layer}, head ${head}, `;
    case 'mean':
      return `On average over the ${heads} of layer ${layer}, `;
    case 'max':
      return `Taking the largest of ${heads} in layer ${layer}, `;
    case 'rollout':
      return `Rolled out through ${layer === 0 ? 'layer 0' : `layers 0 to ${layer}`} (½A + ½I, multiplied), `;
    case 'norm':
      return `In layer ${layer}, head ${head}, by the norm of α·v·W_O, `;
  }
}

/** What the head does on this text, once that is known. */
function roleSentence(state: State): string {
  const { locus } = state;
  const facts = shownHeadFacts(state);
  const fact =
    locus && isSingleHead(locus) ? facts && factsOf(facts, locus.layer, locus.head) : null;
  if (!fact) return '';
  if (fact.role === 'none') return ' The head has no fixed pattern.';
  return ` The head’s pattern: ${roleText(fact)}.`;
}

/** The sentence that answers “which token does this one read?”, from the numbers of its row. */
export function attentionSentence(state: State, row: AttentionRow): Phrase[] {
  const { capture, locus, options } = state;
  if (!capture || !locus) return [];
  const queries = queryUnits(capture, locus.block, options.grouping);
  const keys = keyUnits(capture, locus.block, options.grouping);
  const predicted = shownPredicted(state)?.slice(queries.first(row.query), queries.end(row.query));
  const start: Phrase[] = [
    whichHeads(locus, siteAt(capture, locus.block, locus.layer)?.heads ?? 0),
    { token: queries.name(row.query), part: 'query' },
    ...(predicted
      ? [', predicting ', { token: readable(predicted.join('').trim()), part: '' } as const, ',']
      : []),
  ];
  const role = roleSentence(state);
  if (row.weights.some(weight => Number.isNaN(weight))) {
    return [...start, ' has weights that are not numbers (NaN).'];
  }
  const visible = visibleKeys(row);
  const [first, second] = rankedKeys(row, 2);
  if (first === undefined) return [...start, ' is blocked from every token by the mask.'];
  const share = (key: number): number => row.weights[key] ?? 0;
  const chosen = locus.key === null ? -1 : keys.of(locus.key);
  const named = (key: number): Phrase => ({
    token: keys.name(key),
    part: key === chosen ? 'key' : '',
  });
  const noun = options.grouping === 'word' ? 'word' : 'token';
  const sees =
    visible < row.weights.length ? ` It may see ${visible} of ${counted(keys.length, noun)}.` : '';
  if (visible === 1) return [...start, ' may see only ', named(first), '.'];
  const { does, to } = VERBS[locus.aggregate];
  const even = entropyBits(row) > EVEN * Math.log2(visible);
  if (locus.aggregate !== 'max' && even) {
    const spreads =
      does === 'attends'
        ? 'spreads its attention almost evenly over'
        : `${does} almost evenly ${to}`;
    return [...start, ` ${spreads} ${counted(visible, noun)}.`, sees, role];
  }
  const mostly = ` ${does} ${share(first) >= 0.5 ? 'mostly' : 'most'} ${to} `;
  const tail: Phrase[] =
    second === undefined || share(second) < 0.005
      ? ['.']
      : [`, then ${to} `, named(second), ` (${percent(share(second))}).`];
  const taken = row.sink ?? 0;
  const nowhere = taken >= 0.005 ? ` ${percent(taken)} goes nowhere, to the sink.` : '';
  return [
    ...start,
    mostly,
    named(first),
    ` (${percent(share(first))})`,
    ...tail,
    nowhere,
    sees,
    role,
  ];
}

/** The same words without markup. */
export const plainText = (phrases: readonly Phrase[]): string =>
  phrases
    .map(one => (typeof one === 'string' ? one : 'strong' in one ? one.strong : one.token))
    .join('');
