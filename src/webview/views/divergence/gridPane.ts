import { DIVERGENCE_MODES, type DivergenceMode } from '../../app/choices/divergence';
import { keepDrawn } from '../../app/keepDrawn';
import type { State } from '../../app/state';
import type { CellPlace } from '../../draw/cellKeys';
import { drawRamp } from '../../draw/pixels/swatches';
import { ShareGrid } from '../../draw/shareGrid';
import type { ShareMap } from '../../draw/shareMap';
import { iconButton } from '../../kit/controls';
import { el, fill, hiddenCanvas } from '../../kit/dom';
import { segmented } from '../../kit/segmented';
import { drawTable, type TableContent } from '../../kit/table';
import { isDark } from '../../kit/theme';
import { createPane } from '../../shell/pane';
import { divergenceRamp, shownMap } from './maps';
import { createChoices } from './choices';
import { partGrid, reportOf } from './report';
import { createReading } from './reading';
import type { DivergencePanel } from './wishes';

const RAMP_WIDTH = 110;

const MODES: Readonly<Record<DivergenceMode, string>> = {
  relative: 'Relative error',
  absolute: 'Absolute',
  cosine: 'Cosine',
};

/** The grid of tensors, or of tokens, with the first place framed. */
export function createGridPane(panel: DivergencePanel): HTMLElement {
  const { store, divergence, commands, actions } = panel;
  const modes = segmented<DivergenceMode>('What the cells say', mode =>
    divergence.setOption({ mode }),
  );
  const table = iconButton('Read as table (Shift+T)', 'table', () =>
    actions.setOption({ table: !store.state.options.table }),
  );
  const legend = createLegend(panel);
  const pane = createPane(
    panel,
    'Where they part',
    modes.element,
    el('span.spacer'),
    legend.element,
    table,
  );
  const line = el('p.muted.divergence-line');
  const grid: ShareGrid = new ShareGrid({
    point: place => say(place),
    commit: place => commit(panel, place),
    key: key => {
      if (key !== 'Home') return false;
      goToFirst();
      return true;
    },
  });
  const asTable = el('div.table', { tabindex: 0, role: 'group', 'aria-label': 'As a table' });
  pane.element.classList.add('divergence-grid');
  pane.body.append(createChoices(panel), grid.element, line, asTable, createReading(panel));

  function say(place: CellPlace | null): void {
    const map = shownMap(store.state);
    const at = place ?? map?.here;
    line.textContent = map && at ? cellLine(map, at) : '\u00a0';
    grid.element.title = line.textContent.trim();
  }
  function goToFirst(): void {
    const first = partGrid(store.state)?.first;
    if (!first || store.state.options.divergence.isByToken) return;
    grid.focus();
    grid.goTo(first);
  }
  commands.answer('firstPlace', goToFirst);
  commands.answer('divergeByToken', () =>
    divergence.setOption({ isByToken: !store.state.options.divergence.isByToken }),
  );
  keepDrawn(
    store,
    state => [state.divergence.run, state.options.divergence, state.options.colorMap],
    state => {
      const { mode, isByToken } = state.options.divergence;
      const disabled = isByToken ? 'By token, relative errors alone are known.' : undefined;
      modes.show(
        DIVERGENCE_MODES.map(value => ({ value, label: MODES[value], disabled })),
        isByToken ? 'relative' : mode,
      );
      table.setAttribute('aria-pressed', String(state.options.table));
      const map = shownMap(state);
      grid.element.hidden = map === null;
      pane.element.hidden = reportOf(state) === null;
      if (map) grid.show(map, isDark(state.theme));
      legend.show(state);
      say(null);
      drawTable(asTable, state.options.table && map !== null && tableOf(map));
    },
  );
  return pane.element;
}

/** A cell in full below the grid. */
const cellLine = ({ rows, columns, look }: ShareMap, { row, column }: CellPlace): string =>
  `${rows[row] ?? ''}, ${columns[column]?.label ?? ''}: ${look?.spoken(row, column) ?? ''}`;

/** Opens what a cell is of, in the view that it belongs to. */
function commit({ store, divergence }: DivergencePanel, { row, column }: CellPlace): void {
  const { state } = store;
  if (state.options.divergence.isByToken) {
    divergence.openToken(row, column);
    return;
  }
  const grid = partGrid(state);
  const cell = grid?.cells[row]?.[column];
  if (!grid || !cell) return;
  const isFirst = grid.first?.row === row && grid.first.column === column;
  divergence.open(cell, isFirst ? grid.probe.first?.worst : undefined);
}

function tableOf({ name, rows, columns, look }: ShareMap): TableContent {
  return {
    caption: name,
    columns: ['Layer', ...columns.map(({ label }) => label)],
    rows: rows.map((row, i) => [row, ...columns.map((_, j) => look?.text(i, j) ?? '')]),
  };
}

function createLegend({ store }: DivergencePanel) {
  const canvas = hiddenCanvas();
  const item = el('span.legend-item');
  return {
    element: el('div.legend', item),
    show: (state: State): void => {
      const { pixels, low, high } = divergenceRamp(state);
      drawRamp(canvas, pixels, RAMP_WIDTH);
      fill(item, low, canvas, high);
      item.hidden = shownMap(store.state) === null;
    },
  };
}
