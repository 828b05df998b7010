import { codeWeight } from '../../../protocol/weightCode';
import { surface } from '../../draw/pixels/canvas';
import type { Arc, ArcChoice } from './arcChoice';
import { arcEnds, arcWidth, traceArc, type ArcLayout } from './arcGeometry';

/** The part of the picture that is in sight. */
export interface ArcWindow {
  readonly layout: ArcLayout;
  /** Pixels scrolled away above. */
  readonly top: number;
  readonly height: number;
  /** First row in sight and the one after the last. */
  readonly first: number;
  readonly end: number;
  readonly ratio: number;
}

/** Faint arcs are stroked together by strength: this many strokes a frame. */
const STRENGTHS = 12;

/** Draws the arcs of the queries in sight, faintly. */
export function drawFaintArcs(
  canvas: HTMLCanvasElement,
  view: ArcWindow,
  choice: ArcChoice,
  codeAt: (row: number, column: number) => number,
  ink: { readonly color: string; readonly opacity: number },
): void {
  const context = surface(canvas, view.layout.width, view.height, view.ratio);
  const groups = Array.from({ length: STRENGTHS }, (): Arc[] => []);
  for (let row = view.first; row < view.end; row++) {
    for (const column of choice.rows[row] ?? []) {
      const weight = codeWeight(codeAt(row, column));
      const group = Math.min(STRENGTHS - 1, Math.floor(weight * STRENGTHS));
      groups[group]?.push({ row, column, weight });
    }
  }
  context.strokeStyle = ink.color;
  groups.forEach((arcs, group) => {
    const weight = (group + 0.5) / STRENGTHS;
    context.globalAlpha = ink.opacity + 0.2 * weight;
    context.lineWidth = arcWidth(0.4 * weight);
    stroke(context, arcs, view);
  });
}

/** How arcs that stand out are drawn: in a colour by weight, inside a casing. */
export interface ArcInks {
  readonly casing: string;
  /** Casing of the arc to the key of the locus. */
  readonly key: string;
  color(weight: number): string;
}

/** Clears the overlay and makes it ready. */
export const clearOverlay = (
  canvas: HTMLCanvasElement,
  { layout, height, ratio }: ArcWindow,
): CanvasRenderingContext2D => surface(canvas, layout.width, height, ratio);

/** Draws arcs that stand out: each weight in its own colour, outlined so that faint ones show. */
export function drawStrongArcs(
  context: CanvasRenderingContext2D,
  view: ArcWindow,
  arcs: readonly Arc[],
  keyColumn: number | null,
  inks: ArcInks,
): void {
  for (const arc of arcs) {
    const width = arcWidth(arc.weight);
    const isKey = arc.column === keyColumn;
    context.lineWidth = width + 1.5;
    context.strokeStyle = isKey ? inks.key : inks.casing;
    stroke(context, [arc], view);
    context.lineWidth = width;
    context.strokeStyle = inks.color(arc.weight);
    stroke(context, [arc], view);
  }
}

function stroke(context: CanvasRenderingContext2D, arcs: readonly Arc[], view: ArcWindow): void {
  if (arcs.length === 0) return;
  context.beginPath();
  for (const { row, column } of arcs)
    traceArc(context, arcEnds(row, column, view.layout, view.top));
  context.stroke();
}
