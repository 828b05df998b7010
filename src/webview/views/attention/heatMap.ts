import { shownPredicted } from '../../addresses';
import { el } from '../../dom';
import type { Panel } from '../../panel';
import { labelRoom } from '../../render/axes';
import { showPixels } from '../../render/canvas';
import { paintCells } from '../../render/cells';
import { displayCodes } from '../../render/displayMap';
import { mapGeometry, type MapGeometry } from '../../render/geometry';
import { createHatch } from '../../render/hatch';
import { MARGINAL_HEIGHT } from '../../render/marginal';
import { FRAME_MARGIN } from '../../render/overlay';
import { maxPool } from '../../render/pool';
import type { State } from '../../state';
import { themeColor, themeValue } from '../../theme';
import { keyUnits, queryUnits } from '../../units';
import { viewPalette } from '../../viewPalette';
import { MapCells } from './mapCells';
import { drawPointers, drawReceived } from './mapMarks';
import { shownCells, type ShownCells } from './shownCells';

/** Longest label of a row or column. */
export const LABEL_LIMIT = 14;
/** The corner says which side is which. */
const CORNER_ROOM = 80;

/** What was drawn last, for pointers, keys and the overlay. */
export interface DrawnMap {
  readonly geometry: MapGeometry;
  readonly shown: ShownCells;
  readonly left: number;
  readonly top: number;
}

/** The large map: cells on one canvas, frames on another, labels in SVG, a grid for keys on top. */
export function createHeatMap(panel: Panel, stateDetail: (text: string) => void): HTMLElement {
  const { store } = panel;
  const hidden = { attributes: { 'aria-hidden': 'true' } };
  const cells = el('canvas', { class: 'map-cells', ...hidden });
  const frames = el('canvas', { class: 'map-frames', ...hidden });
  const marginal = el('canvas', { class: 'map-marginal', ...hidden });
  const received = el('span', { class: 'map-received', text: 'received', ...hidden });
  const corner = el('span', { class: 'map-corner', text: 'query ↓ key →', ...hidden });
  const axes = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  axes.setAttribute('class', 'map-axes');
  axes.setAttribute('aria-hidden', 'true');
  let drawn: DrawnMap | null = null;
  const grid = new MapCells(panel, () => drawn);
  const plane = el('div', { class: 'map-plane' }, cells, frames, marginal, received, corner);
  plane.append(axes, grid.element);
  const element = el('div', { class: 'heat-map' }, plane);
  /** Kept between draws, because reading it makes the browser lay out. */
  let width = 0;

  const draw = (): void => {
    const { state } = store;
    width ||= element.clientWidth;
    drawn = measure(state, width);
    if (!drawn) return;
    paint(state, drawn, cells);
    place(plane, drawn, { cells, frames, marginal, received, corner, grid: grid.element });
    stateDetail(detailOf(drawn.geometry));
    drawMarks();
    drawKey();
  };
  const drawMarks = (): void => {
    if (!drawn) return;
    drawPointers(store.state, drawn, axes, frames);
    grid.update();
  };
  const drawKey = (): void => {
    if (drawn) drawReceived(store.state, drawn, marginal);
  };
  store.select(
    state => [
      state.map,
      viewPalette(state),
      state.options.specialTokens,
      state.themeVersion,
      state.capture,
      shownPredicted(state),
    ],
    draw,
  );
  store.select(state => [state.locus, state.preview, state.row, state.previewRow], drawMarks);
  store.select(state => [state.locus], drawKey);
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    draw();
  }).observe(element);
  grid.listenToLabels(axes);
  return element;
}

/** Room for labels and cells; null while the map does not belong to the capture on show. */
function measure(state: State, width: number): DrawnMap | null {
  const { capture, locus, map } = state;
  if (!capture || !locus || !map) return null;
  const queries = queryUnits(capture, locus.block, state.options.grouping);
  const keys = keyUnits(capture, locus.block, state.options.grouping);
  if (map.value.queries !== queries.length || map.value.keys !== keys.length) return null;
  const shown = shownCells(queries, keys, state.options.specialTokens, shownPredicted(state));
  const names = shown.names(LABEL_LIMIT);
  const font = themeValue('--vscode-editor-font-family') || 'monospace';
  const left = Math.max(CORNER_ROOM, labelRoom(names.queries, font));
  const top = labelRoom(names.keys, font);
  const room = Math.max(120, width - left - FRAME_MARGIN);
  const ratio = window.devicePixelRatio || 1;
  const size = { width: room, height: Math.max(480, room * 1.25) };
  const geometry = mapGeometry(shown.queries.length, shown.keys.length, size, ratio);
  return { geometry, shown, left, top };
}

function paint(state: State, { geometry, shown }: DrawnMap, canvas: HTMLCanvasElement): void {
  if (!state.map) return;
  const ratio = window.devicePixelRatio || 1;
  const palette = viewPalette(state);
  const { queries, keys, codes } = state.map.value;
  const grid = displayCodes({ codes, rows: queries, columns: keys }, shown, palette.scale);
  const { deviceWidth, deviceHeight, pitch, gap } = geometry;
  const pooled = pitch === null ? maxPool(grid, deviceHeight, deviceWidth) : grid;
  const image = new Uint32Array(deviceWidth * deviceHeight);
  const hatch = createHatch(themeColor('--hatch'), ratio);
  const target = { image, stride: deviceWidth, left: 0, top: 0 };
  paintCells(target, pooled, palette.pixels, hatch, pitch ?? 1, gap);
  showPixels(canvas, image, deviceWidth, deviceHeight, ratio);
}

function place(
  plane: HTMLElement,
  { geometry, left, top }: DrawnMap,
  parts: Record<'cells' | 'frames' | 'marginal' | 'received' | 'corner' | 'grid', HTMLElement>,
): void {
  const { width, height } = geometry;
  const at = (element: HTMLElement, x: number, y: number): void => {
    element.style.left = `${x}px`;
    element.style.top = `${y}px`;
  };
  plane.style.width = `${left + width + FRAME_MARGIN}px`;
  plane.style.height = `${top + height + MARGINAL_HEIGHT + 8}px`;
  at(parts.cells, left, top);
  at(parts.grid, left, top);
  parts.grid.style.width = `${width}px`;
  parts.grid.style.height = `${height}px`;
  at(parts.frames, left - FRAME_MARGIN, top - FRAME_MARGIN);
  at(parts.marginal, left, top + height + 6);
  at(parts.received, 0, top + height + 5);
  parts.received.style.width = `${left - 7}px`;
  at(parts.corner, 0, top - 20);
  parts.corner.style.width = `${left - 7}px`;
}

function detailOf({ pitch, rows, columns, deviceWidth, deviceHeight }: MapGeometry): string {
  if (pitch !== null) return '';
  const block = [rows / deviceHeight, columns / deviceWidth].map(size =>
    Math.max(1, size).toFixed(1),
  );
  return `Each pixel is the maximum of ${block.join(' × ')} weights.`;
}
