import type { TextTrace } from '../../../protocol/panel';
import {
  answerTo,
  perParts,
  question,
  refusalOf,
  type Question,
  type Questions,
} from '../../app/answers';
import { textStack } from '../../reading/capture';
import type { State } from '../../app/state';
import type { Store } from '../../app/store';
import { indexOfToken } from '../../reading/tokenLookup';

/** Name of the view that traces are drawn in. */
export const TOKENS_VIEW = 'tokens';

/** How a model's tokenizer splits the text on show; the run's own where `model` is null. */
const traceOf = (capture: string, model: string | null): Question<'trace'> => ({
  ...question('trace', { model }),
  of: capture,
});

/** What is wanted of the text on show: its trace, and one beside it that was chosen. */
const wanted = perParts(
  ({ capture, options }: State) => [capture, options.compareWith] as const,
  (capture, compareWith) => ({
    trace: capture ? traceOf(capture.id, null) : undefined,
    otherTrace: capture && compareWith !== '' ? traceOf(capture.id, compareWith) : undefined,
  }),
);

/** The trace is asked for once something shows it; the one beside it while the Tokens view is open. */
export function traceQuestions(state: State): Questions {
  const isOpen = state.options.view === TOKENS_VIEW;
  const { trace, otherTrace } = wanted(state);
  return {
    trace: isOpen || state.isTraceWanted ? trace : undefined,
    otherTrace: isOpen ? otherTrace : undefined,
  };
}

/** Puts traces into the store as they come; those of the text before stay until then. */
export function followTraces(store: Store<State>): void {
  store.select(
    state => [state.answers, state.capture, state.options.compareWith],
    (_answers, capture, compareWith) => {
      const { state } = store;
      if (!capture) return;
      if (compareWith === '' && state.otherTrace) store.set({ otherTrace: null });
      for (const [slot, asked] of Object.entries(wanted(state))) {
        const value = answerTo(state, asked);
        const error = refusalOf(state, asked);
        const before = state[slot as 'trace' | 'otherTrace'];
        const known = before && ('value' in before ? before.value : before.error);
        if (value && value !== known) store.set({ [slot]: { capture: capture.id, value } });
        else if (error && error !== known) store.set({ [slot]: { capture: capture.id, error } });
      }
    },
  );
}

/** The trace of the capture on show; null while there is none. */
export function shownTrace({ capture, trace }: State): TextTrace | null {
  return trace && 'value' in trace && trace.capture === capture?.id ? trace.value : null;
}

/** Index in the capture of the text's token that the locus is at. */
export function textToken({ capture, locus }: State): number | null {
  if (!capture || !locus) return null;
  const { stack, kind } = locus.block;
  if (stack === textStack(capture)) return locus.query;
  return kind === 'cross' ? locus.key : null;
}

/** Where the token at the locus stands in the trace; null where the trace does not reach it. */
export function tracedToken(state: State): number | null {
  const trace = shownTrace(state)?.trace;
  const index = textToken(state);
  const token =
    state.capture && index !== null && state.capture.tokens[textStack(state.capture)]?.[index];
  if (!trace || !token) return null;
  const found = indexOfToken(trace.tokens, token);
  return found < 0 ? null : found;
}
