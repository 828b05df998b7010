import { mapRefusal, shownRow } from '../../app/addresses';
import { el } from '../../kit/dom';
import { attentionFigures } from './figures';
import type { Panel } from '../../app/panel';
import { attentionSentence } from '../../app/sentence';
import type { View } from '../../app/view';
import { createCarriers } from './carriers';
import { createHeadCard } from './headCard';
import { createHeadGrid } from './headGrid';
import { createHeadTable } from './headTable';
import { createMapPane } from './mapPane';
import { createPane } from '../../shell/pane';
import { createRoleLegend } from './roleLegend';
import { createRowDistribution } from './rowDistribution';

/** “Which token does this one read, and which head does it?” */
export const attentionView: View = {
  id: 'attention',
  key: '1',
  title: 'Attention',
  figures: attentionFigures,
  sentence: state => {
    const refusal = mapRefusal(state);
    if (refusal !== null) return [refusal];
    const row = shownRow(state, state.locus?.query);
    return row ? attentionSentence(state, row) : [];
  },
  mount: (panel, sentence) =>
    el(
      'div.attention',
      sentence,
      el('div.panes', headsPane(panel), createMapPane(panel), sidePane(panel)),
    ),
};

function headsPane(panel: Panel): HTMLElement {
  const grid = createHeadGrid(panel);
  const pane = createPane(panel, 'Heads', grid.caption);
  pane.element.classList.add('heads-pane');
  pane.body.append(
    grid.element,
    createRoleLegend(panel),
    createHeadTable(panel),
    createCarriers(panel),
  );
  return pane.element;
}

function sidePane(panel: Panel): HTMLElement {
  return el(
    'aside.pane.side-pane',
    { 'aria-label': 'Details' },
    createHeadCard(panel),
    createRowDistribution(panel),
  );
}
