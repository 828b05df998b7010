import { PATCH_MAPS, type PatchMapName } from '../../app/choices/patching';
import { keepDrawn } from '../../app/keepDrawn';
import { ShareGrid } from '../../draw/shareGrid';
import type { ShareMap } from '../../draw/shareMap';
import { el } from '../../kit/dom';
import { drawTable, type TableContent } from '../../kit/table';
import { isDark } from '../../kit/theme';
import { weight3 } from '../../reading/format';
import { createPane } from '../../shell/pane';
import { chosenCell } from './cells';
import { MAP_WORDS, shareMapOf } from './maps';
import type { PatchingPanel } from './wishes';

/** Cells of a map that its table lists: the largest. */
const LISTED = 20;

/** The drawing of one map, which keys lead through, and its table. */
export interface DrawnMap {
  readonly grid: ShareGrid;
  readonly table: HTMLElement;
}

/** Draws a map and keeps it drawn. */
export function createMap({ store, patching }: PatchingPanel, name: PatchMapName): DrawnMap {
  const grid = new ShareGrid({
    point: place => patching.point(place && { map: name, layer: place.row, column: place.column }),
    commit: ({ row, column }) => patching.choose({ map: name, layer: row, column }),
  });
  const table = el('div.table', {
    tabindex: 0,
    role: 'group',
    'aria-label': `${MAP_WORDS[name].title} as a table`,
    hidden: true,
  });
  keepDrawn(
    store,
    state => [
      state.sides.other,
      state.patching.run,
      state.patching.choice,
      state.patching.cell,
      state.options.patching,
    ],
    state => {
      const map = shareMapOf(state, name, chosenCell(state));
      grid.element.hidden = map === null;
      if (map) grid.show(map, isDark(state.theme));
      drawTable(table, state.options.table && map !== null && largestCells(map));
    },
  );
  return { grid, table };
}

/** The pane of the map of one kind of state. */
export function createMapPane(
  panel: PatchingPanel,
  name: PatchMapName,
  map: DrawnMap,
): HTMLElement {
  const { title, of } = MAP_WORDS[name];
  const pane = createPane(panel, title, el('span.muted', of));
  pane.element.classList.add('patch-map');
  pane.body.append(map.grid.element, map.table);
  panel.store.select(
    state => [state.options.patching.map],
    shown => pane.element.classList.toggle('is-current', shown === name),
  );
  return pane.element;
}

/** Moves the keys to the map before or after the current one. */
export function moveBetween(
  { store, patching }: PatchingPanel,
  maps: Readonly<Record<PatchMapName, DrawnMap>>,
  step: 1 | -1,
): void {
  const focused = PATCH_MAPS.findIndex(name => maps[name].grid.hasFocus);
  const now = focused >= 0 ? focused : PATCH_MAPS.indexOf(store.state.options.patching.map);
  const next = PATCH_MAPS[(now + step + PATCH_MAPS.length) % PATCH_MAPS.length] ?? 'residual';
  patching.setOption({ map: next });
  // A narrow panel shows the map only then.
  queueMicrotask(() => maps[next].grid.focus());
}

/** The largest cells of a map, as a table. */
export function largestCells({ name, rows, columns, values }: ShareMap): TableContent {
  const cells = values.flatMap((row, layer) =>
    Array.from(row?.subarray(0, columns.length) ?? [], (share, column) => ({
      layer,
      column,
      share,
    })),
  );
  const known = cells.filter(({ share }) => !Number.isNaN(share));
  const largest = known.sort((a, b) => Math.abs(b.share) - Math.abs(a.share)).slice(0, LISTED);
  return {
    caption: `${name}: the ${largest.length} largest of ${known.length} cells`,
    columns: ['Layer', 'Column', 'Place', 'Share'],
    rows: largest.map(({ layer, column, share }) => [
      rows[layer] ?? '',
      String(column),
      columns[column]?.label ?? '',
      weight3(share),
    ]),
  };
}
