import { shownPredicted } from '../../app/addresses';
import { createHeadChoice, createOtherControls } from './maskControls';
import { BLOCKED } from '../../../protocol/weightCode';
import { compared } from './wanted';
import { placeOf } from './runPlaces';
import { maskSentence, runTitle } from './words';
import { el } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { shownScale } from '../../app/viewPalette';
import { MapLegend } from '../../draw/legends';
import { createMapColumn } from './mapColumn';
import { rowTable, weightCell, weightContent } from './weightContent';

const NAMES = { main: 'This run', other: 'Another run' } as const;

/** One run's map as the model made it: the main run's, or another's beside it. */
export function createRunColumn(panel: Panel, run: 'main' | 'other'): HTMLElement {
  const { store } = panel;
  const legend = new MapLegend();
  const source = `${run}Map` as const;
  const controls = el('div.mask-controls');
  controls.append(run === 'main' ? createHeadChoice(panel) : createOtherControls(panel));
  const letter = run === 'main' ? 'A' : 'B';
  const column = createMapColumn(panel, {
    name: NAMES[run],
    run,
    controls,
    legend: legend.element,
    title: state => {
      const place = placeOf(state, run);
      return place ? `${letter} · ${runTitle(place)}` : NAMES[run];
    },
    words: state => {
      const place = placeOf(state, run);
      return place ? maskSentence(place) : '';
    },
    source: () => source,
    place: state => placeOf(state, run),
    content: state => {
      const place = placeOf(state, run);
      const map = compared(state, source);
      // The rows of cross-attention are what the decoder predicts, as in the maps below.
      const names = run === 'main' ? shownPredicted(state) : null;
      return place && map && weightContent(state, runTitle(place), place, map, names);
    },
    cell: (state, query, key) => {
      const place = placeOf(state, run);
      return place ? weightCell(state, run, place, query, key) : '';
    },
    table: state => {
      const place = placeOf(state, run);
      return place && rowTable(state, run, runTitle(place), place);
    },
    watches: state => (run === 'main' ? shownPredicted(state) : null),
    absent: () =>
      run === 'main' ? '' : 'Choose the model of a second run, “Same model” for another text.',
  });
  store.select(
    state => [
      compared(state, source),
      shownScale(state),
      state.options.colorMap,
      state.theme,
      state.themeVersion,
    ],
    (found, scale, colorMap, theme) =>
      legend.showWeights(scale, colorMap, theme, found?.codes.includes(BLOCKED) === true),
  );
  return column;
}
