import type { Prediction, Predictions } from '../../../protocol/outputs';
import { isOn, type Intervention } from '../../../protocol/intervention';
import { weight3 } from '../../reading/format';
import { nameIn, shorten, visible } from '../../reading/tokenText';
import { outputStack, outputToken } from '../output';
import type { Phrase } from '../sentence';
import type { State } from '../state';
import { kindOf, type InterventionKind } from './kinds';
import { runList, type InterventionList } from './list';
import { changed, isIntervening, isModified } from './wanted';

/** An entry of the vocabulary before and after. */
export interface MovedEntry {
  readonly id: number;
  readonly text: string;
  /** Probability; null where it is not among the entries that were compared. */
  readonly before: number | null;
  readonly after: number | null;
  /** First choice before or after. */
  readonly isFirst: boolean;
}

/** What an entry gained, as far as it is known. */
export const gain = ({ before, after }: MovedEntry): number => (after ?? 0) - (before ?? 0);

const likely = ({ before, after }: MovedEntry): number => Math.max(before ?? 0, after ?? 0);

/** The entries whose probability moved most, largest change first. */
export function movedEntries(before: Predictions, after: Predictions, count: number): MovedEntry[] {
  const found = new Map<number, MovedEntry>();
  const learn = (side: 'before' | 'after', { id, text, probability }: Prediction, i: number) => {
    const known = found.get(id) ?? { id, text, before: null, after: null, isFirst: false };
    found.set(id, { ...known, [side]: probability, isFirst: known.isFirst || i === 0 });
  };
  before.best.forEach((one, i) => learn('before', one, i));
  after.best.forEach((one, i) => learn('after', one, i));
  return [...found.values()]
    .sort((a, b) => Math.abs(gain(b)) - Math.abs(gain(a)) || likely(b) - likely(a) || a.id - b.id)
    .slice(0, count);
}

/** What kinds of interventions are called when they are counted: one, several, and what happened to them. */
const COUNTED: Record<InterventionKind, readonly [string, string, string]> = {
  block: ['edge', 'edges', 'blocked'],
  off: ['head', 'heads', 'off'],
  force: ['edge', 'edges', 'forced'],
  scaled: ['scale', 'scales', 'changed'],
  freeze: ['set of patterns', 'sets of patterns', 'frozen'],
  token: ['token', 'tokens', 'edited'],
  embedding: ['embedding', 'embeddings', 'replaced'],
  steer: ['direction', 'directions', 'added'],
  patch: ['state', 'states', 'patched'],
  skip: ['part of a layer', 'parts of layers', 'skipped'],
  mean: ['state', 'states', 'replaced with the mean'],
};

const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** What is on, in words: `one edge blocked and two heads off`. */
export function onWords(list: InterventionList): string {
  const counts = new Map<InterventionKind, number>();
  const kinds = list.filter(isOn).map((one: Intervention) => kindOf(one));
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const parts = [...counts].map(([kind, count]) => {
    const [one, several, done] = COUNTED[kind];
    return `${WORDS[count] ?? count} ${count === 1 ? one : several} ${done}`;
  });
  const last = parts.pop() ?? '';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

/** Divergences below this are called none, in nats. */
const NOTHING = 5e-4;

/**
 * What the interventions that are on do to the output, in a sentence; empty while that is not known,
 * and where the list is closed.
 */
export function outcomeSentence(state: State): readonly Phrase[] {
  const { capture } = state;
  const token = outputToken(state);
  if (!isIntervening(state) || !isModified(state) || !capture || token === null) return [];
  const before = changed(state, 'predictionsBefore');
  const after = changed(state, 'predictionsAfter');
  if (!before || !after) return [];
  const tokens = capture.tokens[outputStack(capture)] ?? [];
  const [was] = before.best;
  const [is] = after.best;
  if (!was || !is) return [];
  const isNext = outputStack(capture) === 'decoder';
  const at: Phrase = { token: nameIn(tokens, token), part: 'query' };
  const subject: Phrase[] = isNext ? ['the next token after ', at] : [at];
  const start: Phrase[] = [`With ${onWords(runList(state))}, `, ...subject];
  const moved = movedEntries(before, after, 256);
  const named = ({ text }: { readonly text: string }): Phrase => ({
    token: shorten(visible(text), 24),
    part: '',
  });
  const change = (id: number, name: Phrase): Phrase[] => {
    const one = moved.find(entry => entry.id === id);
    const verb = one && gain(one) < 0 ? 'falls' : 'rises';
    const [from, to] = [one?.before, one?.after].map(p => (p == null ? 'under .001' : weight3(p)));
    return [name, ` ${verb} from ${from ?? ''} to ${to ?? ''}`];
  };
  const kl = klAt(state, token);
  if (was.id === is.id && kl !== null && kl < NOTHING) {
    return [...start, ' stays ', named(was), ': the output does not move there (KL under .001).'];
  }
  if (was.id === is.id)
    return [...start, ' stays ', named(was), ': ', ...change(was.id, named(was)), '.'];
  return [
    ...start,
    ' turns from ',
    named(was),
    ' to ',
    named(is),
    ': ',
    ...change(was.id, named(was)),
    ', ',
    ...change(is.id, named(is)),
    '.',
  ];
}

/** How far the output moved at a token of the run on show, in nats; null while it is not known. */
export function klAt(state: State, token: number): number | null {
  const divergence = changed(state, 'divergence');
  return divergence?.kl[token - divergence.offsetAfter] ?? null;
}
