import type { CaptureSummary, Overview } from '../../../protocol/capture';
import { layerCount } from '../../../protocol/model';
import { shownHeadFacts, shownPair } from '../../app/addresses';
import { keyTokens, siteAt } from '../../reading/capture';
import { el, hiddenCanvas, putAt } from '../../kit/dom';
import { count, counted } from '../../reading/format';
import { headsOff } from '../../app/interventions/off';
import { missingLayers, missingWords } from '../../reading/missingLayers';
import type { Panel } from '../../app/panel';
import { createHatch } from '../../draw/pixels/hatch';
import { drawOverview } from '../../draw/pixels/overview';
import { overviewGeometry } from '../../draw/overviewGeometry';
import { widthOf } from '../../draw/widthOf';
import type { State } from '../../app/state';
import { themeColor } from '../../kit/theme';
import { viewPalette } from '../../app/viewPalette';
import { HeadCells, type HeadLayout } from './headCells';

/** Room for the layer names. */
const NAMES = 22;
/** Room for the ring around the last head. */
const RING = 4;
/** Room for the head names. */
const TOP = 20;
/** A layer without maps has room for its reason only. */
const MISSING_HEIGHT = 22;

/** Layers down, heads across: a small map of every head, all on one canvas behind a grid. */
export function createHeadGrid(panel: Panel): { element: HTMLElement; caption: HTMLElement } {
  const { store } = panel;
  const caption = el('span.muted.caption-text');
  const canvas = hiddenCanvas();
  const cells = new HeadCells(panel, caption);
  const plane = el('div.head-plane', canvas, cells.element);
  const sampled = el(
    'p.muted.note',
    'Each row of the small maps is one query of several: the text is too long for all.',
  );
  const element = el('div.head-grid', plane, sampled);
  putAt(canvas, { left: NAMES, top: TOP });
  const width = widthOf(element, () => draw());
  let laidOut: HeadLayout | null = null;
  /** What the colours of the last picture came from. */
  let painted: readonly unknown[] = [];

  const paint = (): void => {
    const { state } = store;
    const { capture, overview } = state;
    if (!capture || !overview || !laidOut) return;
    painted = inks(state);
    const ratio = window.devicePixelRatio || 1;
    const { layers } = laidOut;
    drawOverview(
      canvas,
      overview.value,
      laidOut,
      viewPalette(state),
      createHatch(themeColor('--hatch'), ratio),
      ratio,
      (layer, head) => head < (layers[layer]?.heads ?? 0),
      layer => layers[layer]?.top ?? 0,
    );
  };
  const draw = (): void => {
    const { capture, overview } = store.state;
    if (!capture || !overview) return;
    const ratio = window.devicePixelRatio || 1;
    laidOut = layout(capture, overview.value, width() - NAMES - RING, ratio);
    paint();
    putAt(plane, { width: NAMES + laidOut.width + RING, height: TOP + laidOut.height });
    cells.layOut(laidOut);
  };
  store.select(
    state => [state.overview, state.capture],
    (overview, capture) => {
      draw();
      sampled.hidden = !overview?.value.isSampled;
      if (!overview || !capture) return;
      const { block, heads } = overview.value;
      const missing = missingLayers(capture, block).length;
      const layers = layerCount(capture.model, block.stack);
      const shown = missing > 0 ? `${count(layers - missing)} of ` : '';
      cells.describe(`${shown}${counted(layers, 'layer')} × ${counted(heads, 'head')}`);
    },
  );
  // Other colours move nothing.
  store.select(inks, (...now) => {
    if (now.some((ink, i) => ink !== painted[i])) paint();
  });
  store.select(
    state => [state.locus, shownPair(state), state.overview],
    locus => {
      if (locus) cells.select(locus, shownPair(store.state));
    },
  );
  store.select(
    state => [state.capture, state.overview],
    (capture, overview) => {
      if (!capture || !overview) return;
      const off = headsOff(capture, overview.value.block);
      cells.strike((layer, head) => off.has(`${layer} ${head}`));
    },
  );
  store.select(
    state => [
      state.overview,
      shownHeadFacts(state),
      state.locus?.block.stack,
      state.locus?.block.kind,
      state.options.roles,
    ],
    () => {
      const { capture, locus, options } = store.state;
      const keys = capture && locus ? keyTokens(capture, locus.block).length : 0;
      cells.characterise(shownHeadFacts(store.state), options.roles, keys);
    },
  );
  return { element, caption };
}

const inks = (state: State) => [viewPalette(state), state.themeVersion] as const;

/** @param room for the maps, in CSS pixels */
function layout(
  capture: CaptureSummary,
  overview: Overview,
  room: number,
  ratio: number,
): HeadLayout {
  const { block } = overview;
  const missing = new Map(missingLayers(capture, block).map(one => [one.layer, one]));
  const total = Math.max(overview.layers, layerCount(capture.model, block.stack));
  const shown = { ...overview, layers: Math.max(1, total - missing.size) };
  const geometry = overviewGeometry(shown, room, ratio);
  let top = 0;
  const layers = Array.from({ length: total }, (_, layer) => {
    const found = missing.get(layer);
    const reason = found ? missingWords(found) : null;
    const hasEffective = found?.hasEffective === true;
    const heads = siteAt(capture, block, layer)?.heads ?? 0;
    const height = reason === null ? geometry.boxHeight : MISSING_HEIGHT;
    const placed = { layer, heads, top, height, missing: reason, hasEffective };
    top += reason === null ? geometry.stepY : MISSING_HEIGHT;
    return placed;
  });
  return {
    ...geometry,
    height: top,
    names: NAMES,
    above: TOP,
    layers,
    mostHeads: overview.heads,
  };
}
