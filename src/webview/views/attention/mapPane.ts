import { mapRefusal } from '../../app/addresses';
import { el, icon } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { createPane } from '../../shell/pane';
import { createArcsPicture } from './arcsPicture';
import { headTitle } from './headTitle';
import { createHeatMap } from './heatMap';
import { createLegend } from '../../shell/weightLegend';
import { createMapTools } from './mapTools';
import { createReadOut } from './pairReadOut';
import { weight3 } from '../../reading/format';
import { numberName } from '../../draw/measure';
import { keyUnits } from '../../reading/units';
import { drawTable } from '../../kit/table';

/** The large picture of a head or layer, cells or arcs, with its tools, read-out and legend. */
export function createMapPane(panel: Panel): HTMLElement {
  const { store } = panel;
  const pane = createPane(panel, 'Map');
  pane.element.classList.add('map-pane');
  const map = el('div');
  const arcs = el('div');
  const refusal = el('p.refusal', { attributes: { role: 'status' } });
  const legend = createLegend(panel);
  // What is hidden is settled before the pictures draw, because hidden ones have no width.
  store.select(
    state => [state.options.picture, mapRefusal(state)],
    (picture, refused) => {
      map.hidden = picture !== 'map' || refused !== null;
      arcs.hidden = picture !== 'arcs' || refused !== null;
      legend.element.classList.toggle('of-arcs', picture === 'arcs');
      refusal.hidden = refused === null;
      if (refused !== null) refusal.replaceChildren(icon('info'), ` ${refused}`);
    },
  );
  const readOut = createReadOut(panel);
  map.append(createHeatMap(panel, legend.stateDetail), createMapTable(panel));
  arcs.append(createArcsPicture(panel));
  pane.body.append(createMapTools(panel), refusal, map, arcs, readOut, legend.element);
  store.select(
    state => [mapRefusal(state) !== null],
    isRefused => (readOut.hidden = legend.element.hidden = isRefused),
  );
  store.select(
    state => [state.locus],
    locus => {
      if (locus) pane.title(headTitle(locus));
    },
  );
  return pane.element;
}

const ROWS = 10;

/** The map as a table: the keys that receive most, with their mean weight. */
function createMapTable({ store }: Panel): HTMLElement {
  const element = el('div.table');
  store.select(
    state => [state.options.table, state.map, state.locus, state.capture],
    (open, map, locus, capture) => {
      if (!open || !map || !locus || !capture) {
        drawTable(element, null);
        return;
      }
      const { received } = map.value;
      const keys = keyUnits(capture, locus.block, store.state.options.grouping);
      const ranked = Array.from(received.keys())
        .sort((a, b) => (received[b] ?? 0) - (received[a] ?? 0))
        .slice(0, ROWS);
      drawTable(element, {
        caption: `The ${ranked.length} keys that receive most: ${numberName(locus.aggregate)}, mean over the queries that see them`,
        columns: ['Key', 'Token', 'Received'],
        rows: ranked.map(key => [keys.label(key), keys.place(key), weight3(received[key] ?? NaN)]),
      });
    },
  );
  return element;
}
