import { textStack } from '../../reading/capture';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import { indexOfToken, madeFrom, type Range } from '../../reading/tokenLookup';
import { shownTrace } from './traces';
import type { GlossActions } from './gloss';

/** What pointing at and choosing a column of the run's own tokens does. */
export function glossActions({ store, actions }: Panel): GlossActions {
  /** Index in the capture of a token of the trace. */
  const inCapture = (at: number | null): number | null => {
    const { capture } = store.state;
    const token = at === null ? undefined : shownTrace(store.state)?.trace.tokens[at];
    const tokens = capture?.tokens[textStack(capture)];
    if (!token || !tokens) return null;
    const found = indexOfToken(tokens, token);
    return found < 0 ? null : found;
  };
  return {
    point: (range, token) => actions.pointAt(range, inCapture(token)),
    choose: token => {
      const index = inCapture(token);
      if (index !== null) actions.chooseTextToken(index);
    },
    reveal: token => {
      const { capture } = store.state;
      const index = inCapture(token);
      if (capture && index !== null) actions.revealToken(index, textStack(capture));
    },
  };
}

let last: { readonly key: string; readonly range: Range | null } = { key: '', range: null };

/** The characters to light: those pointed at here, or those of the strip's token; the same object while equal. */
export function litRange(state: State): Range | null {
  const { pointed, preview, capture } = state;
  const traced = shownTrace(state);
  const index = preview?.key ?? preview?.query;
  const token =
    capture && index !== null && index !== undefined
      ? capture.tokens[textStack(capture)]?.[index]
      : undefined;
  const at = traced && token ? indexOfToken(traced.trace.tokens, token) : -1;
  const range = pointed ?? (traced && at >= 0 ? madeFrom(traced.trace, at) : null);
  const key = range ? `${range.start}-${range.end}` : '';
  if (key !== last.key) last = { key, range };
  return last.range;
}
