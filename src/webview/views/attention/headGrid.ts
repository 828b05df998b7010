import type { CaptureSummary, Overview } from '../../../protocol/capture';
import { shownHeadFacts, shownPair } from '../../addresses';
import { keyTokens, siteAt } from '../../capture';
import { el } from '../../dom';
import { counted } from '../../format';
import type { Panel } from '../../panel';
import { createHatch } from '../../render/hatch';
import { drawOverview } from '../../render/overview';
import { overviewGeometry, type OverviewGeometry } from '../../render/overviewGeometry';
import type { Locus, State } from '../../state';
import { themeColor } from '../../theme';
import { viewPalette } from '../../viewPalette';
import { HeadCells } from './headCells';

/** Room for the layer names. */
const NAMES = 22;
/** Room for the ring around the last head. */
const RING = 4;
/** Room for the head names. */
const TOP = 20;

/** Layers down, heads across: a small map of every head, all on one canvas behind a grid. */
export function createHeadGrid(panel: Panel): { element: HTMLElement; caption: HTMLElement } {
  const { store } = panel;
  const caption = el('span', { class: 'muted caption-text' });
  const canvas = el('canvas', { attributes: { 'aria-hidden': 'true' } });
  const cells = new HeadCells(panel, caption);
  const plane = el('div', { class: 'head-plane' }, canvas, cells.element);
  const sampled = el('p', {
    class: 'muted note',
    text: 'Each row of the small maps is one query of several: the text is too long for all.',
  });
  const element = el('div', { class: 'head-grid' }, plane, sampled);
  canvas.style.left = `${NAMES}px`;
  canvas.style.top = `${TOP}px`;
  /** Kept between draws, because reading it makes the browser lay out. */
  let width = 0;
  let geometry: OverviewGeometry | null = null;
  /** What the colours of the last picture came from. */
  let painted: readonly unknown[] = [];

  const paint = (): void => {
    const { state } = store;
    const { capture, overview } = state;
    if (!capture || !overview || !geometry) return;
    painted = inks(state);
    const ratio = window.devicePixelRatio || 1;
    const { block, layers } = overview.value;
    const heads = Array.from(
      { length: layers },
      (_, layer) => siteAt(capture, block, layer)?.heads ?? 0,
    );
    drawOverview(
      canvas,
      overview.value,
      geometry,
      viewPalette(state),
      createHatch(themeColor('--hatch'), ratio),
      ratio,
      (layer, head) => head < (heads[layer] ?? 0),
    );
  };
  const draw = (): void => {
    const { capture, locus, overview } = store.state;
    if (!capture || !locus || !overview) return;
    width ||= element.clientWidth;
    const ratio = window.devicePixelRatio || 1;
    geometry = overviewGeometry(overview.value, width - NAMES - RING, ratio);
    paint();
    plane.style.width = `${NAMES + geometry.width + RING}px`;
    plane.style.height = `${TOP + geometry.height}px`;
    cells.layOut(layout(capture, overview.value, locus, geometry));
  };
  store.select(
    state => [state.overview, state.capture],
    (overview, capture) => {
      draw();
      sampled.hidden = !overview?.value.isSampled;
      if (!overview || !capture) return;
      const { layers, heads } = overview.value;
      cells.describe(`${counted(layers, 'layer')} × ${counted(heads, 'head')}`);
    },
  );
  // Other colours move nothing.
  store.select(inks, (...now) => {
    if (now.some((ink, i) => ink !== painted[i])) paint();
  });
  store.select(
    state => [state.locus, state.pair, state.overview],
    locus => {
      if (locus) cells.select(locus, shownPair(store.state));
    },
  );
  store.select(
    state => [
      state.overview,
      state.headFacts,
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
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    draw();
  }).observe(element);
  return { element, caption };
}

const inks = (state: State) => [viewPalette(state), state.themeVersion] as const;

/** Where the cells lie and which of them stand for a head. */
export interface HeadLayout extends OverviewGeometry {
  readonly names: number;
  readonly top: number;
  readonly layers: readonly {
    readonly layer: number;
    readonly heads: number;
    /** Why a layer cannot be shown. */
    readonly refused: string | null;
  }[];
  readonly mostHeads: number;
}

function layout(
  capture: CaptureSummary,
  overview: Overview,
  locus: Locus,
  geometry: OverviewGeometry,
): HeadLayout {
  const layers = Array.from({ length: overview.layers }, (_, layer) => {
    const { stack, kind } = locus.block;
    const check = capture.model.sites.find(
      site => site.stack === stack && site.kind === kind && site.layer === layer,
    )?.check;
    return {
      layer,
      heads: siteAt(capture, locus.block, layer)?.heads ?? 0,
      refused: check?.result === 'refused' ? check.reason : null,
    };
  });
  return { ...geometry, names: NAMES, top: TOP, layers, mostHeads: overview.heads };
}
