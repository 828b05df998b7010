import type { BreakpointHit, BreakpointHits } from '../../../protocol/breakpoints';
import { answerTo, question, refusalOf, type Question, type Questions } from '../../app/answers';
import type { State } from '../../app/state';
import { count } from '../../reading/format';
import { nameIn } from '../../reading/tokenText';
import { amount } from './codes';

/** Places that are listed. */
const MOST_LISTED = 100;

/** Where the condition holds in the run on show; undefined without a condition. */
function asked({ capture, options }: State): Question<'breakpoints'> | undefined {
  const condition = options.findings.condition.trim();
  return capture && condition !== ''
    ? question('breakpoints', { capture: capture.id, condition })
    : undefined;
}

export const stopQuestions = (state: State): Questions => ({ stops: asked(state) });

/** Places where the condition holds; undefined while it is not known, or there is none. */
export const stopsOf = (state: State): BreakpointHits | undefined => answerTo(state, asked(state));

export const listedStops = (state: State): readonly BreakpointHit[] =>
  stopsOf(state)?.hits.slice(0, MOST_LISTED) ?? [];

/** What came of the condition, in a sentence; empty without one. */
export function stopWords(state: State): string {
  const wanted = asked(state);
  if (!wanted) return '';
  const stops = answerTo(state, wanted);
  if (!stops) return refusalOf(state, wanted)?.message ?? 'Every place is asked.';
  const { count: holds, places } = stops;
  if (holds === 0) return `It holds at none of ${count(places)} places.`;
  const listed = holds > MOST_LISTED ? `; the first ${MOST_LISTED} are listed` : '';
  return `It holds at ${count(holds)} of ${count(places)} places${listed}.`;
}

/** A place in words: `cross L0 H1`. */
export function stopName({ stack, kind, layer, head }: BreakpointHit, hasStacks: boolean): string {
  const of = kind === 'cross' ? 'cross ' : hasStacks ? `${stack} ` : '';
  return `${of}L${layer}${head === undefined ? '' : ` H${head}`}`;
}

/** The token whose row, or whose state, it is. */
export function stopToken({ capture }: State, { stack, token }: BreakpointHit): string {
  const tokens = capture?.tokens[stack] ?? [];
  return tokens[token] ? `${nameIn(tokens, token)} ${token}` : `token ${token}`;
}

/** What the condition read there: `weight(0) .95`. */
export const stopValues = ({ values }: BreakpointHit): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${amount(value)}`)
    .join(', ');
