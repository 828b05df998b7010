import { shownRow } from '../../addresses';
import type { Panel } from '../../panel';
import { attentionSentence } from '../../sentence';
import { createSentenceBand } from '../sentenceBand';

/** The sentence that says what the query attends to. */
export function createSentence({ store }: Panel): HTMLElement {
  const band = createSentenceBand();
  store.select(
    state => [state.capture, state.locus, state.row],
    (capture, locus) => {
      const row = shownRow(store.state, locus?.query);
      if (capture && locus && row) band.say(attentionSentence(capture, locus, row));
    },
  );
  return band.element;
}
