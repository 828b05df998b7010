import type { CaptureSummary } from '../../../protocol/capture';
import { layerCount, type Stack } from '../../../protocol/model';
import { listenForMenu } from '../../kit/contextMenu';
import { el } from '../../kit/dom';
import { layersFigures } from './figures';
import { layersSentence } from './sentence';
import { labelContent } from './labelsPane';
import { LAYERS_VIEW, layerNumber, layerQuestions } from './wanted';
import type { View } from '../../app/view';
import { createAttributionPane } from './attributionPane';
import { createCellLine, createCellPane } from './cellPane';
import { createEffectivePane } from './effectivePane';
import { createExpertsPane } from './expertsPane';
import { createLabelsPane } from './labelsPane';
import { lensContent } from './lensContent';
import { createLensPane } from './lensPane';
import { createNextTokenPane } from './nextTokenPane';
import { createNormPane } from './normPane';
import { createProbesPane } from './probesPane';
import { createSimilarityPane } from './layerSimilarityPane';
import { stateMenu } from '../../app/interventions/menus';
import { outputStack } from '../../app/output';
import type { GridContent } from '../../draw/stateCells';
import { StateGrid } from '../../draw/stateGrid';
import { createSweepPane } from './sweepPane';
import { createSyntaxPane } from './syntaxPane';
import type { LayersPanel, LayerWishes } from './wishes';

/** “When does the model know?” The view asks for what `wishes` can do once it is opened. */
export const createLayersView = (wishes: () => LayerWishes): View => ({
  id: LAYERS_VIEW,
  key: '5',
  title: 'Layers',
  questions: layerQuestions,
  figures: layersFigures,
  sentence: layersSentence,
  mount: (shown, sentence) => {
    const panel: LayersPanel = { ...shown, layers: wishes() };
    const line = createCellLine(panel);
    const grids = createGrids(panel, line.point);
    const lens = createLensPane(panel, grids.lens);
    grids.lens.element.before(line.element);
    return el(
      'div.layers',
      sentence,
      lens,
      createLabelsPane(panel, grids.labels),
      createExpertsPane(panel),
      createEffectivePane(panel),
      createProbesPane(panel),
      el(
        'div.layer-columns',
        createNormPane(panel),
        createSimilarityPane(panel),
        createCellPane(panel),
      ),
      el(
        'div.layer-columns',
        createNextTokenPane(panel),
        createAttributionPane(panel),
        createSyntaxPane(panel),
      ),
      createSweepPane(panel),
    );
  },
});

/** The grids of predictions and of labels, which scroll together where they have the same tokens. */
function createGrids(
  panel: LayersPanel,
  point: (row: number, token: number | null) => void,
): { readonly lens: StateGrid; readonly labels: StateGrid } {
  const { store, layers, actions } = panel;
  const tokenAt = (content: GridContent | null, column: number | null): number | null =>
    column === null ? null : (content?.columns[column]?.token ?? null);
  const lens = new StateGrid({
    choose: (row, column) => {
      const token = tokenAt(lensContent(store.state), column);
      if (token !== null) layers.choose(token, row);
    },
    point: (row, column) => point(row, tokenAt(lensContent(store.state), column)),
    sight: (first, last) => layers.lookAt(first, last),
  });
  const labels = new StateGrid({
    choose: (row, column) => {
      const token = tokenAt(labelContent(store.state), column);
      const stack = layerNumber(store.state, 'probeLabels')?.stack;
      if (token === null || !stack) return;
      actions.setQueryOf(stack, token);
      layers.chooseState(row);
    },
    point: () => undefined,
    sight: () => undefined,
  });
  const offer = (grid: StateGrid, stackIn: (capture: CaptureSummary) => Stack | undefined): void =>
    listenForMenu(grid.element, event => {
      const { capture } = store.state;
      const cell = grid.cellOf(event);
      const stack = capture && stackIn(capture);
      if (!cell || !stack || cell.state >= layerCount(capture.model, stack)) return null;
      const place = { stack, layer: cell.state, token: cell.token };
      return {
        name: `State before layer ${cell.state}, token ${cell.token}`,
        groups: [stateMenu(panel, place)],
        anchor: cell.element,
      };
    });
  offer(lens, outputStack);
  offer(labels, () => layerNumber(store.state, 'probeLabels')?.stack);
  const follow = (from: StateGrid, to: StateGrid): void =>
    from.element.addEventListener('scroll', () => to.scrollWith(from.element.scrollLeft), {
      passive: true,
    });
  follow(lens, labels);
  follow(labels, lens);
  return { lens, labels };
}
