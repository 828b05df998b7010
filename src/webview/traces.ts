import { toErrorReport } from '../protocol/errors';
import type { PanelApi, TextTrace } from '../protocol/panel';
import type { Caller } from '../protocol/rpc';
import { textStack } from './capture';
import type { State, TraceOutcome } from './state';
import type { Store } from './store';
import { indexOfToken } from './tokenization/lookup';

/** Name of the view that traces are drawn in. */
export const TOKENS_VIEW = 'tokens';

type Slot = 'trace' | 'otherTrace';

/** Fetches traces of the capture's text: once something shows them, and again for each new capture. */
export class TraceLoader {
  private isWanted = false;
  private readonly asked: Record<Slot, string> = { trace: '', otherTrace: '' };

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
  ) {
    store.select(
      state => [state.capture, state.options.view, state.options.compareWith],
      () => this.follow(),
    );
  }

  /** Asks for the trace of the run's own tokenizer. */
  want(): void {
    this.isWanted = true;
    this.follow();
  }

  private follow(): void {
    const { capture, options } = this.store.state;
    if (!capture) return;
    const isOpen = options.view === TOKENS_VIEW;
    if (isOpen || this.isWanted) void this.load('trace', capture.id, null);
    if (!isOpen) return;
    if (options.compareWith !== '') void this.load('otherTrace', capture.id, options.compareWith);
    else if (this.asked.otherTrace !== '') {
      this.asked.otherTrace = '';
      this.store.set({ otherTrace: null });
    }
  }

  private async load(slot: Slot, capture: string, model: string | null): Promise<void> {
    const asked = `${capture}\n${model ?? ''}`;
    if (this.asked[slot] === asked) return;
    this.asked[slot] = asked;
    let outcome: TraceOutcome | null;
    try {
      outcome = { capture, value: await this.api.call('trace', { model }) };
    } catch (thrown) {
      const error = toErrorReport(thrown);
      outcome = error.code === 'cancelled' ? null : { capture, error };
    }
    if (this.asked[slot] !== asked) return;
    if (!outcome) this.asked[slot] = '';
    this.store.set({ [slot]: outcome });
  }
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
