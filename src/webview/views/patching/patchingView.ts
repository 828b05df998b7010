import { otherRun } from '../../app/comparison';
import { PATCH_MAPS, type PatchMapName } from '../../app/choices/patching';
import type { View } from '../../app/view';
import { el } from '../../kit/dom';
import { segmented } from '../../kit/segmented';
import { patchingFigures } from './figures';
import { createHeads } from './headsPane';
import { createMap, createMapPane, moveBetween } from './mapPane';
import { MAP_WORDS } from './maps';
import { createMeasureBand } from './measureBand';
import { PATCHING_VIEW, patchingPresence } from './pair';
import { createPairStrip } from './pairStrip';
import { createPatchStatus } from './patchStatus';
import { createPathPane } from './pathPane';
import { createReadOut } from './readOut';
import { patchingSentence } from './sentence';
import { patchingQuestions, placeOf } from './wanted';
import type { PatchingPanel, PatchWishes } from './wishes';
import { createFacts, createReadIt } from './words';

/** “Where is the difference between two texts?” The view asks for what `wishes` can do once it is opened. */
export const createPatchingView = (wishes: () => PatchWishes): View => ({
  id: PATCHING_VIEW,
  key: '7',
  title: 'Patching',
  hint: 'A ⇄ B',
  presence: patchingPresence,
  runs: otherRun,
  questions: patchingQuestions,
  figures: patchingFigures,
  sentence: patchingSentence,
  strip: panel => createPairStrip(panel, wishes()),
  mount: (shown, sentence) => {
    const panel: PatchingPanel = { ...shown, patching: wishes() };
    const maps = {
      residual: createMap(panel, 'residual'),
      attentionOutput: createMap(panel, 'attentionOutput'),
      feedForwardOutput: createMap(panel, 'feedForwardOutput'),
      heads: createMap(panel, 'heads'),
    };
    panel.commands.answer('nextPatchMap', () => moveBetween(panel, maps, 1));
    panel.commands.answer('previousPatchMap', () => moveBetween(panel, maps, -1));
    panel.commands.answer('largestPatch', () => {
      const { grid } = maps[panel.store.state.options.patching.map];
      grid.focus();
      grid.goToLargest();
    });
    const columns = el(
      'div.patch-columns',
      el(
        'div.patch-maps',
        createMapChoice(panel),
        createMapPane(panel, 'residual', maps.residual),
        createMapPane(panel, 'attentionOutput', maps.attentionOutput),
        createMapPane(panel, 'feedForwardOutput', maps.feedForwardOutput),
        createReadIt(panel),
      ),
      el(
        'div.pane.side-pane.patch-side',
        createReadOut(panel),
        createHeads(panel, maps.heads),
        createPathPane(panel),
        createFacts(panel),
      ),
    );
    panel.store.select(
      state => [placeOf(state) === null],
      isUnfit => (columns.hidden = isUnfit),
    );
    return el(
      'div.patching',
      sentence,
      createMeasureBand(panel),
      createPatchStatus(panel),
      columns,
    );
  },
});

/** Which map a narrow panel shows. */
function createMapChoice({ store, patching }: PatchingPanel): HTMLElement {
  const choice = segmented<PatchMapName>('Map', map => patching.setOption({ map }));
  store.select(
    state => [state.options.patching.map],
    map =>
      choice.show(
        PATCH_MAPS.map(value => ({ value, label: MAP_WORDS[value].short })),
        map,
      ),
  );
  return el('div.patch-choice', choice.element);
}
