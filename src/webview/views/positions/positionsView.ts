import { el, fill } from '../../kit/dom';
import { positionsFigures } from './figures';
import type { Panel } from '../../app/panel';
import { found, positionQuestions, orderRuns } from './wanted';
import { POSITIONS_VIEW } from '../../app/choices/positions';
import { positionsSentence } from './sentence';
import type { View } from '../../app/view';
import { createAlibiPane } from './alibiPane';
import { createBiasPane } from './biasPane';
import { createOrderPane } from './orderPane';
import { createRotaryPane } from './rotaryPane';
import { createScoresPane } from './scoresPane';
import { createSimilarityPane } from './positionSimilarityPane';
import { createTablePane } from './tablePane';

/** “How does the model know order?” */
export const positionsView: View = {
  id: POSITIONS_VIEW,
  key: '4',
  title: 'Positions',
  runs: orderRuns,
  questions: positionQuestions,
  figures: positionsFigures,
  sentence: positionsSentence,
  mount: (panel, sentence) =>
    el(
      'div.positions',
      sentence,
      createNotes(panel),
      createSchemes(panel),
      el('div.positions-run', createScoresPane(panel), createOrderPane(panel)),
    ),
};

/** What people should know about the model's scheme, one sentence each. */
function createNotes({ store }: Panel): HTMLElement {
  const element = el('p.muted.position-notes');
  store.select(
    state => [found(state, 'scheme')],
    scheme => {
      element.textContent = scheme?.notes.join(' ') ?? '';
      element.hidden = element.textContent === '';
    },
  );
  return element;
}

/** The model's own scheme first, then the similarity of positions, then the schemes of others. */
function createSchemes(panel: Panel): HTMLElement {
  const panes = {
    learned: createTablePane(panel, 'learned'),
    sinusoidal: createTablePane(panel, 'sinusoidal'),
    rotary: createRotaryPane(panel),
    relativeBias: createBiasPane(panel),
    alibi: createAlibiPane(panel),
  };
  const similarity = createSimilarityPane(panel);
  const element = el('div.scheme-panes');
  panel.store.select(
    state => [found(state, 'scheme')?.scheme.kind ?? 'none'],
    kind => {
      const own = kind === 'none' ? [] : [panes[kind]];
      const { sinusoidal, rotary, relativeBias, alibi, learned } = panes;
      const others = [rotary, relativeBias, alibi, learned].filter(pane => !own.includes(pane));
      const before = kind === 'sinusoidal' ? own : [...own, sinusoidal];
      const wanted = [...before, similarity, ...others];
      if (wanted.some((pane, i) => element.children[i] !== pane)) fill(element, ...wanted);
    },
  );
  return element;
}
