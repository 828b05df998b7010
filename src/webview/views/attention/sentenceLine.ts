import { mapRefusal, shownRow } from '../../addresses';
import type { Panel } from '../../panel';
import { attentionSentence } from '../../sentence';
import { createSentenceBand } from '../sentenceBand';

/** The sentence that says what the query attends to. */
export function createSentence({ store }: Panel): HTMLElement {
  const band = createSentenceBand();
  store.select(
    state => [
      state.capture,
      state.locus,
      state.row,
      state.headFacts,
      state.predicted,
      mapRefusal(state),
    ],
    (_capture, locus) => {
      const { state } = store;
      const refusal = mapRefusal(state);
      const row = shownRow(state, locus?.query);
      if (refusal !== null) band.say([refusal]);
      else if (row) band.say(attentionSentence(state, row));
    },
  );
  return band.element;
}
