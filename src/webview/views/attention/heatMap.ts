import { shownPredicted, shownRow } from '../../app/addresses';
import { isTiled } from '../../reading/capture';
import { GLOSSARY } from '../../reading/glossary';
import { el, putAt } from '../../kit/dom';
import type { Palette } from '../../draw/color/palette';
import type { Panel } from '../../app/panel';
import { createHatch } from '../../draw/pixels/hatch';
import { MARGINAL_HEIGHT, drawMarginal } from '../../draw/pixels/marginal';
import { FRAME_MARGIN } from '../../draw/pixels/frames';
import { widthOf } from '../../draw/widthOf';
import type { State } from '../../app/state';
import { svg } from '../../kit/svgElement';
import { themeColor } from '../../kit/theme';
import { viewPalette } from '../../app/viewPalette';
import { createMapCells, listenToMapLabels } from './mapCells';
import { detailText } from './mapDetail';
import { LANE_ROOM, MapLanes } from './mapLanes';
import { LABEL_LIMIT, MapLayout, SINK_ROOM, type DrawnMap } from './mapLayout';
import { anchorOn, panAndZoom, zoomButtons } from './mapPan';
import { paintTiled, viewOf, WholePicture } from './mapPicture';
import { MapZoom } from './mapZoom';
import { SinkColumn, sinkOfMap, sinkOfTiles } from './sinkColumn';
import { drawGroups } from '../../draw/groupLanes';
import { placeOf, drawMarked } from '../../draw/marked';

export { LABEL_LIMIT } from './mapLayout';

const ratio = (): number => window.devicePixelRatio || 1;

/**
 * The large map: cells on one canvas, frames on another, labels in SVG, a grid for keys on top. Maps
 * of long texts are drawn from tiles, as far as these are there; both kinds zoom and pan alike.
 */
export function createHeatMap(panel: Panel, stateDetail: (text: string) => void): HTMLElement {
  const { store, tiles } = panel;
  const parts = createParts();
  const { element } = parts;
  const layout = new MapLayout();
  const whole = new WholePicture();
  let drawn: DrawnMap | null = null;
  /** The colours of the last picture. */
  let painted: Palette | null = null;
  const width = widthOf(element, () => draw());
  let frame = 0;
  /** When people asked for another part of the map; what it takes is said once it is there. */
  let asked = 0;

  const schedule = (): void => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  const zoom = new MapZoom(
    () => drawn,
    wanted => layout.measure(store.state, width(), wanted, ratio()),
    () => {
      asked ||= performance.now();
      element.dataset['asked'] = 'true';
      schedule();
    },
  );
  const grid = createMapCells(
    panel,
    () => drawn,
    zoom,
    () => whole.shown,
  );
  const lanes = new MapLanes(
    () => drawn?.geometry ?? null,
    corner => zoom.to(corner),
  );
  const sink = new SinkColumn(query =>
    query === null ? panel.actions.endPreview() : panel.actions.preview(query, null),
  );
  const buttons = zoomButtons(key => {
    if (drawn) zoom.key(key, anchorOn(grid.place(), drawn));
  });
  parts.plane.append(
    buttons.element,
    lanes.keys.element,
    lanes.queries.element,
    sink.element,
    grid.element,
  );
  panAndZoom(grid.element, zoom, () => drawn);
  listenToMapLabels(panel, () => drawn, parts.axes);

  const draw = (): void => {
    const { state } = store;
    if (state.options.picture !== 'map') return;
    drawn = layout.measure(state, width(), zoom.state, ratio());
    if (!drawn) return;
    paint(state, drawn);
    place(parts, drawn, { grid: grid.element, lanes, sink: sink.element });
    parts.corner.textContent = `${shownPredicted(state) ? 'predicted' : 'query'} ↓ key →`;
    buttons.show(zoom.state.level, drawn.levels);
    drawMarks();
    drawKey();
  };
  const paint = (state: State, now: DrawnMap): void => {
    const palette = viewPalette(state);
    painted = palette;
    const inks = { palette, hatch: createHatch(themeColor('--hatch'), ratio()), ratio: ratio() };
    const taken = now.isTiled
      ? sinkOfTiles(tiles.source?.sinkShares ?? null)
      : sinkOfMap(state.map?.value ?? null);
    sink.show(taken, now, inks);
    if (!now.isTiled) {
      if (state.map) whole.paint(parts.cells, state.map.value, now, inks);
      stateDetail(detailText(now, null, false));
      return;
    }
    const { source, cache } = tiles;
    const view = viewOf(now, palette.scale);
    source?.look(view);
    paintTiled(parts.cells, source, cache, now, inks);
    const detail = source?.detail(view) ?? 'loading';
    stateDetail(detailText(now, detail, !state.options.specialTokens));
    element.dataset['detail'] = detail;
    element.dataset['step'] = String(view.step);
    element.dataset['bytes'] = String(tiles.bytes);
    element.dataset['complete'] = String(source?.isComplete ?? false);
    if (state.tiled !== detail) store.set({ tiled: detail });
    if (detail === 'loading' || asked === 0) return;
    element.dataset['viewport'] = (performance.now() - asked).toFixed(1);
    element.dataset['asked'] = 'false';
    asked = 0;
  };
  const drawMarks = (): void => {
    if (!drawn || store.state.options.picture !== 'map') return;
    drawPointers(store.state, drawn, parts);
    grid.update();
  };
  const drawKey = (): void => {
    if (!drawn) return;
    drawReceived(store.state, drawn, parts.marginal);
    drawLanes();
  };
  const drawLanes = (): void => {
    if (!drawn) return;
    const { state } = store;
    const { locus } = state;
    const content = {
      geometry: drawn.geometry,
      query: placeOf(drawn.shown.rowOf, locus?.query),
      key: placeOf(drawn.shown.columnOf, locus?.key),
      row: shownRow(state, locus?.query),
      palette: viewPalette(state),
    };
    lanes.show(content, zoom.state.level > 0, ratio());
  };
  store.select(
    state => [state.capture],
    () => zoom.reset(),
  );
  store.select(
    state => [state.capture, state.locus, state.options.grouping, state.options.picture],
    (capture, locus, grouping, picture) => {
      const isLong = capture && locus && isTiled(capture, locus, grouping);
      const { block, layer, head } = locus ?? {};
      const shown = isLong && picture === 'map' && block && layer !== undefined;
      void tiles.open(shown ? { capture: capture.id, ...block, layer, head: head ?? 0 } : null);
      if (isLong) schedule();
    },
  );
  tiles.listen(schedule);
  store.select(
    state => [
      state.map,
      state.options.specialTokens,
      state.options.between,
      state.options.picture,
      state.themeVersion,
      state.capture,
      shownPredicted(state),
    ],
    draw,
  );
  // Other colours move nothing.
  store.select(
    state => [viewPalette(state)],
    palette => {
      if (!drawn || palette === painted || store.state.options.picture !== 'map') return;
      paint(store.state, drawn);
      drawLanes();
    },
  );
  store.select(state => [state.locus, state.preview, state.row, state.previewRow], drawMarks);
  store.select(state => [state.locus, state.row], drawKey);
  return element;
}

function createParts() {
  const hidden = { 'aria-hidden': 'true' };
  const cells = el('canvas.map-cells', { ...hidden });
  const frames = el('canvas.map-frames', { ...hidden });
  const marginal = el('canvas.map-marginal', { ...hidden });
  const received = el('span.map-received', {
    text: 'received',
    title: GLOSSARY.received,
    ...hidden,
  });
  const corner = el('span.map-corner', { ...hidden });
  const axes = svg('svg', { class: 'map-axes', 'aria-hidden': 'true' });
  const plane = el('div.map-plane', cells, frames, marginal, received, corner);
  plane.append(axes);
  const element = el('div.heat-map', plane);
  return { element, plane, cells, frames, marginal, received, corner, axes };
}

function place(
  parts: ReturnType<typeof createParts>,
  { geometry, left, top, isTiled: tiled }: DrawnMap,
  {
    grid,
    lanes,
    sink,
  }: { readonly grid: HTMLElement; readonly lanes: MapLanes; readonly sink: HTMLElement },
): void {
  const { width, height } = geometry;
  const isZoomed =
    geometry.down.inSight < geometry.rows || geometry.across.inSight < geometry.columns;
  const below = top + height + (tiled ? 0 : MARGINAL_HEIGHT) + 8;
  const end = left + width + FRAME_MARGIN;
  const right = end + (sink.hidden ? 0 : SINK_ROOM);
  const room = isZoomed ? LANE_ROOM : 0;
  putAt(parts.plane, { width: right + room, height: below + room });
  putAt(parts.cells, { left, top });
  putAt(grid, { left, top, width, height });
  putAt(parts.frames, { left: left - FRAME_MARGIN, top: top - FRAME_MARGIN });
  parts.marginal.hidden = parts.received.hidden = tiled;
  putAt(parts.marginal, { left, top: top + height + 6 });
  putAt(parts.received, { left: 0, top: top + height + 5, width: left - 7 });
  putAt(parts.corner, { left: 0, top: top - 20, width: left - 7 });
  putAt(sink, { left: end + 4, top });
  putAt(lanes.keys.element, { left, top: below });
  putAt(lanes.queries.element, { left: right + 4, top });
}

/** Labels and frames: what follows the locus and the pointer. */
function drawPointers(
  { locus, preview }: State,
  drawn: DrawnMap,
  parts: { readonly axes: SVGSVGElement; readonly frames: HTMLCanvasElement },
): void {
  if (!locus) return;
  const { rowOf, columnOf } = drawn.shown;
  const overColumn = placeOf(columnOf, preview?.key);
  const overRow = placeOf(rowOf, preview && (preview.query ?? locus.query));
  const places = {
    row: placeOf(rowOf, locus.query),
    column: placeOf(columnOf, locus.key),
    overRow: overColumn === null ? null : overRow,
    overColumn,
  };
  drawMarked(parts, drawn, places, LABEL_LIMIT, drawn.isTiled);
  drawGroups(parts.axes, drawn.geometry, drawn, drawn.groups);
}

/** What each key receives, under its column. */
function drawReceived(
  { locus, map }: State,
  { geometry, shown }: DrawnMap,
  canvas: HTMLCanvasElement,
): void {
  if (!locus || !map) return;
  const received = shown.keys.map(index => map.value.received[index] ?? 0);
  const inks = { bar: themeColor('--marginal'), key: themeColor('--k') };
  const key = placeOf(shown.columnOf, locus.key);
  drawMarginal(canvas, geometry, received, key, inks);
}
