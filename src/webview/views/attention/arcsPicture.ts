import { shownLayerRows, shownPredicted, shownRow } from '../../addresses';
import { el } from '../../dom';
import { weight3 } from '../../format';
import { numberName } from '../../measure';
import type { Panel } from '../../panel';
import type { State } from '../../state';
import { viewPalette } from '../../viewPalette';
import { ArcColumn } from './arcColumn';
import { clearOverlay, drawFaintArcs, type ArcWindow } from './arcDrawing';
import { ARC_ROW } from './arcGeometry';
import { arcModel, type ArcModel } from './arcModel';
import { drawOverlay, faintInk, hoveredPlaces, places } from './arcOverlay';
import { createArcsNote } from './arcsNote';
import { createArcsTable } from './arcsTable';
import { HeadMatrix } from './headMatrix';

/** Queries and keys as two columns with arcs between them, and the layer's heads beside the keys. */
export function createArcsPicture(panel: Panel): HTMLElement {
  const { store } = panel;
  const hidden = { attributes: { 'aria-hidden': 'true' } };
  const faint = el('canvas', hidden);
  const strong = el('canvas', hidden);
  const reveal = (place: number): void => scrollTo(place);
  const queries = new ArcColumn(panel, 'query', reveal, () => keys.element.focus());
  const keys = new ArcColumn(panel, 'key', reveal, () => queries.element.focus());
  const matrix = new HeadMatrix(panel, reveal, () => keys.element.focus());
  const sticky = el('div', { class: 'arcs-sticky' }, faint, strong, matrix.canvas);
  const plane = el('div', { class: 'arcs-plane' });
  plane.append(sticky, queries.element, keys.element, matrix.element);
  const scroller = el('div', { class: 'arcs-window' }, plane);
  const titles = {
    query: el('span', { class: 'arcs-title' }),
    key: el('span', { class: 'arcs-title', text: 'key' }),
    heads: el('span', { class: 'arcs-title' }),
  };
  const heading = el('div', { class: 'arcs-heading' }, titles.query, titles.key, titles.heads);
  heading.append(matrix.heading);
  const note = createArcsNote(panel);
  const element = el('div', { class: 'arcs' }, heading, scroller);
  let model: ArcModel | null = null;
  let width = 0;
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
    width ||= element.clientWidth;
    model = arcModel(state, width);
    if (!model) return;
    place(model, plane, scroller, { titles, queries, keys, matrix });
    const predicts = shownPredicted(state) !== null;
    titles.query.textContent = predicts ? 'predicted' : 'query';
    const norm = state.locus?.aggregate === 'norm' ? ' by norm' : '';
    titles.heads.textContent = `layer ${state.locus?.layer ?? 0}, all heads${norm}`;
    top = scroller.scrollTop;
    drawWindow();
  };
  /** What depends on where the picture is scrolled to. */
  const drawWindow = (): void => {
    if (!model) return;
    const { choice, isForeign, codeAt } = model;
    if (choice) drawFaintArcs(faint, view(model), choice, codeAt, faintInk(store.state));
    else if (isForeign) clearOverlay(faint, view(model));
    drawNames();
    drawStrong();
    drawMatrix();
  };
  const drawNames = (): void => {
    if (!model) return;
    const { state } = store;
    const { first, end } = view(model);
    const { shown, names } = model;
    const [queryPlace, keyPlace] = places(state, model);
    queries.show(
      {
        names: names.queries,
        tokens: shown.queryTokens,
        special: shown.specialRows,
        chosen: queryPlace,
        hovered: hoveredPlaces(state, model)[0],
        spoken: at => names.queries[at] ?? '',
      },
      first,
      Math.min(end, names.queries.length),
    );
    keys.show(
      {
        names: names.keys,
        tokens: shown.keyTokens,
        special: shown.specialColumns,
        chosen: keyPlace,
        hovered: hoveredPlaces(state, model)[1],
        spoken: at => spokenKey(state, names.keys[at] ?? '', shown.keys[at] ?? -1),
      },
      first,
      Math.min(end, names.keys.length),
    );
  };
  const drawStrong = (): void => {
    if (!model) return;
    drawOverlay(strong, store.state, model, view(model));
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
      drawNames();
      drawStrong();
      drawMatrix();
      note.show(model);
    },
  );
  store.select(
    state => [state.preview, state.previewRow],
    () => {
      if (store.state.options.picture !== 'arcs' || !model) return;
      const [query, key] = hoveredPlaces(store.state, model);
      queries.hover(query);
      keys.hover(key);
      drawStrong();
    },
  );
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    draw();
  }).observe(element);
  return el(
    'div',
    {},
    element,
    note.element,
    createArcsTable(panel, () => model),
  );
}

function spokenKey(state: State, name: string, unit: number): string {
  const row = shownRow(state, state.locus?.query);
  if (!row || !state.locus) return name;
  if (row.allowed[unit] !== 1) return `${name}, blocked by the mask`;
  return `${name}, ${numberName(state.locus.aggregate)} ${weight3(row.weights[unit] ?? NaN)}`;
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
  const box = (element: HTMLElement, left: number, wide: number, count: number): void => {
    element.style.left = `${left}px`;
    element.style.width = `${wide}px`;
    if (count > 0) element.style.height = `${count * ARC_ROW}px`;
  };
  plane.style.width = `${layout.width}px`;
  plane.style.height = `${rows * ARC_ROW}px`;
  scroller.style.height = `${height}px`;
  const keyWidth = layout.matrixLeft - layout.right - 8;
  box(queries.element, 0, layout.left, shown.queries.length);
  box(keys.element, layout.right, keyWidth, shown.keys.length);
  box(matrix.element, layout.matrixLeft, heads * layout.column, shown.keys.length);
  box(titles.query, 0, layout.left, 0);
  box(titles.key, layout.right, keyWidth, 0);
  // Beside few heads the title is the wider of the two, and ends where the matrix ends.
  const isNarrow = heads * layout.column < TITLE_ROOM;
  titles.heads.style.left = `${isNarrow ? layout.width : layout.matrixLeft}px`;
  titles.heads.style.transform = isNarrow ? 'translateX(-100%)' : '';
  box(matrix.heading, layout.matrixLeft, heads * layout.column, 0);
  matrix.canvas.style.left = `${layout.matrixLeft}px`;
}
