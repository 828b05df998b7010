import { keepDrawn } from '../../app/keepDrawn';
import { number } from '../../reading/numbers';
import { dropdown, iconButton } from '../../kit/controls';
import { el, fill } from '../../kit/dom';
import { count } from '../../reading/format';
import type { Panel } from '../../app/panel';
import type { Highlight } from '../../draw/chartContent';
import { ROW_CHOICES } from '../../app/choices/positions';
import { TABLE_TITLES, tablePicture } from './pictures';
import { positionPlace, type PositionPlace } from './positionPlace';
import { shownDimension, type TableKind, type TableWindow } from './tables';
import type { CellPlace } from '../../draw/cellKeys';
import type { TableContent } from '../../kit/table';
import { createFigurePane, rampItem } from './figurePane';
import { sinusoidalFormula } from './formulas';
import { MatrixChart, type ChartBox } from '../../draw/matrixChart';
import { scaleLinear } from 'd3';
import { chartWords, ruled, SCREEN } from '../../draw/chartLook';
import { elements, INK, shape, type Mark } from '../../draw/marks';
import { svg } from '../../kit/svgElement';

/** Room that a wave takes right of its table, in CSS pixels. */
const WAVE_ROOM = 84;
const LEFT = 16;
const WIDTH = 60;

const words = chartWords(SCREEN);

/** The numbers of one dimension down the positions of a table, with the two positions marked. */
class Wave {
  readonly element = svg('svg', { class: 'chart-axes wave', 'aria-hidden': 'true' });

  draw(window: TableWindow, dimension: number, box: ChartBox, place: PositionPlace): void {
    const { first, rows, dims, values, limit } = window;
    const x = scaleLinear([-limit, limit], [LEFT, LEFT + WIDTH]);
    const y = (row: number): number => box.top + (row + 0.5) * box.cellHeight;
    const at = (row: number): number => values[row * dims + dimension] ?? 0;
    const path = Array.from(
      { length: rows },
      (_, row) => `${x(at(row)).toFixed(1)} ${y(row).toFixed(1)}`,
    );
    const turn = window.wave(dimension);
    const most = number(limit, limit < 0.1 ? 2 : 1).replace('.0', '');
    const word = (text: string, left: number, top: number): Mark =>
      words(text, left, top, 'middle');
    const dots = [
      { position: place.key, ink: INK.key },
      { position: place.query, ink: INK.query },
    ].flatMap(({ position, ink }) =>
      position === null || position < first || position >= first + rows
        ? []
        : [shape('circle', { cx: x(at(position - first)), cy: y(position - first), r: 3 }, ink)],
    );
    const bottom = box.top + box.height;
    this.element.setAttribute('width', String(WAVE_ROOM));
    this.element.setAttribute('height', String(bottom + 18));
    this.element.style.left = `${box.left + box.width}px`;
    const line = { d: `M${path.join('L')}`, 'stroke-width': 1.6, 'stroke-linejoin': 'round' };
    this.element.replaceChildren(
      ...elements([
        ruled([x(0), box.top], [x(0), bottom], SCREEN.quiet, { class: 'chart-rule' }),
        shape('path', line, 'none', INK.bar),
        ...dots,
        word(turn === null ? `dim ${dimension}` : `λ ${turn.toPrecision(3)}`, x(0), box.top - 6),
        word(`−${most}`, x(-limit), bottom + 12),
        word(most, x(limit), bottom + 12),
      ]),
    );
  }
}

/** A table of positions, the model's or a formula's, with the wave of one dimension beside it. */
export function createTablePane(panel: Panel, kind: TableKind): HTMLElement {
  const { store, actions } = panel;
  const pane = createFigurePane(panel, TABLE_TITLES[kind]);
  const wave = new Wave();
  let pointed: CellPlace | null = null;
  let box: ChartBox | null = null;

  const start = (): CellPlace => {
    const window = tablePicture(store.state, kind)?.window;
    const { positions } = store.state;
    return {
      row: Math.max(0, (positionPlace(store.state)?.query ?? 0) - (window?.first ?? 0)),
      column: window ? shownDimension(window, positions.look.dimension) : 0,
    };
  };
  const chart = new MatrixChart(
    {
      start,
      name: ({ row, column }) => {
        const window = tablePicture(store.state, kind)?.window;
        return window ? cellName(window, row, column) : '';
      },
      point: place => {
        const before = dimension();
        pointed = place;
        if (dimension() === before) read();
        else mark();
      },
      commit: ({ column }) => actions.lookAtPositions({ dimension: column }),
      drawn: drawn => {
        box = drawn;
        drawWave();
      },
    },
    WAVE_ROOM,
  );
  chart.plane.append(wave.element);
  pane.picture.append(chart.element);
  const pages = createPages(panel, kind);
  pane.legend.before(pages.element);

  const dimension = (): number => (pointed ?? start()).column;
  const drawWave = (): void => {
    const window = tablePicture(store.state, kind)?.window;
    const place = positionPlace(store.state);
    if (window && place && box) wave.draw(window, dimension(), box, place);
  };
  const mark = (): void => {
    const window = tablePicture(store.state, kind)?.window;
    const place = positionPlace(store.state);
    if (!window || !place) return;
    const marks: Highlight[] = [
      { shape: 'line', ink: 'query', row: place.query - window.first },
      ...(place.key === null
        ? []
        : [{ shape: 'line', ink: 'key', row: place.key - window.first } as const]),
      { shape: 'frame', ink: 'plain', column: dimension(), label: `dim ${dimension()}` },
    ];
    chart.mark(marks);
    drawWave();
    read();
  };
  const read = (): void => {
    const window = tablePicture(store.state, kind)?.window;
    const place = positionPlace(store.state);
    if (window && place) {
      pane.reading.textContent = reading(window, dimension(), pointed, place);
    }
  };

  keepDrawn(
    store,
    state => [
      tablePicture(state, kind)?.window,
      state.positions.look,
      state.options.positions.rows,
    ],
    state => {
      const picture = tablePicture(state, kind);
      const window = picture?.window;
      pane.picture.hidden = !window;
      pane.reading.hidden = !window;
      pane.tag(window?.isOwn ? 'this model' : 'reference');
      drawWords(pane.words, kind, window ?? null);
      pages.show(window ?? null);
      if (!picture) {
        fill(pane.legend);
        pane.table(null);
        return;
      }
      const most = number(picture.window.limit, picture.window.limit < 0.1 ? 3 : 2).replace(
        /\.00$/,
        '',
      );
      chart.show(picture.content);
      const shared = box?.isPooled
        ? 'value; of cells that share a pixel the one farthest from zero'
        : 'value';
      fill(pane.legend, rampItem(`−${most}`, most, picture.content.pixels, shared));
      mark();
      pane.table(state.options.table ? tableOf(picture.window, dimension()) : null);
    },
  );
  return pane.element;
}

function drawWords(place: HTMLElement, kind: TableKind, window: TableWindow | null): void {
  if (kind === 'sinusoidal') {
    place.replaceChildren(sinusoidalFormula(), ', cos for odd dimensions');
  } else {
    place.textContent = window
      ? 'One trained vector for each position, added to the token’s embedding.'
      : 'A table of trained vectors, one for each position. Its numbers are learned, so there are none to show without a model that has them.';
  }
}

const cellName = ({ first, dims, values }: TableWindow, row: number, column: number): string =>
  `position ${first + row}, dimension ${column}: ${number(values[row * dims + column] ?? NaN, 3)}`;

function reading(
  window: TableWindow,
  dimension: number,
  pointed: CellPlace | null,
  { query, key }: { readonly query: number; readonly key: number | null },
): string {
  const { first, rows, dims, values } = window;
  if (pointed) return cellName(window, pointed.row, pointed.column);
  const at = (position: number | null): string | null =>
    position === null || position < first || position >= first + rows
      ? null
      : `${number(values[(position - first) * dims + dimension] ?? NaN, 3)} at ${position}`;
  const turn = window.wave(dimension);
  const wave = turn === null ? '' : `, wavelength ${turn.toFixed(1)} positions`;
  const found = [...new Set([at(query), at(key)])].filter(one => one !== null);
  return `dim ${dimension}${wave}${found.length > 0 ? `: ${found.join(', ')}` : ''}`;
}

/** The dimension on show, position by position. */
function tableOf(window: TableWindow, dimension: number): TableContent {
  const { first, rows, dims, values } = window;
  return {
    caption: `${TABLE_TITLES[window.kind]}, dimension ${dimension}: positions ${first}–${first + rows - 1}`,
    columns: ['Position', 'Value'],
    rows: Array.from({ length: rows }, (_, row) => [
      String(first + row),
      number(values[row * dims + dimension] ?? NaN, 4),
    ]),
  };
}

/** Which positions are shown: pages through the table, and how many at once. */
function createPages({ store, actions }: Panel, kind: TableKind) {
  const words = el('span.muted');
  let shown: TableWindow | null = null;
  const step = (direction: 1 | -1): void => {
    if (!shown) return;
    const { first, rows, from, to } = shown;
    const next = Math.max(from, Math.min(to - rows, first + direction * rows));
    actions.lookAtPositions({ first: next });
  };
  const back = iconButton('Positions before', 'chevron-up', () => step(-1));
  const on = iconButton('Positions after', 'chevron-down', () => step(1));
  const rows = dropdown('Positions shown at once', value => {
    const chosen = ROW_CHOICES.find(choice => String(choice) === value);
    if (chosen === undefined) return;
    const { positions } = store.state.options;
    actions.setOption({ positions: { ...positions, rows: chosen } });
  });
  const element = el('div.figure-pages', back, on, words, rows.element);
  return {
    element,
    show: (window: TableWindow | null): void => {
      shown = window;
      element.hidden = !window || window.to - window.from <= ROW_CHOICES[0];
      if (!window) return;
      const { first, rows: height, from, to, total, isOwn } = window;
      back.disabled = first <= from;
      on.disabled = first + height >= to;
      const all = isOwn ? ` of ${count(total)}` : '';
      words.textContent = `positions ${first}–${first + height - 1}${all}`;
      const choices = ROW_CHOICES.filter(choice => choice / 2 < to - from);
      rows.show(
        choices.map(choice => ({ value: String(choice), label: `${choice} at once` })),
        String(store.state.options.positions.rows),
      );
      rows.element.hidden = kind === 'sinusoidal' && !isOwn;
    },
  };
}
