import { shownLayerRows, shownPredicted, shownRow } from '../../app/addresses';
import { el, hiddenCanvas, putAt } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import { DrawnFrom } from '../../draw/pixels/drawnFrom';
import { widthOf } from '../../draw/widthOf';
import { viewPalette } from '../../app/viewPalette';
import { ArcColumn } from './arcColumn';
import { clearOverlay, drawFaintArcs, type ArcWindow } from './arcDrawing';
import { ARC_ROW } from './arcGeometry';
import { arcModel, type ArcModel } from './arcModel';
import { drawNames } from './arcNames';
import { drawOverlay, faintInk, hoveredPlaces, places } from './arcOverlay';
import { createArcsNote } from './arcsNote';
import { createArcsTable } from './arcsTable';
import { HeadMatrix } from './headMatrix';

/** Queries and keys as two columns with arcs between them, and the layer's heads beside the keys. */
export function createArcsPicture(panel: Panel): HTMLElement {
  const { store } = panel;
  const faint = hiddenCanvas();
  const strong = hiddenCanvas();
  const reveal = (place: number): void => scrollTo(place);
  const queries = new ArcColumn(panel, 'query', reveal, () => keys.element.focus());
  const keys = new ArcColumn(panel, 'key', reveal, () => queries.element.focus());
  const matrix = new HeadMatrix(panel, reveal, () => keys.element.focus());
  const sticky = el('div.arcs-sticky', faint, strong, matrix.canvas);
  const plane = el('div.arcs-plane');
  plane.append(sticky, queries.element, keys.element, matrix.element);
  const scroller = el('div.arcs-window', plane);
  const titles = {
    query: el('span.arcs-title'),
    key: el('span.arcs-title', 'key'),
    heads: el('span.arcs-title'),
  };
  const heading = el('div.arcs-heading', titles.query, titles.key, titles.heads);
  heading.append(matrix.heading);
  const note = createArcsNote(panel);
  const element = el('div.arcs', heading, scroller);
  const sides = { queries, keys };
  const strongFrom = new DrawnFrom();
  let model: ArcModel | null = null;
  const width = widthOf(element, () => draw());
  let top = 0;
  let drawnVersion = store.state.themeVersion;

  const view = ({ layout, height, places }: ArcModel): ArcWindow => ({
    layout,
    top,
    height,
    first: Math.max(0, Math.floor(top / ARC_ROW)),
    end: Math.min(places, Math.ceil((top + height) / ARC_ROW)),
    ratio: window.devicePixelRatio || 1,
  });
  const draw = (): void => {
    const { state } = store;
    if (state.options.picture !== 'arcs') return;
    model = arcModel(state, width());
    if (!model) return;
    place(model, plane, scroller, { titles, queries, keys, matrix });
    const predicts = shownPredicted(state) !== null;
    say(titles.query, predicts ? 'predicted' : 'query');
    const norm = state.locus?.aggregate === 'norm' ? ' by norm' : '';
    say(titles.heads, `layer ${state.locus?.layer ?? 0}, all heads${norm}`);
    // Where it is scrolled to is known: reading it would make the browser lay out.
    top = Math.min(top, model.places * ARC_ROW - model.height);
    drawWindow();
  };
  /** What depends on where the picture is scrolled to. */
  const drawWindow = (): void => {
    if (!model) return;
    const { choice, isForeign, codeAt } = model;
    if (choice) drawFaintArcs(faint, view(model), choice, codeAt, faintInk(store.state));
    else if (isForeign) clearOverlay(faint, view(model));
    drawNames(store.state, model, view(model), sides);
    drawStrong();
    drawMatrix();
  };
  const drawStrong = (): void => {
    if (!model) return;
    const { state } = store;
    const { layout, shown, choice, perRow } = model;
    const parts: unknown[] = [
      shownRow(state, state.locus?.query),
      shown,
      perRow,
      state.options.threshold,
    ];
    const pointed = hoveredPlaces(state, model);
    // The arcs of what is pointed at come from the map.
    if (pointed.some(one => one !== null)) parts.push(choice);
    parts.push(...places(state, model), ...pointed, viewPalette(state), state.themeVersion);
    const now = view(model);
    const place = [layout.left, layout.right, layout.width, top, now.height, now.ratio];
    if (strongFrom.differs(...parts, ...place)) drawOverlay(strong, state, model, now);
  };
  const drawMatrix = (): void => {
    if (!model) return;
    const rows = shownLayerRows(store.state);
    const { shown, names, heads } = model;
    const [, chosen] = places(store.state, model);
    const content = rows && {
      rows,
      keys: shown.keys,
      tokens: shown.keyTokens,
      names: names.keys,
      chosen,
    };
    matrix.show(content, view(model), heads);
  };
  const scrollTo = (at: number): void => {
    if (!model) return;
    const [above, below] = [at * ARC_ROW, (at + 1) * ARC_ROW];
    if (above >= top && below <= top + model.height) return;
    scroller.scrollTop = above - model.height / 2;
    top = scroller.scrollTop;
    drawWindow();
  };
  scroller.addEventListener(
    'scroll',
    () => {
      if (scroller.scrollTop === top) return;
      top = scroller.scrollTop;
      drawWindow();
    },
    { passive: true },
  );
  store.select(
    state => [
      state.map,
      state.options.picture,
      state.options.threshold,
      state.options.grouping,
      state.options.specialTokens,
      state.options.between,
      state.capture,
      state.locus?.aggregate,
      shownPredicted(state),
    ],
    () => {
      draw();
      note.show(model);
    },
  );
  store.select(
    state => [viewPalette(state), state.themeVersion],
    (_palette, version) => {
      if (store.state.options.picture !== 'arcs') return;
      if (version !== drawnVersion) drawWindow();
      drawnVersion = version;
      drawStrong();
      drawMatrix();
    },
  );
  store.select(
    state => [state.locus, state.row, state.layerRows],
    locus => {
      if (store.state.options.picture !== 'arcs' || !model) return;
      const place = model.shown.rowOf.get(locus?.query ?? -1);
      if (place !== undefined) scrollTo(place);
      drawNames(store.state, model, view(model), sides);
      drawStrong();
      drawMatrix();
      note.show(model);
    },
  );
  store.select(
    state => [state.preview],
    () => {
      if (store.state.options.picture !== 'arcs' || !model) return;
      const [query, key] = hoveredPlaces(store.state, model);
      queries.hover(query);
      keys.hover(key);
      drawStrong();
    },
  );
  return el(
    'div',
    element,
    note.element,
    createArcsTable(panel, () => model),
  );
}

/** Text that is there already stays: new text makes the browser lay out. */
function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Room that the title of the matrix needs. */
const TITLE_ROOM = 130;

/** Gives every part its place for the widths and heights of the model. */
function place(
  { layout, places: rows, height, shown, heads }: ArcModel,
  plane: HTMLElement,
  scroller: HTMLElement,
  parts: {
    readonly titles: Record<'query' | 'key' | 'heads', HTMLElement>;
    readonly queries: ArcColumn;
    readonly keys: ArcColumn;
    readonly matrix: HeadMatrix;
  },
): void {
  const { titles, queries, keys, matrix } = parts;
  putAt(plane, { width: layout.width, height: rows * ARC_ROW });
  putAt(scroller, { height });
  const query = { left: 0, width: layout.left };
  const key = { left: layout.right, width: layout.matrixLeft - layout.right - 8 };
  const beside = { left: layout.matrixLeft, width: heads * layout.column };
  putAt(queries.element, { ...query, height: shown.queries.length * ARC_ROW });
  putAt(keys.element, { ...key, height: shown.keys.length * ARC_ROW });
  putAt(matrix.element, { ...beside, height: shown.keys.length * ARC_ROW });
  putAt(titles.query, query);
  putAt(titles.key, key);
  // Beside few heads the title is the wider of the two, and ends where the matrix ends.
  const isNarrow = beside.width < TITLE_ROOM;
  putAt(titles.heads, { left: isNarrow ? layout.width : beside.left });
  titles.heads.style.transform = isNarrow ? 'translateX(-100%)' : '';
  putAt(matrix.heading, beside);
  putAt(matrix.canvas, { left: beside.left });
}
