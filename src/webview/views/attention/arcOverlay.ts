import { codeWeight, weightCode } from '../../../protocol/weightCode';
import { shownRow } from '../../app/addresses';
import type { State } from '../../app/state';
import { themeColor } from '../../kit/theme';
import { viewPalette, weightColor } from '../../app/viewPalette';
import { arcsOfRow, type Arc } from './arcChoice';
import { clearOverlay, drawStrongArcs, type ArcWindow } from './arcDrawing';
import type { ArcModel } from './arcModel';

/** Row and column of the locus; null where hidden or cleared. */
export function places({ locus }: State, { shown }: ArcModel): [number | null, number | null] {
  return [
    shown.rowOf.get(locus?.query ?? -1) ?? null,
    shown.columnOf.get(locus?.key ?? -1) ?? null,
  ];
}

/** Row and column of what is pointed at. */
export function hoveredPlaces(
  { preview }: State,
  { shown }: ArcModel,
): [number | null, number | null] {
  return [
    shown.rowOf.get(preview?.query ?? -1) ?? null,
    shown.columnOf.get(preview?.key ?? -1) ?? null,
  ];
}

/** Draws the arcs that stand out, of the locus's query and of what is pointed at, over the faint ones. */
export function drawOverlay(
  canvas: HTMLCanvasElement,
  state: State,
  model: ArcModel,
  view: ArcWindow,
): void {
  const context = clearOverlay(canvas, view);
  drawLocusArcs(context, state, model, view);
  drawHoverArcs(context, state, model, view);
}

/** Ink of the faint arcs; high contrast makes them stronger. */
export const faintInk = ({ theme }: State): { color: string; opacity: number } => ({
  color: themeColor('--vscode-foreground'),
  opacity: theme === 'highContrast' || theme === 'highContrastLight' ? 0.4 : 0.1,
});

/** The arcs of the locus's query, in the colours of their weights. */
function drawLocusArcs(
  context: CanvasRenderingContext2D,
  state: State,
  model: ArcModel,
  view: ArcWindow,
): void {
  const row = shownRow(state, state.locus?.query);
  const [place, key] = places(state, model);
  if (!row || place === null) return;
  const { threshold } = state.options;
  const arcs = arcsOfRow(row.weights, model.shown.keys, place, threshold, model.perRow);
  const largest = row.weights.reduce((most, weight) => Math.max(most, weight), 0);
  const palette = viewPalette(state);
  const color = (weight: number): string => weightColor(palette, weight, largest);
  const inks = { casing: themeColor('--q'), key: themeColor('--k'), color };
  drawStrongArcs(context, view, arcs, key, inks);
}

/** The arcs from the query, or into the key, that is pointed at. */
function drawHoverArcs(
  context: CanvasRenderingContext2D,
  state: State,
  model: ArcModel,
  view: ArcWindow,
): void {
  const [row, column] = hoveredPlaces(state, model);
  const [ownRow] = places(state, model);
  const least = weightCode(state.options.threshold);
  const arcs: Arc[] = [];
  const add = (at: number, to: number): void => {
    const code = model.codeAt(at, to);
    if (code >= least) arcs.push({ row: at, column: to, weight: codeWeight(code) });
  };
  if (row !== null && row !== ownRow) {
    for (const to of model.choice?.rows[row] ?? []) add(row, to);
  } else if (row === null && column !== null) {
    for (let at = view.first; at < Math.min(view.end, model.shown.queries.length); at++) {
      if (at !== ownRow) add(at, column);
    }
  }
  const ink = themeColor('--vscode-foreground');
  drawStrongArcs(context, view, arcs, null, { casing: ink, key: ink, color: () => ink });
}
