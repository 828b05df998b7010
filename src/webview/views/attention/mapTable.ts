import { el } from '../../kit/dom';
import { weight3 } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { numberName } from '../../draw/measure';
import { keyUnits } from '../../reading/units';
import { drawTable } from '../../kit/table';

const ROWS = 10;

/** The map as a table: the keys that receive most, with their mean weight. */
export function createMapTable({ store }: Panel): HTMLElement {
  const element = el('div', { class: 'table' });
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
