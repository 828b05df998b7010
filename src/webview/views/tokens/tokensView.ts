import { isGenerated } from '../../../protocol/continuation';
import { tableOf } from './stages';
import { el, fill } from '../../kit/dom';
import { tokensFigures } from './figures';
import { count, counted } from '../../reading/format';
import type { Panel } from '../../app/panel';
import type { Phrase } from '../../app/sentence';
import type { State } from '../../app/state';
import { tokenStory } from './story';
import { shownTrace, textToken, TOKENS_VIEW, tracedToken } from './traces';
import type { View } from '../../app/view';
import { createPane } from '../../shell/pane';
import { createComparePane } from './comparePane';
import { Gloss } from './gloss';
import { glossActions, litRange } from './glossActions';
import { stagesGloss } from './stagesGloss';
import { createWordPane } from './wordPane';

/** “Why is the text split like this?” */
export const tokensView: View = {
  id: TOKENS_VIEW,
  key: '0',
  title: 'Tokens',
  figures: tokensFigures,
  sentence: tokensSentence,
  mount: (panel, sentence) =>
    el(
      'div.tokens-view',
      sentence,
      el(
        'div.panes',
        el('div.stage-panes', createStagesPane(panel), createComparePane(panel)),
        createWordPane(panel),
      ),
    ),
};

/** The text after each stage of the run's tokenizer. */
function createStagesPane(panel: Panel): HTMLElement {
  const { store } = panel;
  const caption = el('span.muted.caption-text');
  const pane = createPane(panel, 'Stages', caption);
  const status = el('p.pane-sentence', { role: 'status' });
  const gloss = new Gloss('Text stage by stage', glossActions(panel));
  pane.body.append(status, gloss.element);
  store.select(
    state => [state.trace, state.capture],
    (outcome, capture) => {
      const traced = shownTrace(store.state);
      const isCurrent = outcome?.capture === capture?.id;
      const error = isCurrent && outcome && 'error' in outcome ? outcome.error.message : null;
      gloss.element.hidden = error !== null || !outcome;
      status.classList.toggle('failed', error !== null);
      status.hidden = false;
      if (error !== null) fill(status, error);
      else if (!outcome) fill(status, 'Tokenizing…');
      else if (traced && capture) {
        const whole = (capture.rendered ?? capture).text.length;
        const cut = whole - traced.text.length;
        status.hidden = cut === 0;
        fill(
          status,
          `The first ${count(traced.text.length)} of ${counted(whole, 'character')} are shown stage by stage.`,
        );
        caption.textContent = `of the tokenizer of ${traced.model.label}: ${traced.trace.source}`;
        gloss.show(stagesGloss(traced));
      }
    },
  );
  store.select(
    state => [litRange(state)],
    range => gloss.light(range),
  );
  store.select(
    state => [state.trace, state.capture, state.locus],
    () => {
      const traced = shownTrace(store.state);
      const token = tracedToken(store.state);
      if (!traced) return;
      const { columns } = tableOf(traced);
      const column = columns.findIndex(({ tokens }) => token !== null && tokens.includes(token));
      gloss.select(column < 0 ? null : column);
    },
  );
  return pane.element;
}

/** How the token at the locus came to be; empty while its trace is on its way. */
export function tokensSentence(state: State): readonly Phrase[] {
  const { capture } = state;
  const traced = shownTrace(state);
  if (!traced || !capture) return [];
  const token = textToken(state);
  if (token !== null && capture.model.stacks.length === 1 && isGenerated(capture, token)) {
    return ['This token was generated: it follows the text, and no tokenizer made it.'];
  }
  const index = tracedToken(state);
  if (index !== null) return tokenStory(traced, index);
  return [
    traced.trace.tokens.length === 0
      ? 'The tokenizer makes no token of this text.'
      : 'This token lies beyond the part of the text that is shown stage by stage.',
  ];
}
