import { otherRun } from '../../app/comparison';
import type { View } from '../../app/view';
import { el } from '../../kit/dom';
import { divergenceFigures } from './figures';
import { createGridPane } from './gridPane';
import { createOutputPane } from './outputPane';
import { DIVERGENCE_VIEW, divergencePresence } from './pair';
import { createPlacePane } from './placePane';
import { createResidualPane } from './residualPane';
import { reportOf } from './report';
import { createStatus } from './status';
import { divergenceSentence } from './words';
import type { DivergencePanel, DivergenceWishes } from './wishes';

/** “Where do two models part first?” The view asks for what `wishes` can do once it is opened. */
export const createDivergenceView = (wishes: () => DivergenceWishes): View => ({
  id: DIVERGENCE_VIEW,
  key: '7',
  title: 'Divergence',
  hint: 'A | B',
  presence: divergencePresence,
  runs: otherRun,
  figures: divergenceFigures,
  sentence: divergenceSentence,
  mount: (shown, sentence) => {
    const panel: DivergencePanel = { ...shown, divergence: wishes() };
    const columns = el(
      'div.divergence-columns',
      createGridPane(panel),
      el(
        'div.pane.side-pane.divergence-side',
        createPlacePane(panel),
        createResidualPane(panel),
        createOutputPane(panel),
      ),
    );
    panel.store.select(
      state => [reportOf(state) === null],
      isUnknown => (columns.hidden = isUnknown),
    );
    return el('div.divergence', sentence, createStatus(panel), columns);
  },
});
