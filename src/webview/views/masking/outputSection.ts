import { el, fill } from '../../kit/dom';
import { GLOSSARY } from '../../reading/glossary';
import { compared, comparisonError } from './wanted';
import { placeOf } from './runPlaces';
import { outputStack, outputToken } from '../../app/output';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import { divergenceRanking, predictionTable } from '../../shell/outputChange';
import { createPane } from '../../shell/pane';
import { Ranking, type RankingContent } from '../../shell/ranking';

/** What the changed mask does to the model's output: how far it moves, and what is predicted. */
export function createOutputSection(panel: Panel): HTMLElement {
  const { store, actions } = panel;
  const pane = createPane(panel, 'What the output does');
  pane.element.classList.add('output-pane');
  const status = el('p.muted.mask-words', { role: 'status' });
  const ranking = new Ranking(token => {
    const { capture } = store.state;
    if (capture) actions.setQueryOf(outputStack(capture), token);
  });
  const predictions = el('div.table.predictions');
  const moved = el(
    'div.output-moved',
    el('h3', 'How far the output moves'),
    el('p.muted.mask-words', {
      text: 'KL divergence at each token, in nats',
      title: GLOSSARY['KL in nats'],
    }),
    ranking.element,
  );
  const parts = el('div.output-parts', moved, predictions);
  pane.body.append(status, parts);
  store.select(
    state => [state.answers, state.locus, state.sides, state.capture, state.options.table],
    () => {
      const { state } = store;
      const isThere = placeOf(state, 'changed') !== null;
      const error = comparisonError(state, 'divergence') ?? comparisonError(state, 'before');
      const missing = error ?? (isThere ? null : 'No run with a changed mask.');
      status.textContent = missing ?? '';
      status.hidden = missing === null;
      const content = isThere ? movedContent(state) : null;
      moved.hidden = content === null;
      if (content) ranking.show(content);
      drawPredictions(state, predictions);
    },
  );
  return pane.element;
}

function movedContent(state: State): RankingContent | null {
  const divergence = compared(state, 'divergence');
  return divergence && divergenceRanking(state, { ...divergence, first: divergence.offsetBefore });
}

/** The most probable tokens at the query, before and after. */
function drawPredictions(state: State, place: HTMLElement): void {
  const before = compared(state, 'before');
  const token = outputToken(state);
  place.hidden = !before || token === null;
  if (!before || token === null || !state.capture) return;
  fill(place, predictionTable(state.capture, token, before, compared(state, 'after')));
}
