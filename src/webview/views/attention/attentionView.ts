import { el } from '../../dom';
import { attentionFigures } from '../../export/figures/attention';
import type { Panel } from '../../panel';
import type { View } from '../tabs';
import { createCarriers } from './carriers';
import { createHeadCard } from './headCard';
import { createHeadGrid } from './headGrid';
import { createHeadTable } from './headTable';
import { createMapPane } from './mapPane';
import { createPane } from '../pane';
import { createRoleLegend } from './roleLegend';
import { createRowDistribution } from './rowDistribution';
import { createSentence } from './sentenceLine';

/** “Which token does this one read, and which head does it?” */
export const attentionView: View = {
  id: 'attention',
  title: 'Attention',
  figures: attentionFigures,
  create: panel =>
    el(
      'div',
      { class: 'attention' },
      createSentence(panel),
      el('div', { class: 'panes' }, headsPane(panel), createMapPane(panel), sidePane(panel)),
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
    'aside',
    { class: 'pane side-pane', attributes: { 'aria-label': 'Details' } },
    createHeadCard(panel),
    createRowDistribution(panel),
  );
}
